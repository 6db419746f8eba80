using Edge.Format;
using Edge.Runtime;

namespace Edge.Compiler;

/// <summary>Compares two models of one origin tensor by tensor: float32 and int8, imported and compiled.</summary>
public static class LayerComparison
{
    /// <summary>Values that both models hold at a time; more tensors are compared in several runs.</summary>
    private const long MostBytes = 256 << 20;

    /// <summary>Pairs tensors that stand for each other: those of one name, then outputs in their order, then operators of one kind with equal shapes in their order.</summary>
    /// <param name="reference">One graph.</param>
    /// <param name="other">The other.</param>
    /// <returns>Pairs in the order of <paramref name="other"/>.</returns>
    public static IReadOnlyList<(Tensor Reference, Tensor Other)> Match(Graph reference, Graph other)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(other);
        Dictionary<string, Tensor> byName = reference.Nodes.SelectMany(static node => node.Outputs).ToDictionary(static tensor => tensor.Name);
        HashSet<Tensor> taken = [];
        Dictionary<Tensor, Tensor> pairs = [];
        for (int i = 0; i < Math.Min(reference.Outputs.Count, other.Outputs.Count); i++)
        {
            Pair(other.Outputs[i], reference.Outputs[i]);
        }

        foreach (Tensor tensor in other.Nodes.SelectMany(static node => node.Outputs))
        {
            Pair(tensor, byName.GetValueOrDefault(tensor.Name));
        }

        foreach (IGrouping<string, Node> kind in other.Nodes.Where(node => !pairs.ContainsKey(node.Output)).GroupBy(static node => node.Info.Name))
        {
            foreach ((Node node, Node candidate) in kind.Zip(reference.Nodes.Where(node => node.Info.Name == kind.Key && !taken.Contains(node.Output)).ToArray()))
            {
                Pair(node.Output, candidate.Output);
            }
        }

        return [.. other.Nodes.SelectMany(static node => node.Outputs).Where(pairs.ContainsKey).Select(tensor => (pairs[tensor], tensor))];

        void Pair(Tensor tensor, Tensor? candidate)
        {
            if (candidate is not null && tensor.Producer is not null && candidate.Producer is not null && tensor.Shape == candidate.Shape && !pairs.ContainsKey(tensor) && taken.Add(candidate))
            {
                pairs.Add(tensor, candidate);
            }
        }
    }

    /// <summary>Runs both graphs on the same samples and measures the pairs.</summary>
    /// <param name="reference">The graph that counts as right.</param>
    /// <param name="other">The graph to measure.</param>
    /// <param name="pairs">Tensors that stand for each other; see <see cref="Match"/>.</param>
    /// <param name="samples">Inputs of <paramref name="reference"/>; converted where an input of <paramref name="other"/> has another type.</param>
    /// <returns>A line for each pair, in the order given.</returns>
    /// <exception cref="ShapeException">The graphs do not have the same inputs.</exception>
    public static IReadOnlyList<LayerDifference> Compare(
        Graph reference, Graph other, IReadOnlyList<(Tensor Reference, Tensor Other)> pairs, IReadOnlyList<ModelInputs> samples)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(other);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(samples);
        List<LayerDifference> differences = [];
        for (int start = 0; start < pairs.Count;)
        {
            int count = 0;
            for (long bytes = 0; start + count < pairs.Count && (count == 0 || bytes + Bytes(pairs[start + count]) <= MostBytes); count++)
            {
                bytes += Bytes(pairs[start + count]);
            }

            differences.AddRange(Measure(reference, other, [.. pairs.Skip(start).Take(count)], samples));
            start += count;
        }

        return differences;
    }

    private static long Bytes((Tensor Reference, Tensor Other) pair) => (long)pair.Reference.Spec.Bytes + pair.Other.Spec.Bytes;

    private static IEnumerable<LayerDifference> Measure(Graph reference, Graph other, (Tensor Reference, Tensor Other)[] pairs, IReadOnlyList<ModelInputs> samples)
    {
        using LayerTrace expected = new(reference, [.. pairs.Select(static pair => pair.Reference)]);
        using LayerTrace actual = new(other, [.. pairs.Select(static pair => pair.Other)]);
        Sums[] sums = [.. pairs.Select(static _ => new Sums())];
        foreach (ModelInputs sample in samples)
        {
            sample.Feed(reference, expected);
            sample.As(other).Feed(other, actual);
            expected.Run();
            actual.Run();
            for (int i = 0; i < pairs.Length; i++)
            {
                sums[i].Add(expected.Values(i), actual.Values(i));
            }
        }

        return pairs.Select((pair, i) => new LayerDifference(
            pair.Reference.Name, pair.Other.Producer!.Info.Name, pair.Reference.Shape, pair.Reference.Type, pair.Other.Type,
            sums[i].MaxError, sums[i].Snr, sums[i].Cosine, reference.IsOutput(pair.Reference)));
    }

    private sealed class Sums
    {
        private double _signal;
        private double _other;
        private double _noise;
        private double _product;

        public double MaxError { get; private set; }

        public double Snr => _noise == 0 ? double.PositiveInfinity : 10 * Math.Log10(_signal / _noise);

        public double Cosine => _noise == 0 ? 1 : _product / Math.Sqrt(_signal * _other);

        public void Add(ReadOnlySpan<float> reference, ReadOnlySpan<float> actual)
        {
            for (int i = 0; i < reference.Length; i++)
            {
                double expected = reference[i], value = actual[i];
                double error = expected.Equals(value) ? 0 : expected - value;        // equal infinities, and NaN in both, do not differ
                _signal += expected * expected;
                _other += value * value;
                _noise += error * error;
                _product += expected * value;
                MaxError = Math.Max(MaxError, Math.Abs(error));
            }
        }
    }
}
