using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Compiler;
using Edge.Learning.Data;
using Edge.Learning.FineTuning;
using Edge.Runtime;

namespace Edge.Cli.Verbs;

/// <summary><c>edge quantize</c>: a float32 model becomes int8, or int16 beside int8 weights.</summary>
internal static class QuantizeVerb
{
    private const ulong CalibrationSeed = 0xCA11B;

    public static Command Create()
    {
        Verb verb = new("quantize", "Quantize a trained float32 model to integers: about a quarter of the size. Ranges are measured on samples of its data set.");
        Argument<string> model = verb.Argument<string>("model", "The float32 .edge file.");
        Option<string?> data = verb.Option<string>("--data", Datasets.DataHelp);
        Option<string?> dataset = verb.Option<string>("--dataset", Datasets.NameHelp);
        Option<string?> output = verb.Option<string>("--out", "Where the model goes. Default: NAME.int8.edge (or .int16x8.edge) beside the source.");
        Option<string> method = verb.Choice("--method", "How the range of a tensor is chosen: percentile, minmax or mse (least square error).", "percentile", "percentile", "minmax", "mse");
        Option<double> percentile = verb.Option("--percentile", "For percentile: percent of values below the upper end and above the lower one; above 50, at most 100.", 99.99);
        Option<string> to = verb.Choice("--to", "int8: smallest and fastest; int16x8: int16 activations beside int8 weights, closer to float32.", "int8", "int8", "int16x8");
        Option<int> samples = verb.Count("--samples", "Calibration samples from the training part.", 500);
        Option<bool> noCorrection = verb.Option("--no-bias-correction", "Keep the mean error that rounded weights make.", false);
        Option<int> floatLast = verb.Count("--float-last", "Last layers that stay float32, for accuracy or to be trained on the device.", 0, lowest: 0);
        Option<string> io = verb.Choice("--io", "What inputs and outputs are: float32, or int8 (int16 with --to int16x8).", "float32", "float32", "int8");
        Option<bool> strict = verb.Option("--strict", "Fail where an operator would stay float32.", false);
        Option<bool> strip = verb.Option("--strip-names", "Leave names of tensors and operators out of the file.", false);
        return verb.Does((parsed, report) =>
        {
            string path = parsed.GetValue(model)!;
            using Model source = Models.Load(path);
            Dataset train = Datasets.Load(source, parsed.GetValue(dataset), parsed.GetValue(data)).Train;
            QuantizerOptions options = new()
            {
                Activations = parsed.GetValue(to) == "int16x8" ? ActivationPrecision.Int16 : ActivationPrecision.Int8,
                Method = parsed.GetValue(method) switch
                {
                    "minmax" => CalibrationMethod.MinMax,
                    "mse" => CalibrationMethod.MeanSquareError,
                    _ => CalibrationMethod.Percentile,
                },
                Percentile = parsed.GetValue(percentile),
                BiasCorrection = !parsed.GetValue(noCorrection),
                FloatLastLayers = parsed.GetValue(floatLast),
                Interface = parsed.GetValue(io) == "int8" ? QuantizedInterface.Int8 : QuantizedInterface.Float32,
            };
            string target = parsed.GetValue(output) ?? Path.ChangeExtension(path, $".{parsed.GetValue(to)}.edge");
            Models.CheckTarget(target);
            QuantizationResult result = null!;
            report.Progress($"quantizing {Path.GetFileName(path)}", _ => result = Run(File.ReadAllBytes(path), source, train, parsed.GetValue(samples), options));
            if (parsed.GetValue(strict) && result.Report.Float.Count > 0)
            {
                throw new InvalidOperationException($"{result.Report.Float.Count} operators would stay float32: {string.Join("; ", result.Report.Float.Select(f => $"{f.Operator} '{f.Name}': {f.Reason}"))}");
            }

            byte[] bytes = ModelEmitter.ToBytes(result.Graph, new EmitOptions { StripNames = parsed.GetValue(strip) });
            Models.Write(target, bytes);
            Describe(result.Report, target, bytes.Length, report);
        });
    }

    /// <summary>Quantizes with samples of a training set.</summary>
    internal static QuantizationResult Run(ReadOnlySpan<byte> file, Model source, Dataset train, int samples, QuantizerOptions options)
    {
        Dataset chosen = train.Take(Math.Min(samples, train.Count), CalibrationSeed, stratified: train.HasClasses);
        chosen = chosen.WithNormalization(ModelNormalization.Of(source) ?? chosen.Normalization);
        float[] features = new float[chosen.Count * chosen.SampleLength];
        for (int i = 0; i < chosen.Count; i++)
        {
            chosen.CopyFeatures(i, features.AsSpan(i * chosen.SampleLength, chosen.SampleLength));
        }

        return Quantizer.Quantize(Graph.FromModel(file), new CalibrationData(features), options);
    }

    private static void Describe(QuantizationReport result, string path, long bytes, Report report)
    {
        JsonArray quantized = [];
        foreach (QuantizedOperator op in result.Quantized)
        {
            quantized.Add(new JsonObject
            {
                ["name"] = op.Name,
                ["kind"] = op.Operator,
                ["scale"] = op.Scale,
                ["zero_point"] = op.ZeroPoint,
                ["weight_snr_db"] = Report.Number(op.WeightSnr),
                ["weight_bytes_before"] = op.WeightBytesBefore,
                ["weight_bytes_after"] = op.WeightBytesAfter,
            });
        }

        JsonArray islands = [];
        foreach (FloatOperator op in result.Float)
        {
            islands.Add(new JsonObject { ["name"] = op.Name, ["kind"] = op.Operator, ["reason"] = op.Reason });
        }

        report.Values["out"] = path;
        report.Values["file_bytes"] = bytes;
        report.Values["file_bytes_before"] = result.FileBytesBefore;
        report.Values["quantized"] = quantized;
        report.Values["float32"] = islands;
        report.Line(result.ToString().TrimEnd());
        report.Line($"{path}: {bytes:N0} bytes, {(double)bytes / result.FileBytesBefore * 100:0} % of the float32 model; {result.Float.Count} operators stay float32");
    }
}
