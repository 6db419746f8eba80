using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Edge.Import;
using Edge.Runtime.Operators;
using Edge.Tests.Operators;

namespace Edge.Tests.Docs;

/// <summary>The table of docs/importing.md is what the importers and the operators say. To rewrite it: EDGE_UPDATE_DOCS=1.</summary>
public sealed partial class ImportTableTests
{
    private const string Document = "docs/importing.md";
    private const string Nothing = "(no operator of its own)";

    [Fact]
    public void The_table_of_operators_is_what_the_importers_say()
    {
        string text = Documents.Read(Document);
        Assert.Matches(Part(), text);
        Documents.Expect(Document, Part().Replace(text, $"<!-- operators -->\n{Table().Replace("$", "$$", StringComparison.Ordinal)}<!-- end -->"));
    }

    [Fact]
    public void Every_kind_becomes_operators_that_exist()
    {
        HashSet<string> known = [.. OperatorSet.Default.Operators.Select(static op => op.Name)];
        foreach (SourceFormat format in ModelImporter.Formats)
        {
            Assert.All(format.Operators.Where(static op => op.Support != OperatorSupport.Missing), op => Assert.All(
                Becomes(op), name => Assert.True(name == Nothing || known.Contains(name), $"{format.Name} {op.Kind} becomes '{name}', which is no operator.")));
            Assert.Equal(format.Operators.Count, format.Operators.Select(static op => op.Kind).Distinct().Count());
        }
    }

    private static string Table()
    {
        SourceFormat[] formats = [.. ModelImporter.Formats];
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"| Operator | float32 | int8 | trainable | {string.Join(" | ", formats.Select(static format => format.Name))} |\n");
        text.Append(CultureInfo.InvariantCulture, $"|---|---|---|---|{string.Concat(Enumerable.Repeat("---|", formats.Length))}\n");
        foreach (OperatorInfo info in OperatorSet.Default.Operators.Where(static info => !info.IsLoss))
        {
            Type type = typeof(OperatorSet).Assembly.GetType("Edge.Runtime.Operators." + info.Name)!;
            Row(info.Name, "yes", OperatorTableTests.RunsInt8(info) ? "yes" : "no", type.IsAssignableTo(typeof(IDifferentiable)) ? "yes" : "no");
        }

        Row(Nothing, "", "", "");
        return text.ToString();

        void Row(string name, string real, string quantized, string trainable) => text.Append(
            CultureInfo.InvariantCulture, $"| {name} | {real} | {quantized} | {trainable} | {string.Join(" | ", formats.Select(format => Kinds(format, name)))} |\n");
    }

    private static string Kinds(SourceFormat format, string name) => string.Join(", ", format.Operators
        .Where(op => op.Support != OperatorSupport.Missing && Becomes(op).Contains(name))
        .OrderBy(static op => op.Kind, StringComparer.Ordinal)
        .Select(static op => op.Support == OperatorSupport.Emulated ? $"*{op.Kind}*" : op.Kind));

    private static string[] Becomes(FormatOperator op)
    {
        string[] names = [.. Name().Matches(op.Becomes).Select(static match => match.Value)];
        return names.Length > 0 ? [.. names.Distinct()] : [Nothing];
    }

    [GeneratedRegex("<!-- operators -->\n(?:.*?\n)??<!-- end -->", RegexOptions.Singleline)]
    private static partial Regex Part();

    [GeneratedRegex(@"\b[A-Z]\w+")]
    private static partial Regex Name();
}
