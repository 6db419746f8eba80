using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Edge.Cli.Images;
using Edge.Format;
using Edge.Import;
using Edge.Learning.Data;
using Edge.Learning.Recipes;
using Edge.Runtime;
using Edge.Runtime.Training;

namespace Edge.Cli;

/// <summary>What every verb shares: <c>--json</c>, options that are checked before any work, errors as one line.</summary>
internal sealed partial class Verb
{
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object on standard output and nothing else." };

    /// <summary>Makes a verb.</summary>
    public Verb(string name, string description)
    {
        Command = new Command(name, description) { _json };
    }

    /// <summary>The command to add arguments and options to.</summary>
    public Command Command { get; }

    /// <summary>Adds an option.</summary>
    public Option<T> Option<T>(string name, string description, T defaultValue)
    {
        Option<T> option = new(name) { Description = description, DefaultValueFactory = _ => defaultValue };
        return Add(option);
    }

    /// <summary>Adds an option that may be absent.</summary>
    public Option<T?> Option<T>(string name, string description) => Add(new Option<T?>(name) { Description = description });

    /// <summary>Adds an option that may be given several times, or with several values.</summary>
    public Option<string[]> Many(string name, string description)
    {
        Option<string[]> option = new(name) { Description = description, AllowMultipleArgumentsPerToken = true, DefaultValueFactory = static _ => [] };
        return Add(option);
    }

    /// <summary>Adds an option that must be given.</summary>
    public Option<T> Required<T>(string name, string description) => Add(new Option<T>(name) { Description = description, Required = true });

    /// <summary>Adds a whole number that is not below a bound.</summary>
    public Option<int> Count(string name, string description, int defaultValue, int lowest = 1)
    {
        Option<int> option = Option(name, description, defaultValue);
        AtLeast<int>(option, name, lowest);
        return option;
    }

    /// <summary>Adds a whole number that may be absent and is not below 1.</summary>
    public Option<int?> Count(string name, string description)
    {
        Option<int?> option = Option<int?>(name, description);
        AtLeast<int?>(option, name, 1);
        return option;
    }

    /// <summary>Adds a positive number that may be absent.</summary>
    public Option<float?> Rate(string name, string description)
    {
        Option<float?> option = Option<float?>(name, description);
        option.Validators.Add(result => Check(result, () => result.GetValueOrDefault<float?>() is not { } value || (float.IsFinite(value) && value > 0)
            ? null : $"{name} is {Given(result)}; a finite number above 0 is allowed."));
        return option;
    }

    /// <summary>Adds an option that takes one of a few words.</summary>
    public Option<string> Choice(string name, string description, string defaultValue, params string[] allowed)
    {
        Option<string> option = Option(name, description, defaultValue);
        option.Validators.Add(result => Check(result, () => result.GetValueOrDefault<string>() is { } value && allowed.Contains(value)
            ? null : $"{name} is '{Given(result)}'; {string.Join(", ", allowed[..^1])} and {allowed[^1]} are allowed."));
        option.CompletionSources.Add(allowed);
        return option;
    }

    /// <summary>Adds the option that says which parameters training changes.</summary>
    public Option<string> Scheme(string description, string defaultValue)
    {
        Option<string> option = Option("--scheme", description, defaultValue);
        option.Validators.Add(result => Check(result, () =>
        {
            try
            {
                _ = UpdateScheme.Parse(result.GetValueOrDefault<string>() ?? "");
                return null;
            }
            catch (ArgumentException)
            {
                return $"--scheme is '{Given(result)}'; last:K (K = 1, 2, …: the last K layers), bias and full are allowed.";
            }
        }));
        return option;
    }

    /// <summary>Adds an argument.</summary>
    public Argument<T> Argument<T>(string name, string description)
    {
        Argument<T> argument = new(name) { Description = description };
        Command.Add(argument);
        return argument;
    }

    /// <summary>Sets what the verb does. It fills the report; the report is printed as JSON where asked for.</summary>
    public Command Does(Action<ParseResult, Report> action)
    {
        Command.SetAction(parsed =>
        {
            Report report = new(parsed.GetValue(_json));
            Console.CancelKeyPress += Stop;
            try
            {
                action(parsed, report);
                report.Print();
                return 0;
            }
            catch (Exception error) when (Environment.GetEnvironmentVariable("EDGE_DEBUG") != "1")
            {
                Console.Error.WriteLine("error: " + OneLine(error));
                if (report.TellsErrors)
                {
                    report.Values["error"] = OneLine(error);
                    report.Print();
                }

                return 1;
            }
            finally
            {
                Console.CancelKeyPress -= Stop;
            }

            // Files are written whole or not at all, so the process may end at any time; a progress bar has hidden the cursor.
            void Stop(object? sender, ConsoleCancelEventArgs pressed)
            {
                report.ShowCursor();
                Console.Error.WriteLine("stopped.");
            }
        });
        return Command;
    }

    /// <summary>An error in one line, without what only the caller of an API understands.</summary>
    internal static string OneLine(Exception error)
    {
        string message = error switch
        {
            ModelImportException or ImageException or ModelFormatException or ShapeException or DatasetException or RecipeException or IOException or UnauthorizedAccessException
                or InvalidOperationException or JsonException or NotSupportedException => error.Message,
            ArgumentException => ParameterName().Replace(error.Message, ""),
            OutOfMemoryException => "There is not enough memory for this.",
            _ => $"{error.GetType().Name}: {error.Message} Set EDGE_DEBUG=1 for the full trace and report this as a bug.",
        };
        return LineBreaks().Replace(message, " ").Trim();
    }

    private static void AtLeast<T>(Option<T> option, string name, int lowest) =>
        option.Validators.Add(result => Check(result, () => result.GetValueOrDefault<T>() is not int value || value >= lowest
            ? null : string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; {lowest} or more is allowed.")));

    // A value that cannot be read has its own message already.
    private static void Check(OptionResult result, Func<string?> problem)
    {
        string? message;
        try
        {
            message = problem();
        }
        catch (InvalidOperationException)
        {
            return;
        }

        if (message is not null)
        {
            result.AddError(message);
        }
    }

    private static string Given(OptionResult result) => string.Join(" ", result.Tokens.Select(static token => token.Value));

    private Option<T> Add<T>(Option<T> option)
    {
        Command.Add(option);
        return option;
    }

    [GeneratedRegex(@"\s*\(Parameter '[^']*'\)|\s*Actual value was [^.]*\.")]
    private static partial Regex ParameterName();

    [GeneratedRegex(@"\s*[\r\n]+\s*")]
    private static partial Regex LineBreaks();
}
