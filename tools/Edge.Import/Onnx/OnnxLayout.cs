using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Between ONNX's layout, channels behind the batch, and the runtime's, channels last. A compiler pass removes what cancels.</summary>
internal static class OnnxLayout
{
    /// <summary>The permutation from [N, C, ...] to [N, ..., C].</summary>
    public static IntList ToLast(int rank) => IntList.Create([0, .. Enumerable.Range(2, rank - 2), 1]);

    /// <summary>The permutation from [N, ..., C] to [N, C, ...].</summary>
    public static IntList FromLast(int rank) => IntList.Create([0, rank - 1, .. Enumerable.Range(1, rank - 2)]);

    /// <summary>[N, C, ...] as [N, ..., C].</summary>
    public static Tensor ChannelsLast(OnnxNode node, Tensor tensor) => tensor.Shape.Rank < 3
        ? tensor
        : node.Builder.Add(node.Name + "_nhwc", new Transpose(ToLast(tensor.Shape.Rank)), tensor);

    /// <summary>[N, ..., C] as [N, C, ...].</summary>
    public static Tensor ChannelsSecond(OnnxNode node, Tensor tensor) => tensor.Shape.Rank < 3
        ? tensor
        : node.Builder.Add(node.Name, new Transpose(FromLast(tensor.Shape.Rank)), tensor);

    /// <summary>[N, C, W] or [N, C, H, W] as [N, H, W, C], where H is 1 if there is none.</summary>
    public static Tensor Picture(OnnxNode node, Tensor tensor)
    {
        Tensor last = ChannelsLast(node, tensor);
        return last.Shape.Rank == 3 ? node.Builder.Reshape(node.Name + "_2d", last, new Shape(last.Shape[0], 1, last.Shape[1], last.Shape[2])) : last;
    }

    /// <summary>[N, H, W, C] in the layout and with the number of axes that the node has.</summary>
    public static Tensor FromPicture(OnnxNode node, Tensor picture, int rank) => ChannelsSecond(
        node,
        rank == 3 ? node.Builder.Reshape(node.Name + "_1d", picture, new Shape(picture.Shape[0], picture.Shape[2], picture.Shape[3])) : picture);

    /// <summary>Axes of a tensor in another order: at once for a constant and for the constant behind a dequantization, else by a node.</summary>
    public static Tensor Permute(OnnxNode node, Tensor tensor, IntList permutation)
    {
        if (IsOrdered(permutation))
        {
            return tensor;
        }

        if (tensor.IsConstant)
        {
            return node.Converter.Permuted(tensor, permutation);
        }

        return tensor.Producer is { Operator: Dequantize } producer && producer.Input(0) is { IsConstant: true } stored
            ? node.Builder.Add(tensor.Name, new Dequantize(), node.Converter.Permuted(stored, permutation))
            : node.Builder.Add(node.Name + "_permuted", new Transpose(permutation), tensor);
    }

    /// <summary>Weights with other axes: at once for a constant and for the constant behind a dequantization, else by a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="tensor">The weights.</param>
    /// <param name="shape">Their new shape.</param>
    /// <param name="quantizedAxis">The axis along which their quantization varies, if it varies.</param>
    public static Tensor Reshape(OnnxNode node, Tensor tensor, Shape shape, int quantizedAxis)
    {
        if (tensor.Shape == shape)
        {
            return tensor;
        }

        if (tensor.IsConstant)
        {
            return ConstantLayout.Reshape(node.Builder.Graph, tensor, shape, quantizedAxis);
        }

        return tensor.Producer is { Operator: Dequantize } producer && producer.Input(0) is { IsConstant: true } stored
            ? node.Builder.Add(tensor.Name, new Dequantize(), ConstantLayout.Reshape(node.Builder.Graph, stored, shape, quantizedAxis))
            : node.Builder.Add(node.Name + "_reshaped", new Reshape(IntList.Create(shape.Axes)), tensor);
    }

    private static bool IsOrdered(IntList permutation)
    {
        for (int i = 0; i < permutation.Count; i++)
        {
            if (permutation[i] != i)
            {
                return false;
            }
        }

        return true;
    }
}
