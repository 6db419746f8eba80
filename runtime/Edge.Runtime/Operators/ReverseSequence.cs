using System.Diagnostics.CodeAnalysis;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// The first elements of each sequence in reverse order, the rest as they are. Inputs: data of any data type, lengths [batch] (int32 or int64) → like the data. A
/// length outside 0 … size of the time axis is refused when the model runs, with <see cref="ArgumentOutOfRangeException"/>.
/// </summary>
/// <param name="BatchAxis">The axis that counts sequences; negative counts from the end.</param>
/// <param name="TimeAxis">The axis that is reversed, another one; negative counts from the end.</param>
/// <remarks>Sources: ONNX ReverseSequence-10; TFLite REVERSE_SEQUENCE.</remarks>
public readonly record struct ReverseSequence(int BatchAxis, int TimeAxis) : IOperator<ReverseSequence>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("ReverseSequence", 79, inputs: 2);

    /// <inheritdoc/>
    public static ReverseSequence Read(ref AttributeReader attributes) =>
        new(attributes.Int32("batch axis", -Shape.MaxRank, Shape.MaxRank - 1), attributes.Int32("time axis", -Shape.MaxRank, Shape.MaxRank - 1));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(BatchAxis);
        attributes.Int32(TimeAxis);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec data = ShapeRules.Moved(shapes, 0), lengths = shapes.Input(1);
        int rank = data.Shape.Rank, batch = ShapeRules.Axis(shapes, BatchAxis, rank), time = ShapeRules.Axis(shapes, TimeAxis, rank);
        Indices.Require(shapes, 1);
        shapes.Require(batch != time, $"batch and time axis are both {batch} of {data}; two axes are needed.");
        shapes.Require(lengths.Shape == new Shape(data.Shape[batch]), $"the lengths are {lengths}; [{data.Shape[batch]}] is allowed, one for each sequence of {data}.");
        return new OperatorPlan(data) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Shape shape = io.InputShape(0);
        int bytes = io.InputSpec(0).Type.Size();
        Indices lengths = new(io, 1);
        Span<int> sizes = stackalloc int[Shape.MaxRank], from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        io.Input<byte>(0).CopyTo(io.Output<byte>(0));
        for (int i = 0; i < shape[BatchAxis]; i++)
        {
            (int first, int target) = Sequence(shape, lengths, i, sizes, from, to);
            StridedCopy.Copy(bytes, sizes[..shape.Rank], from, to, io.Input<byte>(0)[(first * bytes)..], io.Output<byte>(0)[(target * bytes)..]);
        }
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Input1;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (!io.Wants(0))
        {
            return;
        }

        Shape shape = io.InputShape(0);
        Indices lengths = new(io, 1);
        Span<int> sizes = stackalloc int[Shape.MaxRank], from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        int time = TimeAxis < 0 ? TimeAxis + shape.Rank : TimeAxis;
        for (int i = 0; i < shape[BatchAxis]; i++)
        {
            (int first, int target) = Sequence(shape, lengths, i, sizes, from, to);
            StridedCopy.Gradient(io.Accumulate(0), sizes[..shape.Rank], from, to, io.OutputGradient(0)[first..], io.InputGradient(0)[target..]);

            // The rest, in its order.
            int reversed = sizes[time];
            sizes[time] = shape[time] - reversed;
            if (sizes[time] > 0)
            {
                int rest = target + (reversed * to[time]);
                StridedCopy.Gradient(io.Accumulate(0), sizes[..shape.Rank], to, to, io.OutputGradient(0)[rest..], io.InputGradient(0)[rest..]);
            }
        }
    }

    /// <summary>The box of one sequence's first elements: read from the last one backwards, written from the first one on.</summary>
    private (int First, int Target) Sequence(in Shape shape, in Indices lengths, int sequence, Span<int> sizes, Span<int> from, Span<int> to)
    {
        int batch = BatchAxis < 0 ? BatchAxis + shape.Rank : BatchAxis, time = TimeAxis < 0 ? TimeAxis + shape.Rank : TimeAxis;
        long length = lengths[sequence];
        if (length < 0 || length > shape[time])
        {
            RefuseLength(length, shape[time]);
        }

        StridedCopy.Strides(shape, from);
        StridedCopy.Strides(shape, to);
        shape.Axes.CopyTo(sizes);
        sizes[batch] = 1;
        sizes[time] = (int)length;
        int target = sequence * to[batch], first = target + (Math.Max((int)length - 1, 0) * from[time]);
        from[time] = -from[time];
        return (first, target);
    }

    [DoesNotReturn]
    private static void RefuseLength(long length, int size) =>
        throw new ArgumentOutOfRangeException(nameof(length), length, $"ReverseSequence: a length is {length}; 0 … {size} is allowed for a time axis of {size} elements.");
}
