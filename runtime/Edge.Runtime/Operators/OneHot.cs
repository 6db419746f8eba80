using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// A new axis of zeros and a one: output[…, k, …] = on where k is the index, else off. Inputs: indices (int32, int64, or float32 whose fraction is dropped), the on
/// value and the off value (one element each, any data type, which is the output's).
/// </summary>
/// <param name="Depth">Size of the new axis, at least 1.</param>
/// <param name="Axis">Where the output has it; negative counts from the end (−1: last).</param>
/// <param name="AllowNegative">Whether index −1 means the last element, and so on, as in ONNX. An index beyond gives nothing but off values.</param>
/// <remarks>Sources: ONNX OneHot-11; TFLite ONE_HOT.</remarks>
public readonly record struct OneHot(int Depth, int Axis = -1, bool AllowNegative = false) : IOperator<OneHot>
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("OneHot", 67, inputs: 3);

    /// <inheritdoc/>
    public static OneHot Read(ref AttributeReader attributes) =>
        new(attributes.Int32("depth", 1), attributes.Int32("axis", -Shape.MaxRank, Shape.MaxRank - 1), attributes.Bool("allow negative"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(Depth);
        attributes.Int32(Axis);
        attributes.Bool(AllowNegative);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        Indices.Require(shapes, 0, real: true);
        Shape indices = shapes.Shape(0);
        TensorSpec on = ShapeRules.Moved(shapes, 1), off = ShapeRules.Moved(shapes, 2);
        shapes.Require(
            on.Type == off.Type && Quantization.Same(on.Quantization, off.Quantization) && on.Shape.ElementCount == 1 && off.Shape.ElementCount == 1,
            $"the on value is {on} and the off value {off}; one element of the same type each, with the same scale and zero point where they have them, is allowed.");
        shapes.Require(Depth >= 1, $"the depth is {Depth}; at least 1 is allowed.");
        int axis = ShapeRules.Axis(shapes, Axis, indices.Rank + 1);
        Span<long> sizes = stackalloc long[Shape.MaxRank + 1];
        for (int i = 0; i <= indices.Rank; i++)
        {
            sizes[i] = i == axis ? Depth : indices[i < axis ? i : i - 1];
        }

        return new OperatorPlan(ShapeRules.Output(shapes, on.Type, sizes[..(indices.Rank + 1)], on.Quantization));
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Shape shape = io.InputShape(0), output = io.OutputShape(0);
        int axis = Axis < 0 ? Axis + output.Rank : Axis, inner = shape.Product(axis, shape.Rank), count = shape.ElementCount, bytes = io.OutputSpec(0).Type.Size();
        ReadOnlySpan<byte> on = io.Input<byte>(1);
        Span<byte> y = io.Output<byte>(0);
        StridedCopy.Copy(bytes, [output.ElementCount], [0], [1], io.Input<byte>(2), y);
        Indices indices = new(io, 0);
        for (int i = 0; i < count; i++)
        {
            long index = indices[i];
            index += AllowNegative && index < 0 ? Depth : 0;
            if (index >= 0 && index < Depth)
            {
                (int outer, int place) = Math.DivRem(i, inner);
                on.CopyTo(y[((((outer * Depth) + (int)index) * inner + place) * bytes)..]);
            }
        }
    }
}
