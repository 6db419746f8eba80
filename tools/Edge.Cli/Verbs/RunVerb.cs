using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Cli.Images;
using Edge.Compiler;
using Edge.Format;
using Edge.Learning.Data;
using Edge.Learning.FineTuning;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Cli.Verbs;

/// <summary><c>edge run</c>: a model on raw files of tensors or on pictures.</summary>
internal static class RunVerb
{
    // Scores whose sum is this close to 1 and none of which is negative are probabilities, rounded to 8 bits or not.
    private const double ProbabilityTolerance = 0.1;

    public static Command Create() => new Options().Command();

    private sealed class Options
    {
        private readonly Verb _verb = new("run", "Run a model on pictures, or on files of raw tensors, little-endian, all inputs (and outputs) of a run in one file in model order.");
        private readonly Argument<string> _model;
        private readonly Option<string?> _inputs;
        private readonly Option<string[]> _files;
        private readonly Option<string[]> _images;
        private readonly Option<string?> _outputs;
        private readonly Option<string?> _labels;
        private readonly Option<int> _top;
        private readonly Option<string?> _scale;
        private readonly Option<string?> _offset;
        private readonly Option<string?> _mean;
        private readonly Option<string?> _deviation;
        private readonly Option<bool> _bgr;
        private readonly Option<bool> _fresh;
        private readonly Option<int> _threads;
        private readonly Option<string?> _personalization;

        public Options()
        {
            _model = _verb.Argument<string>("model", "The .edge file.");
            _inputs = _verb.Option<string>("--inputs", "Folder with in_0.bin, in_1.bin, …: one file a run.");
            _files = _verb.Many("--input", "Raw files, one a run.");
            _images = _verb.Many("--image", "Pictures, one a run: BMP, PNG, PPM, PGM. They are stretched to the model's input, bilinearly with half-pixel centres.");
            _outputs = _verb.Option<string>("--outputs", "Folder that receives out_0.bin, out_1.bin, …; it is made where it is missing. Needed for raw files.");
            _labels = _verb.Option<string>("--labels", "Text file of class names, one a line. Default: those in the model.");
            _top = _verb.Count("--top", "Best classes to print for a picture.", 5);
            _scale = _verb.Option<string>("--scale", "value = pixel · scale + offset: one number or one for each channel. Default: what the model says; for uint8 and int8 inputs the pixel itself.");
            _offset = _verb.Option<string>("--offset", "See --scale.");
            _mean = _verb.Option<string>("--mean", "value = (pixel − mean) / std, in place of --scale and --offset: 123.675,116.28,103.53.");
            _deviation = _verb.Option<string>("--std", "See --mean.");
            _bgr = _verb.Option("--bgr", "Blue, green, red instead of red, green, blue.", false);
            _fresh = _verb.Option("--fresh", "Forget what streaming models remember before every run.", false);
            _threads = _verb.Count("--threads", "Threads that share one run.", 1);
            _personalization = _verb.Option<string>("--personalization", "Saved fine-tuning to apply.");
            _verb.Command.Validators.Add(result =>
            {
                bool raw = result.GetResult(_inputs) is { Implicit: false } || result.GetResult(_files) is { Implicit: false };
                bool images = result.GetResult(_images) is { Implicit: false };
                if (raw == images)
                {
                    result.AddError(raw ? "--image and raw files (--input, --inputs) exclude each other." : "--inputs FOLDER, --input FILE or --image FILE is needed.");
                }
                else if (raw && result.GetResult(_outputs) is not { Implicit: false })
                {
                    result.AddError("Raw files need --outputs, the folder that receives what the model makes of them.");
                }
            });
        }

        public Command Command() => _verb.Does(Run);

        private void Run(ParseResult parsed, Report report)
        {
            string[] images = parsed.GetValue(_images)!;
            string[] files = images.Length > 0 ? images : [.. Folder(parsed.GetValue(_inputs)), .. parsed.GetValue(_files)!];
            foreach (string file in files)
            {
                if (!File.Exists(file))
                {
                    throw new FileNotFoundException($"There is no file '{file}'.");
                }
            }

            using Model loaded = Models.Load(parsed.GetValue(_model)!, parsed.GetValue(_personalization));
            using Session session = new(loaded, new SessionOptions { Threads = parsed.GetValue(_threads) });
            string[]? labels = parsed.GetValue(_labels) is { } list ? Labels.Read(list) : loaded.Metadata.GetValueOrDefault("labels")?.Split('\n');
            ImageInput? input = images.Length == 0 ? null : Input(parsed, loaded, session);
            string? to = parsed.GetValue(_outputs);
            if (to is not null)
            {
                Directory.CreateDirectory(to);
            }

            JsonArray results = [];
            report.Progress($"running {files.Length} files", progress =>
            {
                for (int run = 0; run < files.Length; run++)
                {
                    if (parsed.GetValue(_fresh))
                    {
                        session.Reset();
                    }

                    Fill(session, files[run], input);
                    session.Run();
                    if (to is not null)
                    {
                        Write(session, Path.Combine(to, Name("out", run)));
                    }

                    if (input is not null)
                    {
                        results.Add(Best(session, files[run], labels, parsed.GetValue(_top), report));
                    }

                    progress((run + 1.0) / files.Length, "");
                }
            });
            report.Values["runs"] = files.Length;
            report.Values["inputs"] = Describe(loaded.Inputs);
            report.Values["outputs"] = Describe(loaded.Outputs);
            if (input is not null)
            {
                report.Values["results"] = results;
            }

            if (to is not null)
            {
                report.Line($"{files.Length} run{(files.Length == 1 ? "" : "s")}, outputs in {to}");
            }
        }

        private ImageInput Input(ParseResult parsed, Model model, Session session)
        {
            if (session.InputCount != 1)
            {
                throw new ShapeException($"The model has {session.InputCount} inputs; a picture is one. Give raw files with --input.");
            }

            Normalization? stated = ImageInput.Stated(parsed.GetValue(_scale), parsed.GetValue(_offset), parsed.GetValue(_mean), parsed.GetValue(_deviation));
            return new ImageInput(session.InputSpec(0), stated ?? ModelNormalization.Of(model), parsed.GetValue(_bgr));
        }
    }

    private static string[] Folder(string? from)
    {
        if (from is null)
        {
            return [];
        }

        if (!Directory.Exists(from))
        {
            throw new DirectoryNotFoundException($"There is no folder '{from}'; it must hold in_0.bin, in_1.bin, ….");
        }

        int runs = Directory.GetFiles(from, "in_*.bin").Length;
        string[] files = [.. Enumerable.Range(0, Math.Max(runs, 1)).Select(run => Path.Combine(from, Name("in", run)))];
        return Array.Find(files, static file => !File.Exists(file)) is { } missing
            ? throw new FileNotFoundException($"'{from}' has no {Path.GetFileName(missing)}; files are numbered from 0 without gaps.")
            : files;
    }

    private static string Name(string stem, int run) => string.Create(CultureInfo.InvariantCulture, $"{stem}_{run}.bin");

    private static JsonArray Describe(IReadOnlyList<TensorDescription> tensors)
    {
        JsonArray array = [];
        foreach (TensorDescription tensor in tensors)
        {
            array.Add((JsonNode)$"{tensor.Name} {tensor.Spec}".Trim());
        }

        return array;
    }

    private static void Fill(Session session, string file, ImageInput? input)
    {
        if (input is not null)
        {
            ModelInputs.Store(input.Values(Image.Load(file)), session.InputSpec(0), session.Input<byte>(0));
            return;
        }

        byte[] bytes = File.ReadAllBytes(file);
        long expected = 0;
        for (int i = 0; i < session.InputCount; i++)
        {
            expected += session.InputSpec(i).Bytes;
        }

        if (bytes.Length != expected)
        {
            throw new ShapeException($"'{file}' has {bytes.Length} bytes; the model's inputs take {expected}: {string.Join(", ", Enumerable.Range(0, session.InputCount).Select(i => session.InputSpec(i).ToString()))}.");
        }

        int offset = 0;
        for (int i = 0; i < session.InputCount; i++)
        {
            Span<byte> target = session.Input<byte>(i);
            bytes.AsSpan(offset, target.Length).CopyTo(target);
            offset += target.Length;
        }
    }

    private static void Write(Session session, string file)
    {
        using MemoryStream stream = new();
        for (int i = 0; i < session.OutputCount; i++)
        {
            stream.Write(session.Output<byte>(i));
        }

        Models.Write(file, stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    /// <summary>The classes with the highest scores.</summary>
    private static JsonObject Best(Session session, string file, string[]? labels, int top, Report report)
    {
        float[] scores = LayerTrace.Real(session.Output<byte>(0), session.OutputSpec(0));
        if (labels is not null && labels.Length != scores.Length)
        {
            throw new DatasetException($"There are {labels.Length} class names, but the output {session.OutputSpec(0)} has {scores.Length} scores; give one for each with --labels.");
        }

        // A quantized softmax has steps of 1/256 from 0 on; what it rounds to 0 is missing from the sum.
        bool softmax = session.OutputSpec(0) is { Quantization: { Scale: 1f / 256 } steps, Type: var type } && steps.ZeroPoint == (type == DataType.Int8 ? sbyte.MinValue : 0);
        bool probabilities = scores.All(static score => score >= 0) && (softmax || Math.Abs(scores.Sum(static score => (double)score) - 1) < ProbabilityTolerance);
        JsonArray classes = [];
        report.Line(Path.GetFileName(file));
        foreach ((float score, int index) in scores.Select(static (score, index) => (score, index)).OrderByDescending(static pair => pair.score).ThenBy(static pair => pair.index).Take(top))
        {
            string? name = labels?[index];
            classes.Add(new JsonObject { ["class"] = index, ["name"] = name, [probabilities ? "probability" : "score"] = Report.Number(score) });
            string shown = probabilities ? score.ToString("P1", CultureInfo.InvariantCulture) : score.ToString("G5", CultureInfo.InvariantCulture);
            report.Line($"  {shown,8}  {index,4}  {name}".TrimEnd());
        }

        return new JsonObject { ["file"] = file, ["top"] = classes };
    }
}
