using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import;

/// <summary>Constants with other axes: weights in the order of axes that the runtime wants. Quantization that varies along an axis moves with it.</summary>
internal static class ConstantLayout
{
    /// <summary>A constant with its axes in another order.</summary>
    /// <param name="graph">Gets the constant.</param>
    /// <param name="constant">The constant.</param>
    /// <param name="permutation">Axis i of the result is axis <c>permutation[i]</c> of the constant.</param>
    public static Tensor Permute(Graph graph, Tensor constant, IntList permutation)
    {
        int axis = constant.Quantization is { Axis: >= 0 } varying ? permutation.Values.IndexOf(varying.Axis) : -1;
        byte[] data = Permutation.Apply(permutation, constant.Shape, constant.Type.Size(), constant.Data.Span);
        return graph.Constant(constant.Name, new TensorSpec(constant.Type, Permutation.Apply(permutation, constant.Shape), WithAxis(constant.Quantization, axis)), data);
    }

    /// <summary>A constant with the same elements and other axes.</summary>
    /// <param name="graph">Gets the constant.</param>
    /// <param name="constant">The constant.</param>
    /// <param name="shape">Its new shape, with as many elements.</param>
    /// <param name="quantizedAxis">The axis along which its quantization varies, if it varies.</param>
    public static Tensor Reshape(Graph graph, Tensor constant, Shape shape, int quantizedAxis = -1) =>
        graph.Constant(constant.Name, new TensorSpec(constant.Type, shape, WithAxis(constant.Quantization, quantizedAxis)), constant.Data);

    private static Quantization? WithAxis(Quantization? quantization, int axis) => quantization is null || quantization.Axis < 0
        ? quantization
        : new Quantization(quantization.Scales, quantization.ZeroPoints, axis);
}
