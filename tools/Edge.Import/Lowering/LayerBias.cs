using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import;

/// <summary>Biases that the source adds in a node of its own.</summary>
internal static class LayerBias
{
    /// <summary>Adds a bias to the last axis: inside the layer that computes the tensor where that has none yet, also through a reshape that leaves the last axis alone; else by a node.</summary>
    /// <param name="builder">The graph under construction.</param>
    /// <param name="name">The name of a node.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="bias">One value for each element of its last axis.</param>
    /// <param name="isOnlyUse">Whether nothing else of the source reads the tensor, or what the layer computes on the way to it.</param>
    public static Tensor Add(GraphBuilder builder, string name, Tensor tensor, Tensor bias, bool isOnlyUse)
    {
        Tensor made = tensor;
        while (made.Producer is { Operator: Reshape } reshape && reshape.Input(0) is { Shape.Rank: > 0 } before && before.Shape[-1] == tensor.Shape[-1])
        {
            made = before;
        }

        if (isOnlyUse && made.Producer is { } layer && TakesBias(layer) && tensor.Type == DataType.Float32 && bias is { IsConstant: true, Type: DataType.Float32, Shape.Rank: 1 } &&
            bias.Shape[0] == tensor.Shape[-1])
        {
            builder.Graph.SetInput(layer, 2, bias);
            return tensor;
        }

        return builder.Add(name, new Add(), tensor, bias);
    }

    private static bool TakesBias(Node node) => node.Input(2) is null && node.Operator switch
    {
        Conv2D conv => conv.Activation == Activation.None,
        ConvTranspose2D conv => conv.Activation == Activation.None,
        Conv3D conv => conv.Activation == Activation.None,
        ConvTranspose3D conv => conv.Activation == Activation.None,
        DepthwiseConv2D conv => conv.Activation == Activation.None,
        Dense dense => dense.Activation == Activation.None,
        _ => false,
    };
}
