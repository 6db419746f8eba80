using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Cli.Conversion;
using Edge.Cli.Images;
using Edge.Compiler;
using Edge.Import;
using Edge.Learning.Data;
using Edge.Learning.FineTuning;
using Edge.Runtime;

namespace Edge.Cli.Verbs;

/// <summary><c>edge convert</c>: a model from elsewhere becomes a .edge file.</summary>
internal static class ConvertVerb
{
    private static readonly string[] s_modes = ["none", "int8", "int16x8", "dynamic", "float32"];

    public static Command Create() => new Options().Command();

    /// <summary>The command line of the verb.</summary>
    private sealed class Options
    {
        private readonly Verb _verb = new("convert", "Convert a model of another framework into a .edge file, check it against its source, and quantize it if asked for. A .edge file can be quantized again.");
        private readonly Argument<string> _model;
        private readonly Option<string?> _output;
        private readonly Option<string> _quantize;
        private readonly Option<string?> _calibrate;
        private readonly Option<int> _samples;
        private readonly Option<string> _method;
        private readonly Option<string> _io;
        private readonly Option<string[]> _keepFloat;
        private readonly Option<bool> _strict;
        private readonly Option<bool> _noVerify;
        private readonly Option<string[]> _shapes;
        private readonly Option<string[]> _values;
        private readonly Option<string[]> _inputs;
        private readonly Option<string[]> _outputs;
        private readonly Option<string> _layout;
        private readonly Option<string?> _signature;
        private readonly Option<bool> _expand;
        private readonly Option<string?> _labels;
        private readonly Option<string?> _mean;
        private readonly Option<string?> _scale;
        private readonly Option<bool> _strip;
        private readonly Option<string?> _report;

        public Options()
        {
            _model = _verb.Argument<string>("model", "The source: " + string.Join(", ", ModelImporter.Formats.Select(static format => format.Files)) + ", or a .edge file.");
            _output = _verb.Option<string>("--out", "Where the model goes. Default: the source's name with .edge, in its folder.");
            _output.Aliases.Add("-o");
            _quantize = _verb.Choice("--quantize", "none: as the source is; int8: weights and activations, needs --calibrate; int16x8: int8 weights and int16 activations, needs --calibrate; dynamic: int8 weights, float32 activations; float32: what was quantized becomes float32.", "none", s_modes);
            _calibrate = _verb.Option<string>("--calibrate", SampleData.Help + " For --quantize int8 and int16x8, and for verification.");
            _samples = _verb.Count("--samples", "Samples to calibrate with; verification takes up to 8 of them.", 500);
            _method = _verb.Choice("--method", "For int8, how the range of a tensor is chosen: percentile, minmax or mse (least square error).", "percentile", "percentile", "minmax", "mse");
            _io = _verb.Choice("--io", "For int8 and int16x8, what inputs and outputs are: float32 or int8 (int16 for int16x8).", "float32", "float32", "int8");
            _keepFloat = _verb.Many("--keep-float", "For int8, operators (by name) that stay float32.");
            _strict = _verb.Option("--strict", "Fail where a quantized model would compute something in float32.", false);
            _noVerify = _verb.Option("--no-verify", "Do not run the result beside its source.", false);
            _shapes = _verb.Many("--shape", "Shape of an input that the source leaves open: NAME=1,3,224,224.");
            _values = _verb.Many("--value", "Value that takes the place of an input: NAME=1,64.");
            _inputs = _verb.Many("--inputs", "Tensors at which the model begins, to cut off what is before.");
            _outputs = _verb.Many("--outputs", "Tensors at which the model ends, to cut off what is behind.");
            _layout = _verb.Choice("--input-layout", "Layout of image inputs: as in the source, or nhwc.", "source", "source", "nhwc");
            _signature = _verb.Option<string>("--signature", "Signature of a SavedModel. Default: the one for serving.");
            _expand = _verb.Option("--expand-weights", "Store int8 weights beside float32 activations as float32: four times the size, nothing to do at load.", false);
            _labels = _verb.Option<string>("--labels", "Text file of class names, one a line, to store in the model.");
            _mean = _verb.Option<string>("--image-mean", "What is subtracted from pixels 0 … 255, one number or one for each channel: 127.5.");
            _scale = _verb.Option<string>("--image-scale", "What they are multiplied with after that: 0.00784314.");
            _strip = _verb.Option("--strip-names", "Leave names of tensors and operators out of the file.", false);
            _report = _verb.Option<string>("--report", "File that receives the JSON report.");
        }

        public Command Command() => _verb.Does(Run);

        private void Run(ParseResult parsed, Report report)
        {
            string path = parsed.GetValue(_model)!;
            string mode = parsed.GetValue(_quantize)!;
            string target = Target(path, parsed.GetValue(_output));
            Models.CheckTarget(target);
            if (mode is "int8" or "int16x8" && parsed.GetValue(_calibrate) is null)
            {
                throw new ArgumentException($"--quantize {mode} needs --calibrate: a folder of images, raw inputs or data that resemble real ones. Without data there is --quantize dynamic.");
            }

            report.Values["in"] = path;
            report.Values["out"] = target;
            Stopwatch watch = Stopwatch.StartNew();
            try
            {
                Convert(parsed, path, target, mode, watch, report);
            }
            catch (Exception error) when (error is not OutOfMemoryException && parsed.GetValue(_report) is not null)
            {
                report.Values["error"] = Verb.OneLine(error);
                WriteReport(parsed, report);
                throw;
            }

            WriteReport(parsed, report);
        }

        private void Convert(ParseResult parsed, string path, string target, string mode, Stopwatch watch, Report report)
        {
            Graph source = Read(parsed, path, report);
            Describe(parsed, path, source);
            Graph optimized = source.Clone();
            Compile.Optimize(optimized);
            Graph plain = optimized;
            if (mode != "none" && (mode == "float32" || !Dequantizer.HasQuantizedActivations(optimized)))
            {
                plain = Dequantizer.ToFloat(optimized);
                Compile.Optimize(plain);
            }
            else if (mode != "none")
            {
                throw new InvalidOperationException($"The model is quantized already; --quantize {mode} takes a float32 model. Convert it without --quantize, or with --quantize float32 first.");
            }

            ModelInputs[] samples = Samples(parsed, plain, out string origin);
            IReadOnlyList<FloatOperator>? islands = null;
            Graph result = plain;
            if (mode is "int8" or "int16x8" or "dynamic")
            {
                QuantizationResult quantized = mode == "dynamic" ? Quantizer.QuantizeWeights(plain) : Quantizer.Quantize(plain, Calibration(plain, samples), new QuantizerOptions
                {
                    Activations = mode == "int16x8" ? ActivationPrecision.Int16 : ActivationPrecision.Int8,
                    Method = parsed.GetValue(_method) switch { "minmax" => CalibrationMethod.MinMax, "mse" => CalibrationMethod.MeanSquareError, _ => CalibrationMethod.Percentile },
                    Interface = parsed.GetValue(_io) == "int8" ? QuantizedInterface.Int8 : QuantizedInterface.Float32,
                    KeepFloat = parsed.GetValue(_keepFloat)!,
                });
                result = quantized.Graph;
                islands = mode != "dynamic" ? quantized.Report.Float : [];
            }

            Islands(parsed, islands ?? FloatIslands.Find(result), report);
            byte[] file = ModelEmitter.ToBytes(result, new EmitOptions { StripNames = parsed.GetValue(_strip) });
            Models.Write(target, file);
            double seconds = watch.Elapsed.TotalSeconds;
            if (!parsed.GetValue(_noVerify))
            {
                ModelInputs[] few = samples.Length > 0 ? [.. samples.Take(Verification.MostSamples)] : ModelInputs.Random(mode is "none" or "float32" ? source : plain, Verification.MostSamples / 2);
                report.Values["verified_on"] = origin;
                report.Line($"verification on {few.Length} samples ({origin}):");

                // What is read back is compared; its layers are matched by names, which a stripped file has not.
                byte[] named = parsed.GetValue(_strip) ? ModelEmitter.ToBytes(result) : file;
                Verify(source, plain, Graph.FromModel(named), mode, few, report);
            }

            Summarize(path, target, file, seconds, report);
        }

        private static void Verify(Graph source, Graph plain, Graph result, string mode, ModelInputs[] samples, Report report)
        {
            try
            {
                if (mode is "int8" or "int16x8" or "dynamic")
                {
                    Verification.Noise(plain, result, LayerComparison.Match(plain, result), samples, report);
                    return;
                }

                Verification.AgainstSource(source, result, samples, report);
                if (Dequantizer.HasQuantizedActivations(result))
                {
                    Graph reference = Dequantizer.ToFloat(result, out IReadOnlyDictionary<Tensor, Tensor> counterparts);
                    Verification.Noise(reference, result, Verification.Pairs(result, counterparts), samples, report);
                }
            }
            catch (Exception error) when (error is ShapeException or ArgumentException)
            {
                // The file is written and valid; only the inputs made up for it do not suit the model.
                report.Values["verification_failed"] = Verb.OneLine(error);
                report.Line($"not verified: {Verb.OneLine(error)} Give real inputs with --calibrate.");
            }
        }

        private Graph Read(ParseResult parsed, string path, Report report)
        {
            if (Models.IsEdge(path))
            {
                if (parsed.GetValue(_shapes)!.Length + parsed.GetValue(_values)!.Length + parsed.GetValue(_inputs)!.Length + parsed.GetValue(_outputs)!.Length > 0 ||
                    parsed.GetValue(_layout) != "source" || parsed.GetValue(_signature) is not null || parsed.GetValue(_expand))
                {
                    throw new ArgumentException("--shape, --value, --inputs, --outputs, --input-layout, --signature and --expand-weights are for models of other formats; a .edge file has its shapes already. --quantize float32 expands its weights.");
                }

                report.Values["format"] = "Edge";
                return Graph.FromModel(File.ReadAllBytes(path));
            }

            ImportOptions options = new()
            {
                Shapes = InputOptions.Shapes(parsed.GetValue(_shapes)!),
                Inputs = parsed.GetValue(_inputs)!,
                Outputs = parsed.GetValue(_outputs)!,
                InputLayout = parsed.GetValue(_layout) == "nhwc" ? InputLayout.Nhwc : InputLayout.Source,
                Signature = parsed.GetValue(_signature),
                ExpandWeights = parsed.GetValue(_expand),
            };
            SourceModel source = ModelImporter.Open(Models.Existing(path), options);
            if (parsed.GetValue(_values)!.Length > 0)
            {
                source = ModelImporter.Open(path, options with { Values = InputOptions.Values(parsed.GetValue(_values)!, source.Inputs) });
            }

            Survey.Show(source, report);
            return ModelImporter.Build(path, source);
        }

        /// <summary>Class names, normalization and provenance become metadata.</summary>
        private void Describe(ParseResult parsed, string path, Graph graph)
        {
            if (parsed.GetValue(_labels) is { } labels)
            {
                graph.Metadata["labels"] = string.Join('\n', Labels.Read(labels));
                graph.Metadata.TryAdd("task", "classification");
            }

            if ((parsed.GetValue(_mean) ?? parsed.GetValue(_scale)) is not null)
            {
                float[] mean = ImageInput.Numbers("--image-mean", parsed.GetValue(_mean) ?? "0");
                float[] scale = ImageInput.Numbers("--image-scale", parsed.GetValue(_scale) ?? "1");
                int channels = Math.Max(mean.Length, scale.Length);
                scale = ImageInput.Spread(scale, channels);
                Normalization normalization = new(scale, [.. ImageInput.Spread(mean, channels).Select((value, c) => -value * scale[c % scale.Length])]);
                graph.Metadata["input.0.scale"] = Text(normalization.Scale);
                graph.Metadata["input.0.offset"] = Text(normalization.Offset);
            }

            graph.Metadata.TryAdd("provenance.source", Path.GetFileName(Path.TrimEndingDirectorySeparator(path)));
            graph.Metadata["provenance.tool"] = $"edge convert {typeof(ConvertVerb).Assembly.GetName().Version?.ToString(3)}";

            static string Text(ReadOnlySpan<float> values) => string.Join(',', values.ToArray().Select(static value => value.ToString("R", CultureInfo.InvariantCulture)));
        }

        private ModelInputs[] Samples(ParseResult parsed, Graph graph, out string origin)
        {
            if (parsed.GetValue(_calibrate) is not { } path)
            {
                origin = "random values in the range the model states";
                return [];
            }

            ModelInputs[] samples = SampleData.Load(path, graph, ModelNormalization.Of(graph.Metadata), parsed.GetValue(_samples));
            origin = path;
            return samples;
        }

        private static CalibrationData Calibration(Graph graph, ModelInputs[] samples) =>
            new([.. Enumerable.Range(0, graph.Inputs.Count).Select(input => new ReadOnlyMemory<float>([.. samples.SelectMany(sample => sample.Values(input))]))]);

        private void Islands(ParseResult parsed, IReadOnlyList<FloatOperator> islands, Report report)
        {
            report.Values["float32"] = new JsonArray([.. islands.Select(static op => new JsonObject { ["name"] = op.Name, ["kind"] = op.Operator, ["reason"] = op.Reason })]);
            foreach (FloatOperator op in islands)
            {
                report.Line($"float32 in a quantized model: {op.Operator} '{op.Name}': {op.Reason}");
            }

            if (parsed.GetValue(_strict) && islands.Count > 0)
            {
                report.TellsErrors = true;
                throw new InvalidOperationException($"{islands.Count} operators compute in float32, which --strict forbids: {string.Join("; ", islands.Select(static op => $"{op.Operator} '{op.Name}': {op.Reason}"))}");
            }
        }

        private static void Summarize(string path, string target, byte[] file, double seconds, Report report)
        {
            using Model model = Model.Load(file);
            long before = Models.SourceBytes(path);
            report.Values["source_bytes"] = before;
            report.Values["file_bytes"] = file.LongLength;
            report.Values["weight_bytes"] = model.WeightBytes;
            report.Values["arena_bytes"] = model.InferenceBytes;
            report.Values["state_bytes"] = model.StateBytes;
            report.Values["operator_count"] = model.Operators.Count;
            report.Values["seconds"] = seconds;
            report.Line();
            report.Line($"{path}: {before:N0} bytes → {target}: {file.Length:N0} bytes; {model.Operators.Count} operators, {model.InferenceBytes:N0} bytes of memory to run, converted in {seconds.ToString("0.00", CultureInfo.InvariantCulture)} s");
            report.Line($"look into it with 'edge inspect {target}', run it with 'edge run {target}'");
        }

        private void WriteReport(ParseResult parsed, Report report)
        {
            if (parsed.GetValue(_report) is { } file)
            {
                Models.Write(file, Encoding.UTF8.GetBytes(report.Text()));
            }
        }

        private static string Target(string path, string? stated)
        {
            if (stated is not null)
            {
                return stated;
            }

            string target = Directory.Exists(path) ? Path.TrimEndingDirectorySeparator(path) + ".edge" : Path.ChangeExtension(path, ".edge");
            return Models.IsEdge(path) ? throw new ArgumentException("The source is a .edge file; name the result with -o.") : target;
        }
    }
}
