using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>Where quantization loses a network's values, and what helps.</summary>
/// <param name="Diverges">The first layer, in execution order, whose signal-to-noise ratio is below <see cref="Threshold"/>.</param>
/// <param name="Worst">The layer up to there that loses most decibels against its inputs: the place to mend.</param>
/// <param name="LossDb">Decibels that it loses.</param>
/// <param name="Remedies">What helps, the cheapest first.</param>
public sealed record QuantizationAdvice(string Diverges, string Worst, double LossDb, IReadOnlyList<QuantizationRemedy> Remedies)
{
    /// <summary>Decibels below which a layer counts as diverging: the error is then about a third of the values, by root mean square.</summary>
    public const double Threshold = 10;

    // Values that are exact at the start of a network count as this many decibels: as good as float32 gets.
    private const double Exact = 120;

    // A channel whose largest weight takes less than this of 127 steps has lost two bits or more to the other channels.
    private const int FewSteps = 32;

    /// <summary>Finds the place, or null where no layer diverges.</summary>
    /// <param name="graph">The quantized graph.</param>
    /// <param name="measured">Its node outputs with what was measured of them, in execution order.</param>
    public static QuantizationAdvice? Find(Graph graph, IReadOnlyList<(Tensor Tensor, LayerDifference Difference)> measured)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(measured);
        Dictionary<Tensor, double> ratios = measured.ToDictionary(static pair => pair.Tensor, static pair => Math.Min(pair.Difference.Snr, Exact));
        int first = measured.ToList().FindIndex(static pair => pair.Difference.Snr < Threshold);
        if (first < 0)
        {
            return null;
        }

        Node worst = measured[first].Tensor.Producer!;
        double most = double.NegativeInfinity;
        foreach ((Tensor tensor, _) in measured.Take(first + 1))
        {
            double before = tensor.Producer!.Inputs.Min(input => input is null ? Exact : ratios.GetValueOrDefault(input, Exact));
            if (before < Exact && before - ratios[tensor] > most)
            {
                (most, worst) = (before - ratios[tensor], tensor.Producer);
            }
        }

        return new QuantizationAdvice(measured[first].Tensor.Producer!.Name, worst.Name, double.IsFinite(most) ? most : Exact - ratios[measured[first].Tensor], [.. RemediesFor(worst).OrderBy(static remedy => remedy.Bytes)]);
    }

    private static IEnumerable<QuantizationRemedy> RemediesFor(Node node)
    {
        if (Fusable.ChannelAxis(node) is { } axis && node.Inputs[1] is { IsConstant: true, Type: DataType.Int8, Quantization: { } parameters } weights)
        {
            int channels = weights.Shape[axis];
            if (parameters.Axis < 0 && channels > 1 && SmallestChannel(weights, axis) < FewSteps)
            {
                yield return new QuantizationRemedy("per-channel weights", (channels - 1L) * (sizeof(float) + sizeof(int)), "file");
            }

            yield return new QuantizationRemedy("keep this layer float32", 3L * weights.Spec.Bytes, "file");
        }

        yield return new QuantizationRemedy("int16 activations", node.Outputs.Sum(static output => (long)output.Shape.ElementCount), "memory to run");
    }

    private static int SmallestChannel(Tensor weights, int axis)
    {
        int inner = weights.Shape.Product(axis + 1, weights.Shape.Rank);
        int[] largest = new int[weights.Shape[axis]];
        ReadOnlySpan<sbyte> values = weights.Values<sbyte>();
        for (int i = 0; i < values.Length; i++)
        {
            ref int channel = ref largest[i / inner % largest.Length];
            channel = Math.Max(channel, Math.Abs((int)values[i]));
        }

        return largest.Min();
    }
}

/// <summary>One way to lose less to quantization.</summary>
/// <param name="Name">What to do.</param>
/// <param name="Bytes">What it costs.</param>
/// <param name="Where">Of what: the file or the memory to run.</param>
public sealed record QuantizationRemedy(string Name, long Bytes, string Where);
