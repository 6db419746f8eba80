using System.Text.Json.Nodes;
using Edge.Import;
using Spectre.Console;

namespace Edge.Cli.Conversion;

/// <summary>Which operators of a source model are supported, emulated or missing: all at once, before any work.</summary>
internal static class Survey
{
    private const int NamesShown = 12;

    /// <summary>Prints the survey.</summary>
    /// <exception cref="ModelImportException">Operators are missing; the message names all of them.</exception>
    public static void Show(SourceModel source, Report report)
    {
        IGrouping<(string Kind, OperatorSupport Support, string Note), SourceOperator>[] groups =
            [.. source.Operators.GroupBy(static op => (op.Kind, op.Support, op.Note)).OrderByDescending(static group => group.Key.Support).ThenBy(static group => group.Key.Kind, StringComparer.Ordinal)];
        JsonArray operators = [];
        Table table = Tables.Plain("operator", "count", "how", "becomes", "nodes");
        table.Columns[1].RightAligned();
        foreach (IGrouping<(string Kind, OperatorSupport Support, string Note), SourceOperator> group in groups)
        {
            string support = group.Key.Support.ToString().ToLowerInvariant();
            string[] names = [.. group.Select(static op => op.Name)];
            operators.Add(new JsonObject
            {
                ["kind"] = group.Key.Kind,
                ["count"] = names.Length,
                ["support"] = support,
                ["note"] = group.Key.Note,
                ["nodes"] = new JsonArray([.. names.Select(static name => JsonValue.Create(name))]),
            });

            // Names matter where something is special.
            string shown = group.Key.Support == OperatorSupport.Supported ? "" : string.Join("\n", names.Take(NamesShown).Select(Tables.Short)) + (names.Length > NamesShown ? $"\n… {names.Length - NamesShown} more" : "");
            table.AddRow(Markup.Escape(group.Key.Kind), $"{names.Length}", support, Markup.Escape(group.Key.Note), shown);
        }

        report.Values["format"] = source.Format;
        report.Values["inputs"] = new JsonArray([.. source.Inputs.Select(static input => JsonValue.Create($"{input}"))]);
        report.Values["outputs"] = new JsonArray([.. source.Outputs.Select(static output => JsonValue.Create($"{output}"))]);
        report.Values["operators"] = operators;
        report.Values["supported"] = Count(source, OperatorSupport.Supported);
        report.Values["emulated"] = Count(source, OperatorSupport.Emulated);
        report.Values["missing"] = Count(source, OperatorSupport.Missing);
        report.Line($"{source.Format} model, {source.Operators.Count} operators: {Count(source, OperatorSupport.Supported)} supported, {Count(source, OperatorSupport.Emulated)} emulated, {Count(source, OperatorSupport.Missing)} missing");
        report.Line($"inputs: {string.Join(", ", source.Inputs)}");
        report.Line($"outputs: {string.Join(", ", source.Outputs)}");
        report.Console.Write(table);
        if (Count(source, OperatorSupport.Missing) > 0)
        {
            report.TellsErrors = true;
            throw new ModelImportException(
                $"{Count(source, OperatorSupport.Missing)} of {source.Operators.Count} operators are missing: " +
                string.Join("; ", groups.Where(static group => group.Key.Support == OperatorSupport.Missing).Select(static group => $"{group.Key.Kind} ({group.Key.Note}): {string.Join(", ", group.Select(static op => $"'{op.Name}'"))}")) +
                ". Cut them off with --inputs and --outputs if they are pre- or post-processing, or export the model without them; docs/importing.md lists what is known.");
        }
    }

    private static int Count(SourceModel source, OperatorSupport support) => source.Operators.Count(op => op.Support == support);
}
