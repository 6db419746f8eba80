using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Edge.Tests.Cli;

/// <summary>Runs the <c>edge</c> command: in this process with the console redirected, or as a child process.</summary>
internal static class EdgeCommand
{
    /// <summary>What a command said.</summary>
    /// <param name="Code">Exit code.</param>
    /// <param name="Output">Standard output.</param>
    /// <param name="Error">Standard error.</param>
    internal sealed record Result(int Code, string Output, string Error)
    {
        /// <summary>The report; the command must have succeeded.</summary>
        public JsonObject Json()
        {
            Assert.True(Code == 0, $"exit code {Code}: {Error}");
            return JsonNode.Parse(Output)!.AsObject();
        }
    }

    /// <summary>Runs in this process. The console is shared, so callers belong to the collection <see cref="Collection"/>.</summary>
    public static Result Run(params string[] args)
    {
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        using StringWriter capturedOutput = new();
        using StringWriter capturedError = new();
        try
        {
            Console.SetOut(capturedOutput);
            Console.SetError(capturedError);
            int code = Edge.Cli.Program.Main(args);
            return new Result(code, capturedOutput.ToString(), capturedError.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }

    /// <summary>Runs as a child process without EDGE_DATA.</summary>
    public static Result Start(params string[] args) => Start(Path.Combine(AppContext.BaseDirectory, "edge.dll"), args);

    /// <summary>Runs any assembly with an entry point.</summary>
    public static Result Start(string assembly, string[] args)
    {
        Assert.True(File.Exists(assembly), $"'{assembly}' is missing; build the solution.");
        ProcessStartInfo start = new("dotnet", [assembly, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("EDGE_DATA");
        start.Environment.Remove("EDGE_DEBUG");
        start.Environment["LC_ALL"] = "de_DE.UTF-8";        // numbers must not follow the user's language
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Result(process.ExitCode, output, error.Result);
    }

    /// <summary>Name of the collection whose tests run one after the other.</summary>
    public const string Collection = "edge command";
}
