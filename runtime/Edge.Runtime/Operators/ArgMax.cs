using System.Numerics;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>The position of the largest (or smallest) element along an axis, int32 or int64 as the model declares. float32, any integers, int8 with scale and zero point.</summary>
/// <param name="Axis">The axis; negative counts from the end.</param>
/// <param name="KeepDims">Whether the axis stays, with size 1.</param>
/// <param name="SelectLast">Whether of equal elements the last one is taken instead of the first.</param>
/// <param name="Minimum">Whether the smallest element is looked for.</param>
/// <remarks>A NaN is neither above nor below anything, so it is taken only in the first place. Sources: ONNX ArgMax-13, ArgMin-13; TensorFlow Lite kernels/internal/reference/arg_min_max.h.</remarks>
public readonly record struct ArgMax(int Axis, bool KeepDims, bool SelectLast, bool Minimum) : IOperator<ArgMax>, IIntegerForward
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("ArgMax", 42);

    /// <inheritdoc/>
    public static ArgMax Read(ref AttributeReader attributes)
    {
        int axis = attributes.Int32("axis", -Shape.MaxRank, Shape.MaxRank - 1);
        bool keepDims = attributes.Bool("keepDims");
        bool selectLast = attributes.Bool("selectLast");
        return new ArgMax(axis, keepDims, selectLast, attributes.Bool("minimum"));
    }

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(Axis);
        attributes.Bool(KeepDims);
        attributes.Bool(SelectLast);
        attributes.Bool(Minimum);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        shapes.Require(input.Type != DataType.Bool, $"the input is {input}; float32 and integers are allowed.");
        int axis = ShapeRules.Axis(shapes, Axis, input.Shape.Rank);
        TensorSpec declared = shapes.Declared(0);
        shapes.Require(declared.Type is DataType.Int32 or DataType.Int64, $"the model declares the output {declared}; int32 and int64 are allowed.");
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        int rank = 0;
        for (int i = 0; i < input.Shape.Rank; i++)
        {
            if (i != axis || KeepDims)
            {
                sizes[rank++] = i == axis ? 1 : input.Shape[i];
            }
        }

        return new OperatorPlan(ShapeRules.Output(shapes, declared.Type, new Shape(sizes[..rank])));
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        if (io.InputSpec(0).Type == DataType.Float32)
        {
            Find<float>(io);
        }
        else
        {
            IntegerTypes.Forward(this, io);
        }
    }

    /// <inheritdoc/>
    void IIntegerForward.Integers<T>(in Buffers io) => Find<T>(io);

    private void Find<T>(in Buffers io) where T : unmanaged, INumber<T>
    {
        if (io.OutputSpec(0).Type == DataType.Int32)
        {
            Find<T, int>(io.InputShape(0), io.Input<T>(0), io.Output<int>(0));
        }
        else
        {
            Find<T, long>(io.InputShape(0), io.Input<T>(0), io.Output<long>(0));
        }
    }

    private void Find<T, TIndex>(Shape shape, ReadOnlySpan<T> x, Span<TIndex> y) where T : unmanaged, INumber<T> where TIndex : unmanaged, INumber<TIndex>
    {
        int axis = Axis < 0 ? Axis + shape.Rank : Axis;
        int size = shape[axis], inner = shape.Product(axis + 1, shape.Rank);
        for (int i = 0; i < y.Length; i++)
        {
            // Outer and inner index of the result; its elements are inner apart.
            (int outer, int column) = Math.DivRem(i, inner);
            int start = (outer * size * inner) + column;
            T best = x[start];
            int index = 0;
            for (int k = 1, at = start + inner; k < size; k++, at += inner)
            {
                T value = x[at];
                bool better = Minimum ? value < best : value > best;
                if (better || (SelectLast && value == best))
                {
                    best = value;
                    index = k;
                }
            }

            y[i] = TIndex.CreateTruncating(index);
        }
    }
}
