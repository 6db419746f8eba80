using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>
/// Makes int8 operators of float operators that stand between Dequantize and Quantize, which is how quantized ONNX models arrive. uint8 tensors become int8 ones with a
/// zero point 128 lower: the same reals.
/// </summary>
/// <remarks>
/// An int8 operator rounds as TFLite's does, so a result may lie a step beside that of float arithmetic. Operators without an int8 form stay in float. Source: TFLite 8-bit quantization
/// specification; ONNX Runtime, "Quantize ONNX models". A model that says <see cref="ExactConversions"/> is left alone: a .tflite file means the float arithmetic it writes between integers.
/// </remarks>
public sealed class QuantizedFusion : IPass
{
    /// <summary>Metadata key: with the value <c>exact</c>, float operators between Dequantize and Quantize are meant in float and stay so.</summary>
    public const string ExactConversions = "quantization.conversions";

    /// <inheritdoc/>
    public string Name => "quantized fusion";

    /// <inheritdoc/>
    public int Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        if (graph.Metadata.GetValueOrDefault(ExactConversions) == "exact" || !graph.Nodes.Any(static node => node.Operator is Quantize))
        {
            return 0;
        }

        QuantizedRewriter rewriter = new(graph);
        rewriter.Rewrite();
        if (rewriter.Fused == 0)
        {
            return 0;
        }

        new DeadNodeRemoval().Run(rewriter.Target);
        graph.TakeOver(rewriter.Target);
        return rewriter.Fused;
    }
}
