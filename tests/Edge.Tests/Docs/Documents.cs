using System.Text.RegularExpressions;

namespace Edge.Tests.Docs;

/// <summary>Documents of the repository that tests compare with the code. With EDGE_UPDATE_DOCS=1 they are rewritten.</summary>
internal static partial class Documents
{
    /// <summary>The repository.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Those with examples, by their path in the repository.</summary>
    public static string[] WithExamples { get; } = ["README.md", "docs/training.md", "docs/importing.md", "docs/from-keras-pytorch-tensorflow-to-your-pi.md"];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    /// <summary>Samples whose text a document shows: a comment with the path, then a block of C#.</summary>
    public static string[] SamplesIn(string document) => [.. Sample().Matches(Read(document)).Select(static match => match.Groups[1].Value)];

    /// <summary>The document with each sample's block as the sample's region says.</summary>
    public static string WithSamples(string document) => Sample().Replace(
        Read(document), static match => $"<!-- {match.Groups[1].Value} -->\n```csharp\n{Region(match.Groups[1].Value)}```");

    /// <summary>Fails when a document is not what the code says, or rewrites it where that is asked for.</summary>
    public static void Expect(string document, string text)
    {
        if (Environment.GetEnvironmentVariable("EDGE_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Path.Combine(Root, document), text);
        }

        Assert.True(Read(document) == text, $"{document} differs from the code; run this test with EDGE_UPDATE_DOCS=1 and commit the file.");
    }

    /// <summary>Command lines of <c>edge</c> in a document's code blocks, without the explanation that two spaces set apart.</summary>
    public static string[] Commands(string document) =>
    [
        .. Block().Matches(Read(document)).SelectMany(static block => block.Groups[1].Value.Split('\n'))
            .Select(static line => line.Replace("dotnet run -c Release --project tools/Edge.Cli -- ", "edge ", StringComparison.Ordinal))
            .Where(static line => line.StartsWith("edge ", StringComparison.Ordinal))
            .Select(static line => line.Split("  ")[0]["edge ".Length..].Trim()),
    ];

    private static string Region(string sample)
    {
        Match region = RegionOf().Match(Read(sample));
        Assert.True(region.Success, $"{sample} has no '// #region' … '// #endregion'.");
        return region.Groups[1].Value;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Edge.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Edge.sln.");
    }

    [GeneratedRegex(@"<!-- (samples/\S+\.cs) -->\n```csharp\n(?:.*?\n)??```", RegexOptions.Singleline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"^```\w*\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"// #region \w+\n(.*?)// #endregion", RegexOptions.Singleline)]
    private static partial Regex RegionOf();
}
