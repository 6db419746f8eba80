using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>
/// Gives a layer its constant int8 weights themselves where it reads them through a Dequantize: the file keeps a quarter of the bytes, and they are dequantized once at load
/// instead of in every run. This is how models of dynamic-range quantization arrive.
/// </summary>
public sealed class WeightDequantizeFusion : IPass
{
    private const int WeightInput = 1;

    /// <inheritdoc/>
    public string Name => "weight dequantize fusion";

    /// <inheritdoc/>
    public int Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        int fused = 0;
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is not Dequantize || node.Inputs[0] is not { IsConstant: true } constant || Signed(graph, constant) is not { } weights)
            {
                continue;
            }

            foreach (Node reader in node.Output.Consumers.Distinct().ToArray())
            {
                if (Takes(reader, node.Output, weights))
                {
                    graph.SetInput(reader, WeightInput, weights);
                    fused++;
                }
            }

            if (DeadNodeRemoval.IsDead(graph, node))
            {
                graph.Remove(node);
            }
        }

        return fused;
    }

    private static bool Takes(Node reader, Tensor dequantized, Tensor weights)
    {
        if (reader.Operator is ConvTranspose2D || Fusable.ChannelAxis(reader) is not { } axis || reader.Inputs[WeightInput] != dequantized || reader.Inputs[0]!.Type != DataType.Float32)
        {
            return false;
        }

        Quantization parameters = weights.Quantization!;
        return parameters.Axis < 0 || parameters.Axis == axis;
    }

    /// <summary>The weights as int8; uint8 is moved by 128, which changes no value. Null for other types.</summary>
    private static Tensor? Signed(Graph graph, Tensor constant)
    {
        if (constant is { Type: DataType.Int8, Quantization: not null })
        {
            return constant;
        }

        if (constant is not { Type: DataType.UInt8, Quantization: { } stored })
        {
            return null;
        }

        byte[] values = [.. constant.Data.Span];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] ^= 0x80;
        }

        int[] zeroPoints = [.. stored.ZeroPoints];
        for (int i = 0; i < zeroPoints.Length; i++)
        {
            zeroPoints[i] -= 128;
        }

        return graph.Constant(constant.Name, new TensorSpec(DataType.Int8, constant.Shape, new Quantization(stored.Scales, zeroPoints, stored.Axis)), values);
    }
}
