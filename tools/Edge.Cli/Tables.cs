using Spectre.Console;

namespace Edge.Cli;

/// <summary>Tables as every verb prints them.</summary>
internal static class Tables
{
    /// <summary>A table without frame.</summary>
    public static Table Plain(params string[] columns)
    {
        Table table = new() { Border = TableBorder.Simple };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(column).NoWrap());
        }

        return table;
    }
}
