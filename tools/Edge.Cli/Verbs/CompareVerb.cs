using System.CommandLine;
using System.Globalization;
using Edge.Cli.Conversion;
using Edge.Compiler;
using Edge.Import;
using Edge.Learning.FineTuning;

namespace Edge.Cli.Verbs;

/// <summary><c>edge compare</c>: two models of one origin, layer by layer.</summary>
internal static class CompareVerb
{
    public static Command Create()
    {
        Verb verb = new("compare", "Show how far two models of one origin lie apart, layer by layer: float32 and int8, source and .edge.");
        Argument<string> first = verb.Argument<string>("reference", "The model that counts as right: a .edge file or a model of another format.");
        Argument<string> second = verb.Argument<string>("other", "The model to measure.");
        Option<string?> input = verb.Option<string>("--input", SampleData.Help + " Default: random values in the range the reference states.");
        Option<int> samples = verb.Count("--samples", "Most samples to run.", Verification.MostSamples);
        return verb.Does((parsed, report) =>
        {
            Graph reference = Load(parsed.GetValue(first)!);
            Graph other = Load(parsed.GetValue(second)!);
            int most = parsed.GetValue(samples);
            ModelInputs[] inputs = parsed.GetValue(input) is { } path
                ? SampleData.Load(path, reference, ModelNormalization.Of(reference.Metadata), most)
                : ModelInputs.Random(reference, most);
            IReadOnlyList<(Tensor Reference, Tensor Other)> pairs = LayerComparison.Match(reference, other);
            if (pairs.Count == 0)
            {
                throw new InvalidOperationException("The models have no layer in common, neither by name nor by kind and shape: they are not of one origin.");
            }

            IReadOnlyList<LayerDifference> differences = LayerComparison.Compare(reference, other, pairs, inputs);
            report.Values["layers"] = DifferenceTable.Show(differences, report);
            report.Values["samples"] = inputs.Length;
            int diverges = differences.ToList().FindIndex(static layer => layer.Snr < QuantizationAdvice.Threshold);
            report.Values["divergence_threshold_db"] = QuantizationAdvice.Threshold;
            report.Values["diverges_at"] = diverges < 0 ? null : differences[diverges].Name;
            report.Values["layers_without_counterpart"] = other.Nodes.Sum(static node => node.Outputs.Count) - pairs.Count;
            report.Line(string.Create(CultureInfo.InvariantCulture, $"{inputs.Length} samples, {pairs.Count} layers compared; {(diverges < 0 ? $"no layer is below {QuantizationAdvice.Threshold} dB" : $"first below {QuantizationAdvice.Threshold} dB: '{differences[diverges].Name}'")}"));
        });
    }

    // Both are optimized, so that a layer has the same activation fused in both.
    private static Graph Load(string path)
    {
        Graph graph = Models.IsEdge(path) ? Graph.FromModel(File.ReadAllBytes(path)) : ModelImporter.Import(Models.Existing(path));
        Compile.Optimize(graph);
        return graph;
    }
}
