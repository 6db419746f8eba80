using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Compiler;
using Edge.Runtime.Operators;

namespace Edge.Cli.Conversion;

/// <summary>Runs what was converted beside what it was converted from.</summary>
internal static class Verification
{
    /// <summary>Samples that are enough to compare two models.</summary>
    public const int MostSamples = 8;

    // Optimization rounds float32 in other places; this many decibels are 13 bits of the largest values.
    private const double SameDb = 80;

    /// <summary>Compares the outputs of the file with those of the source graph, which only optimization lies between.</summary>
    public static void AgainstSource(Graph source, Graph result, ModelInputs[] samples, Report report)
    {
        (Tensor Reference, Tensor Other)[] outputs =
            [.. source.Outputs.Zip(result.Outputs).Where(static pair => pair.First.Producer is not null && pair.Second.Producer is not null && pair.First.Shape == pair.Second.Shape)];
        IReadOnlyList<LayerDifference> differences = LayerComparison.Compare(source, result, outputs, samples);
        bool quantized = Dequantizer.HasQuantizedActivations(result);
        report.Values["outputs_against_source"] = new JsonArray([.. differences.Select(DifferenceTable.Json)]);
        foreach (LayerDifference output in differences)
        {
            // Integer arithmetic takes the place of float32 between conversions, and rounds after every operator.
            double least = quantized ? QuantizationAdvice.Threshold : SameDb;
            string verdict = output.MaxError == 0 ? "equal to the source graph, bit for bit"
                : string.Create(CultureInfo.InvariantCulture, $"largest difference from the source graph {output.MaxError:G3} ({DifferenceTable.Decibels(output.Snr)} dB)") +
                  (!(output.Snr >= least) ? ": more than rounding, check with 'edge compare'" : quantized ? ": int8 operators round where the source has float32 between conversions" : "");
            report.Line($"output '{output.Name}': {verdict}");
        }
    }

    /// <summary>The noise of quantization in each layer, and what helps where it is too much.</summary>
    /// <param name="reference">The float32 network.</param>
    /// <param name="quantized">The quantized one.</param>
    /// <param name="pairs">Tensors that stand for each other.</param>
    /// <param name="samples">Inputs of the reference.</param>
    /// <param name="report">Receives the findings.</param>
    public static void Noise(Graph reference, Graph quantized, IReadOnlyList<(Tensor Reference, Tensor Other)> pairs, ModelInputs[] samples, Report report)
    {
        IReadOnlyList<LayerDifference> differences = LayerComparison.Compare(reference, quantized, pairs, samples);
        report.Line();
        report.Line("quantization noise by layer, against the same network in float32:");
        report.Values["layers"] = DifferenceTable.Show(differences, report);
        report.Values["divergence_threshold_db"] = QuantizationAdvice.Threshold;
        QuantizationAdvice? advice = QuantizationAdvice.Find(quantized, [.. pairs.Zip(differences, static (pair, difference) => (pair.Other, difference))]);
        report.Values["diverges_at"] = advice?.Diverges;
        if (advice is null)
        {
            report.Line(string.Create(CultureInfo.InvariantCulture, $"no layer diverges (all above {QuantizationAdvice.Threshold} dB)"));
            return;
        }

        report.Values["worst_layer"] = advice.Worst;
        report.Values["worst_layer_loss_db"] = advice.LossDb;
        report.Values["remedies"] = new JsonArray([.. advice.Remedies.Select(static remedy => new JsonObject { ["name"] = remedy.Name, ["bytes"] = remedy.Bytes, ["of"] = remedy.Where })]);
        report.Line(string.Create(
            CultureInfo.InvariantCulture, $"first layer below {QuantizationAdvice.Threshold} dB: '{advice.Diverges}'. Most is lost in '{advice.Worst}' ({advice.LossDb:0.0} dB). What helps:"));
        foreach (QuantizationRemedy remedy in advice.Remedies)
        {
            report.Line($"  {remedy.Name}: {remedy.Bytes:N0} bytes more of {remedy.Where}");
        }
    }

    /// <summary>Node outputs of a quantized graph with their float32 counterparts; what only changes a tensor's type is left out.</summary>
    public static (Tensor Reference, Tensor Other)[] Pairs(Graph quantized, IReadOnlyDictionary<Tensor, Tensor> counterparts) =>
    [
        .. quantized.Nodes.Where(static node => node.Operator is not (Quantize or Dequantize or Requantize)).SelectMany(static node => node.Outputs)
            .Where(output => counterparts[output].Producer is not null).Select(output => (counterparts[output], output)),
    ];
}
