using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>
/// Numbers that stand for infinity, such as −∞ or −10⁹ in the mask of an attention, become ones that int8 can tell from the values beside them: as far beyond these that a
/// softmax makes next to nothing of them, and no farther, for the range of a tensor pays for it.
/// </summary>
internal static class MaskLimiting
{
    /// <summary>From here on a constant stands for infinity.</summary>
    private const float Infinite = 1e8f;

    /// <summary>How far beyond: e⁻⁸ is 1/3000.</summary>
    private const float Beyond = 8;

    /// <summary>Limits the constants of sums and choices.</summary>
    /// <param name="graph">A float32 graph; changed.</param>
    /// <param name="data">Samples, which show the values beside the constants.</param>
    /// <param name="kept">Names of nodes that stay as they are.</param>
    public static void Run(Graph graph, CalibrationData data, IReadOnlyDictionary<string, string> kept)
    {
        (Node Node, int Mask, Tensor Beside)[] found =
        [
            .. graph.Nodes.Where(node => node.Operator is Add or Select && !kept.ContainsKey(node.Name)).SelectMany(static node =>
            {
                int last = node.Inputs.Count - 1;
                (int Mask, int Beside)[] pairs = [(last, last - 1), (last - 1, last)];
                return pairs.Where(pair => IsMask(node.Inputs[pair.Mask]!) && node.Inputs[pair.Beside] is { IsConstant: false, Type: DataType.Float32 })
                    .Select(pair => (node, pair.Mask, node.Inputs[pair.Beside]!));
            }),
        ];
        Tensor[] computed = [.. found.Select(static mask => mask.Beside).Where(static tensor => tensor.Producer is not null).Distinct()];
        Dictionary<Tensor, float> largest = found.Select(static mask => mask.Beside).Distinct().ToDictionary(static tensor => tensor, static _ => 0f);
        foreach (Tensor input in largest.Keys.Where(graph.IsInput).ToArray())
        {
            Observe(input, data.Values(graph.Inputs.Select(static (tensor, i) => (tensor, i)).First(pair => pair.tensor == input).i));
        }

        Graph copy = graph.Clone(out Dictionary<Tensor, Tensor> copies);
        Calibrator.Run(copy, Array.ConvertAll(computed, tensor => copies[tensor]), data, (tensor, values) => Observe(computed[tensor], values));
        foreach ((Node node, int position, Tensor beside) in found)
        {
            Tensor mask = node.Inputs[position]!;
            float limit = (largest[beside] * (node.Operator is Add ? 2 : 1)) + Beyond;
            float[] values = [.. mask.Values<float>()];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = Math.Abs(values[i]) >= Infinite ? MathF.CopySign(limit, values[i]) : values[i];
            }

            graph.SetInput(node, position, graph.Constant<float>(mask.Name, mask.Shape, values));
        }

        void Observe(Tensor tensor, ReadOnlySpan<float> values)
        {
            float most = largest[tensor];
            foreach (float value in values)
            {
                most = Math.Abs(value) is var size && size < Infinite ? Math.Max(most, size) : most;
            }

            largest[tensor] = most;
        }
    }

    private static bool IsMask(Tensor tensor)
    {
        if (tensor is not { IsConstant: true, Type: DataType.Float32 })
        {
            return false;
        }

        foreach (float value in tensor.Values<float>())
        {
            if (Math.Abs(value) >= Infinite)
            {
                return true;
            }
        }

        return false;
    }
}
