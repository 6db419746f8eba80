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
        int rank = permutation.Count, size = constant.Type.Size();
        Span<int> sizes = stackalloc int[Shape.MaxRank], strides = stackalloc int[Shape.MaxRank], at = stackalloc int[Shape.MaxRank];
        int quantizedAxis = -1;
        for (int i = 0; i < rank; i++)
        {
            sizes[i] = constant.Shape[permutation[i]];
            strides[i] = constant.Shape.Product(permutation[i] + 1, rank) * size;
            quantizedAxis = constant.Quantization?.Axis == permutation[i] ? i : quantizedAxis;
        }

        at.Clear();
        ReadOnlySpan<byte> source = constant.Data.Span;
        byte[] data = new byte[source.Length];
        int from = 0;
        for (int to = 0; to < data.Length; to += size)
        {
            source.Slice(from, size).CopyTo(data.AsSpan(to));
            for (int axis = rank - 1; axis >= 0; axis--)
            {
                from += strides[axis];
                if (++at[axis] < sizes[axis])
                {
                    break;
                }

                from -= strides[axis] * sizes[axis];
                at[axis] = 0;
            }
        }

        return graph.Constant(constant.Name, new TensorSpec(constant.Type, new Shape(sizes[..rank]), WithAxis(constant.Quantization, quantizedAxis)), data);
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
