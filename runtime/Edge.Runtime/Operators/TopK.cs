using System.Numerics;
using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>The largest (or smallest) elements along an axis, best first, and their positions. Outputs: values like the input with <paramref name="K"/> elements on the axis, positions of the same shape, int32 or int64 as the model declares. float32, plain integers, int8 with scale and zero point.</summary>
/// <param name="K">How many; at least 1, at most the size of the axis.</param>
/// <param name="Axis">The axis; negative counts from the end.</param>
/// <param name="Largest">Whether the largest elements are wanted.</param>
/// <param name="Sorted">Whether the order matters; it is best first in either case.</param>
/// <remarks>Of equal elements the first comes first. The gradient goes to the elements taken. Sources: ONNX TopK-11; TensorFlow Lite kernels/topk_v2.cc.</remarks>
public readonly record struct TopK(int K, int Axis, bool Largest, bool Sorted) : IOperator<TopK>, IDifferentiable, IIntegerForward
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("TopK", 43, outputs: 2);

    /// <inheritdoc/>
    public static TopK Read(ref AttributeReader attributes)
    {
        int k = attributes.Int32("k", 1);
        int axis = attributes.Int32("axis", -Shape.MaxRank, Shape.MaxRank - 1);
        bool largest = attributes.Bool("largest");
        return new TopK(k, axis, largest, attributes.Bool("sorted"));
    }

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(K);
        attributes.Int32(Axis);
        attributes.Bool(Largest);
        attributes.Bool(Sorted);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        shapes.Require(input.Type != DataType.Bool, $"the input is {input}; float32 and integers are allowed.");
        int axis = ShapeRules.Axis(shapes, Axis, input.Shape.Rank);
        shapes.Require(K >= 1 && K <= input.Shape[axis], $"k is {K}, and axis {axis} of the input {input} has {input.Shape[axis]} elements; 1 … {input.Shape[axis]} is allowed.");
        TensorSpec declared = shapes.Declared(1);
        shapes.Require(declared.Type is DataType.Int32 or DataType.Int64, $"the model declares the positions {declared}; int32 and int64 are allowed.");
        Shape output = input.Shape.With(axis, K);
        return new OperatorPlan(input with { Shape = output }, ShapeRules.Output(shapes, declared.Type, output)) { ScratchBytes = checked(K * sizeof(int)) };
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
    public Keep Keeps(uint wanted) => Keep.Output1;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        Shape shape = io.InputShape(0);
        int axis = Axis < 0 ? Axis + shape.Rank : Axis;
        int inner = shape.Product(axis + 1, shape.Rank), size = shape[axis];
        ReadOnlySpan<float> dy = io.OutputGradient(0);
        Span<float> dx = io.InputGradient(0);
        ReadOnlySpan<byte> positions = MemoryMarshal.AsBytes(io.Output(1));
        bool narrow = positions.Length == dy.Length * sizeof(int);
        for (int i = 0; i < dy.Length; i++)
        {
            int position = narrow ? MemoryMarshal.Cast<byte, int>(positions)[i] : (int)MemoryMarshal.Cast<byte, long>(positions)[i];
            int outer = i / (K * inner);
            dx[(((outer * size) + position) * inner) + (i % inner)] += dy[i];
        }
    }

    /// <inheritdoc/>
    void IIntegerForward.Integers<T>(in Buffers io) => Find<T>(io);

    private void Find<T>(in Buffers io) where T : unmanaged, INumber<T>
    {
        if (io.OutputSpec(1).Type == DataType.Int32)
        {
            Find<T, int>(io.InputShape(0), io.Input<T>(0), io.Output<T>(0), io.Output<int>(1), io.Scratch<int>()[..K]);
        }
        else
        {
            Find<T, long>(io.InputShape(0), io.Input<T>(0), io.Output<T>(0), io.Output<long>(1), io.Scratch<int>()[..K]);
        }
    }

    private void Find<T, TIndex>(Shape shape, ReadOnlySpan<T> x, Span<T> values, Span<TIndex> positions, Span<int> best)
        where T : unmanaged, INumber<T> where TIndex : unmanaged, INumber<TIndex>
    {
        int axis = Axis < 0 ? Axis + shape.Rank : Axis;
        int inner = shape.Product(axis + 1, shape.Rank), size = shape[axis], lines = shape.Product(0, axis) * inner;
        for (int line = 0; line < lines; line++)
        {
            (int outer, int column) = Math.DivRem(line, inner);
            ReadOnlySpan<T> from = x[((outer * size * inner) + column)..];
            Line(from, inner, size, best);
            int to = (outer * K * inner) + column;
            foreach (int position in best)
            {
                values[to] = from[position * inner];
                positions[to] = TIndex.CreateTruncating(position);
                to += inner;
            }
        }
    }

    // Best first, each later element inserted behind those that are as good: most elements of a long line are worse than all that are kept.
    private void Line<T>(ReadOnlySpan<T> x, int step, int size, Span<int> best) where T : unmanaged, INumber<T>
    {
        int count = 0;
        for (int i = 0; i < size; i++)
        {
            T value = x[i * step];
            if (count == best.Length && !Before(value, x[best[count - 1] * step]))
            {
                continue;
            }

            int low = 0, high = count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (Before(value, x[best[middle] * step]))
                {
                    high = middle;
                }
                else
                {
                    low = middle + 1;
                }
            }

            count = Math.Min(count + 1, best.Length);
            best[low..(count - 1)].CopyTo(best[(low + 1)..]);
            best[low] = i;
        }
    }

    private bool Before<T>(T left, T right) where T : unmanaged, INumber<T> => Largest ? left > right : left < right;
}
