using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>
/// Multiplies a batch normalization into the convolution or dense layer before it. In inference it is y = s · x + (β − s · μ) with s = γ / √(σ² + ε)
/// for each channel, and so is a linear layer: w' = s · w and b' = s · (b − μ) + β.
/// </summary>
/// <remarks>
/// Source: Jacob et al. 2018, arXiv:1712.05877, section 3.2. Computed in double and rounded once. The layer must not apply an activation, and nothing else may read its
/// result; other batch normalizations stay.
/// </remarks>
public sealed class BatchNormFolding : IPass
{
    /// <inheritdoc/>
    public string Name => "batch normalization folding";

    /// <inheritdoc/>
    public int Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        int folded = 0;
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is BatchNorm norm && node.Inputs[0] is { Producer: { } layer } input && graph.SingleConsumer(input) is not null &&
                IsFoldable(node, layer) && graph.TryBypass(node))
            {
                Fold(graph, node, norm, layer);
                folded++;
            }
        }

        return folded;
    }

    private static bool IsFoldable(Node node, Node layer)
    {
        for (int i = 1; i < 5; i++)
        {
            if (node.Input(i) is not { IsConstant: true, Type: DataType.Float32 })
            {
                return false;
            }
        }

        return Fusable.ChannelAxis(layer) is not null && Fusable.ActivationOf(layer.Operator) == Activation.None &&
            layer.Input(1) is { IsConstant: true, Type: DataType.Float32 } && layer.Input(2) is null or { IsConstant: true, Type: DataType.Float32 };
    }

    private static void Fold(Graph graph, Node node, BatchNorm norm, Node layer)
    {
        Tensor weights = layer.Inputs[1]!;
        int axis = Fusable.ChannelAxis(layer)!.Value;
        int channels = weights.Shape[axis];
        ReadOnlySpan<float> gamma = node.Inputs[1]!.Values<float>();
        ReadOnlySpan<float> beta = node.Inputs[2]!.Values<float>();
        ReadOnlySpan<float> mean = node.Inputs[3]!.Values<float>();
        ReadOnlySpan<float> variance = node.Inputs[4]!.Values<float>();
        ReadOnlySpan<float> oldBias = layer.Input(2) is { } stated ? stated.Values<float>() : new float[channels];
        double[] scale = new double[channels];
        float[] newBias = new float[channels];
        for (int c = 0; c < channels; c++)
        {
            scale[c] = gamma[c] / Math.Sqrt((double)variance[c] + norm.Epsilon);
            newBias[c] = (float)((((double)oldBias[c] - mean[c]) * scale[c]) + beta[c]);
        }

        ReadOnlySpan<float> oldWeights = weights.Values<float>();
        float[] newWeights = new float[oldWeights.Length];
        int inner = weights.Shape.Product(axis + 1, weights.Shape.Rank);
        for (int i = 0; i < newWeights.Length; i++)
        {
            newWeights[i] = (float)(oldWeights[i] * scale[i / inner % channels]);
        }

        graph.SetInput(layer, 1, graph.Constant<float>(weights.Name, weights.Shape, newWeights));
        graph.SetInput(layer, 2, graph.Constant<float>(layer.Input(2)?.Name ?? layer.Name + "_bias", new Shape(channels), newBias));
    }
}
