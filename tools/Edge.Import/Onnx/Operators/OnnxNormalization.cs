using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Normalizations.</summary>
internal static class OnnxNormalization
{
    private const float Epsilon = 1e-5f;

    public static IEnumerable<OnnxOperator> Table =>
    [
        OnnxOperator.Many("BatchNormalization", OperatorSupport.Supported, "BatchNorm", static node => [BatchNormalization(node)]),
    ];

    private static Tensor BatchNormalization(OnnxNode node)
    {
        Tensor x = node.Input(0);
        node.Require(!node.Flag("training_mode"), "training_mode is 1; a model for inference is needed. Export it in evaluation mode.");
        Tensor last = x.Shape.Rank == 2 ? x : OnnxLayout.ChannelsLast(node, x);
        Tensor y = node.Builder.Add(
            node.Name, new BatchNorm(node.Float("epsilon", Epsilon), node.Float("momentum", 0.9f)), last, node.Input(1), node.Input(2), node.Input(3), node.Input(4));
        return x.Shape.Rank == 2 ? y : OnnxLayout.ChannelsSecond(node, y);
    }
}
