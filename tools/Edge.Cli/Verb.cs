using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Format;
using Edge.Learning.Data;
using Edge.Runtime;
using Spectre.Console;

namespace Edge.Cli;

/// <summary>What every verb shares: <c>--json</c>, errors as one line, tables and progress for people.</summary>
internal sealed class Verb
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
        Command.Add(option);
        return option;
    }

    /// <summary>Adds an option that may be absent.</summary>
    public Option<T?> Option<T>(string name, string description)
    {
        Option<T?> option = new(name) { Description = description };
        Command.Add(option);
        return option;
    }

    /// <summary>Adds an option that must be given.</summary>
    public Option<T> Required<T>(string name, string description)
    {
        Option<T> option = new(name) { Description = description, Required = true };
        Command.Add(option);
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
            try
            {
                action(parsed, report);
                report.Print();
                return 0;
            }
            catch (Exception error) when (Environment.GetEnvironmentVariable("EDGE_DEBUG") != "1")
            {
                Console.Error.WriteLine("error: " + OneLine(error));
                return 1;
            }
        });
        return Command;
    }

    private static string OneLine(Exception error)
    {
        string message = error switch
        {
            ModelFormatException or ShapeException or DatasetException or ArgumentException or IOException or UnauthorizedAccessException or InvalidOperationException or JsonException or NotSupportedException => error.Message,
            OutOfMemoryException => "There is not enough memory for this.",
            _ => $"{error.GetType().Name}: {error.Message} Set EDGE_DEBUG=1 for the full trace and report this as a bug.",
        };
        return message.ReplaceLineEndings(" ");
    }
}

/// <summary>What a verb found out: as JSON for programs, as text for people.</summary>
/// <param name="json">Whether JSON was asked for.</param>
internal sealed class Report(bool json)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Whether JSON was asked for: text output is off then.</summary>
    public bool Json { get; } = json;

    /// <summary>The values.</summary>
    public JsonObject Values { get; } = [];

    /// <summary>The console for people; silent where JSON was asked for.</summary>
    public IAnsiConsole Console { get; } = json
        ? AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null), Ansi = AnsiSupport.No, Interactive = InteractionSupport.No })
        : AnsiConsole.Console;

    /// <summary>Writes a line for people.</summary>
    public void Line(string text = "") => Console.WriteLine(text);

    /// <summary>Runs long work under a progress bar; where nobody watches (JSON, redirected output) without one.</summary>
    /// <param name="title">What is going on.</param>
    /// <param name="work">Receives a function that takes the finished share, 0 … 1, and a note.</param>
    public void Progress(string title, Action<Action<double, string>> work)
    {
        if (Json || !Console.Profile.Capabilities.Interactive)
        {
            double next = 0;
            Line(title);
            work((share, note) =>
            {
                if (share >= next && note.Length > 0)
                {
                    Line($"  {share * 100,3:0} % {note}");
                    next = share + 0.2;
                }
            });
            return;
        }

        Console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: 1);
                work((share, note) =>
                {
                    task.Value = share;
                    task.Description = Markup.Escape(note.Length == 0 ? title : $"{title}: {note}");
                });
                task.Value = 1;
            });
    }

    /// <summary>Prints the JSON where it was asked for.</summary>
    public void Print()
    {
        if (Json)
        {
            System.Console.Out.WriteLine(Values.ToJsonString(Indented));
        }
    }
}
