using System.CommandLine;
using Edge.Cli.Verbs;

namespace Edge.Cli;

/// <summary>The <c>edge</c> command.</summary>
public static class Program
{
    /// <summary>Runs one verb.</summary>
    /// <param name="args">The command line.</param>
    /// <returns>0 on success, 1 on an error that was reported, 2 on a command line that cannot be understood.</returns>
    public static int Main(string[] args)
    {
        ParseResult parsed = CommandLine().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            // One line, as for every other error; the full help is one option away.
            Console.Error.WriteLine($"error: {parsed.Errors[0].Message.ReplaceLineEndings(" ")} See 'edge {parsed.CommandResult.Command.Name} --help'.".Replace("edge edge", "edge", StringComparison.Ordinal));
            return 2;
        }

        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    /// <summary>All verbs.</summary>
    internal static RootCommand CommandLine() => new("Neural networks on small devices in .NET: train, quantize, run and fine-tune.")
    {
        TrainVerb.Create(),
        InspectVerb.Create(),
        RunVerb.Create(),
        EvaluateVerb.Create(),
        TuneVerb.Create(),
        BenchVerb.Create(),
    };
}
