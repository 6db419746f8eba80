using Spectre.Console;

namespace Edge.Cli;

/// <summary>Tables as every verb prints them.</summary>
internal static class Tables
{
    // Tensors of other frameworks are called after all operators that became one.
    private const int LongestName = 48;

    /// <summary>A name that fits into a column: the end of a long one, which says most.</summary>
    public static string Short(string name) => Markup.Escape(name.Length <= LongestName ? name : "…" + name[^(LongestName - 1)..]);

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
