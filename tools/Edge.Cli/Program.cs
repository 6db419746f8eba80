using System.CommandLine;
using System.Text.RegularExpressions;
using Edge.Cli.Verbs;

namespace Edge.Cli;

/// <summary>The <c>edge</c> command.</summary>
public static partial class Program
{
    /// <summary>Runs one verb.</summary>
    /// <param name="args">The command line.</param>
    /// <returns>0 on success, 1 on an error that was reported, 2 on a command line that cannot be understood.</returns>
    public static int Main(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        RootCommand root = CommandLine();
        ParseResult parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0)
        {
            // One line, as for every other error; the full help is one option away.
            Console.Error.WriteLine("error: " + Explain(parsed, root));
            return 2;
        }

        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    /// <summary>All verbs.</summary>
    internal static RootCommand CommandLine() => new("Neural networks on small devices in .NET: convert, train, quantize, run and fine-tune. Begin with 'edge quickstart'.")
    {
        QuickstartVerb.Create(),
        TrainVerb.Create(),
        ConvertVerb.Create(),
        QuantizeVerb.Create(),
        InspectVerb.Create(),
        RunVerb.Create(),
        CompareVerb.Create(),
        EvaluateVerb.Create(),
        TuneVerb.Create(),
        BenchVerb.Create(),
    };

    private static string Explain(ParseResult parsed, RootCommand root)
    {
        Command command = parsed.CommandResult.Command;
        if (command == root)
        {
            string found = parsed.UnmatchedTokens.Count > 0 ? $"'{parsed.UnmatchedTokens[0]}' is not a verb" : "A verb is missing";
            return $"{found}; there are {string.Join(", ", root.Subcommands.Select(static verb => verb.Name))}. See 'edge --help'.";
        }

        string message = parsed.Errors[0].Message.ReplaceLineEndings(" ");
        if (Unreadable().Match(message) is { Success: true } match)
        {
            string needed = match.Groups[3].Value switch
            {
                "Single" or "Double" => "a number with a decimal point",
                "UInt64" => "a whole number of 0 or more",
                _ => "a whole number",
            };
            message = $"{match.Groups[2].Value} is '{match.Groups[1].Value}'; {needed} is needed.";
        }

        return $"{message} See 'edge {command.Name} --help'.";
    }

    [GeneratedRegex(@"^Cannot parse argument '(.*)' for option '(.*)' as expected type '.*?\.?(Int32|UInt64|Single|Double)\b.*'\.$")]
    private static partial Regex Unreadable();
}
