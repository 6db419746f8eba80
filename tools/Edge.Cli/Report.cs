using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Edge.Cli;

/// <summary>What a verb found out: as JSON for programs, as text for people.</summary>
internal sealed class Report
{
    // Wide enough that a table in a file or a pipe is never broken.
    private const int FileWidth = 200;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly IAnsiConsole? _bars;

    /// <summary>Makes a report.</summary>
    /// <param name="json">Whether JSON was asked for.</param>
    public Report(bool json)
    {
        Json = json;
        Console = Create(json ? TextWriter.Null : System.Console.Out, plain: json || System.Console.IsOutputRedirected);

        // Bars go where people look but no program reads.
        if (!System.Console.IsErrorRedirected)
        {
            IAnsiConsole bars = Create(System.Console.Error, plain: false);
            _bars = bars.Profile.Capabilities.Interactive && bars.Profile.Capabilities.Ansi ? bars : null;
        }
    }

    /// <summary>Whether JSON was asked for: text output is off then.</summary>
    public bool Json { get; }

    /// <summary>Whether the JSON is printed also where the verb fails: what it found out before is worth having.</summary>
    public bool TellsErrors { get; set; }

    /// <summary>The values.</summary>
    public JsonObject Values { get; } = [];

    /// <summary>The console for people; silent where JSON was asked for.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>A number as JSON; null where it is none (JSON has no NaN).</summary>
    public static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    /// <summary>Writes a line for people.</summary>
    public void Line(string text = "")
    {
        if (!Json)
        {
            System.Console.Out.WriteLine(text);
        }
    }

    /// <summary>Undoes what a progress bar did to the terminal.</summary>
    public void ShowCursor() => _bars?.Cursor.Show();

    /// <summary>Runs long work under a progress bar on standard error; where nobody watches, with a few lines on standard output instead.</summary>
    /// <param name="title">What is going on.</param>
    /// <param name="work">Receives a function that takes the finished share, 0 … 1, and a note.</param>
    public void Progress(string title, Action<Action<double, string>> work)
    {
        if (_bars is null)
        {
            double next = 0;
            work((share, note) =>
            {
                if (share >= next && note.Length > 0)
                {
                    Line($"{title}: {share * 100,3:0} %, {note}");
                    next = share + 0.2;
                }
            });
            return;
        }

        _bars.Progress()
            .AutoClear(true)
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

    /// <summary>The values as JSON text.</summary>
    public string Text() => Values.ToJsonString(Indented);

    /// <summary>Prints the JSON where it was asked for.</summary>
    public void Print()
    {
        if (Json)
        {
            System.Console.Out.WriteLine(Text());
        }
    }

    private static IAnsiConsole Create(TextWriter writer, bool plain)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = plain ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (plain)
        {
            console.Profile.Width = FileWidth;
        }

        return console;
    }
}
