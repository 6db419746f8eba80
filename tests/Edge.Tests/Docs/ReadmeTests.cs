using System.CommandLine;
using System.Text.RegularExpressions;

namespace Edge.Tests.Docs;

/// <summary>What the documents show compiles, parses and exists. To rewrite the examples: <c>EDGE_UPDATE_DOCS=1 dotnet run --project tests/Edge.Tests -- -namespace Edge.Tests.Docs</c>.</summary>
public sealed partial class ReadmeTests
{
    public static TheoryData<string> All => [.. Documents.WithExamples];

    [Theory]
    [MemberData(nameof(All))]
    public void Examples_are_the_samples(string document)
    {
        Documents.Expect(document, Documents.WithSamples(document));
        Assert.NotEmpty(Documents.SamplesIn(document));

        // No other C# hides in the document, where nobody compiles it.
        Assert.Equal(Documents.SamplesIn(document).Length, CSharp().Count(Documents.Read(document)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_command_line_parses(string document)
    {
        string[] commands = Documents.Commands(document);
        Assert.NotEmpty(commands);
        Assert.All(commands, static command =>
        {
            ParseResult parsed = Edge.Cli.Program.CommandLine().Parse(command);
            Assert.True(parsed.Errors.Count == 0, $"'edge {command}': {string.Join(" ", parsed.Errors.Select(static error => error.Message))}");
        });
    }

    [Fact]
    public void The_readme_shows_every_verb() =>
        Assert.Equal(
            Edge.Cli.Program.CommandLine().Subcommands.Select(static verb => verb.Name).Order(),
            Documents.Commands("README.md").Select(static command => command.Split(' ')[0]).Distinct().Order());

    [Theory]
    [MemberData(nameof(All))]
    public void Files_that_are_named_exist(string document)
    {
        string[] paths = [.. FilePath().Matches(Documents.Read(document)).Select(static match => match.Groups[1].Value)];
        Assert.NotEmpty(paths);
        Assert.All(paths, static path => Assert.True(Path.Exists(Path.Combine(Documents.Root, path)), $"There is no '{path}'."));
    }

    [GeneratedRegex("^```csharp", RegexOptions.Multiline)]
    private static partial Regex CSharp();

    [GeneratedRegex(@"`((?:docs|format|runtime|samples|tools)/[\w./-]+)`")]
    private static partial Regex FilePath();
}
