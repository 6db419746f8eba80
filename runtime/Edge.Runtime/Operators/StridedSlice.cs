using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Every n-th element of a box, also backwards: output[i, …] = input[begin + i · stride, …] along every axis. Any data type.</summary>
/// <param name="Begin">First element of each axis; negative counts from the end (−1: the last one).</param>
/// <param name="Count">Elements of each output axis; −1: all that follow in the stride's direction, whatever the size of the axis.</param>
/// <param name="Stride">Distance between elements on each axis, not 0; negative walks towards the front, so begin −1, count −1, stride −1 reverses an axis.</param>
/// <remarks>Sources: ONNX Slice-13; TFLite STRIDED_SLICE, REVERSE_V2.</remarks>
public readonly record struct StridedSlice(IntList Begin, IntList Count, IntList Stride) : IOperator<StridedSlice>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("StridedSlice", 68);

    /// <inheritdoc/>
    public static StridedSlice Read(ref AttributeReader attributes) =>
        new(IntList.Own(attributes.Int32s("begin")), IntList.Own(attributes.Int32s("count", lowest: -1)), IntList.Own(attributes.Int32s("stride")));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32s(Begin.Values);
        attributes.Int32s(Count.Values);
        attributes.Int32s(Stride.Values);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        int rank = input.Shape.Rank;
        shapes.Require(
            Begin.Count == rank && Count.Count == rank && Stride.Count == rank,
            $"begin {Begin}, count {Count} and stride {Stride} have {Begin.Count}, {Count.Count} and {Stride.Count} axes, but the input {input} has {rank}; one entry for each axis is needed.");
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        for (int i = 0; i < rank; i++)
        {
            int length = input.Shape[i];
            shapes.Require(Stride[i] != 0, $"stride is 0 on axis {i}; any other integer is allowed.");
            shapes.Require(Begin[i] >= -length && Begin[i] < length, $"begin is {Begin[i]} on axis {i} of {input}; {-length} … {length - 1} is allowed.");
            int begin = Begin[i] < 0 ? Begin[i] + length : Begin[i];
            long most = (Stride[i] > 0 ? (length - 1 - begin) / (long)Stride[i] : begin / -(long)Stride[i]) + 1;
            long size = Count[i] == -1 ? most : Count[i];
            shapes.Require(
                size >= 1 && size <= most, $"count is {Count[i]} on axis {i} of {input} from {begin} on with stride {Stride[i]}; 1 … {most}, or −1 for all, is allowed.");
            sizes[i] = (int)size;
        }

        return new OperatorPlan(new TensorSpec(input.Type, new Shape(sizes[..rank]), input.Quantization)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Shape output = io.OutputShape(0);
        Span<int> from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        StridedCopy.Strides(output, to);
        int first = First(io.InputShape(0), from), bytes = io.InputSpec(0).Type.Size();
        StridedCopy.Copy(bytes, output.Axes, from, to, io.Input<byte>(0)[(first * bytes)..], io.Output<byte>(0));
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (!io.Wants(0))
        {
            return;
        }

        Span<float> gradient = io.InputGradient(0);
        if (!io.Accumulate(0))
        {
            gradient.Clear();
        }

        Shape output = io.OutputShape(0);
        Span<int> from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        StridedCopy.Strides(output, from);
        int first = First(io.InputShape(0), to);
        StridedCopy.Gradient(io.Accumulate(0), output.Axes, from, to, io.OutputGradient(0), gradient[first..]);
    }

    /// <summary>Where the first element lies, and how far apart neighbours are.</summary>
    private int First(in Shape input, Span<int> strides)
    {
        StridedCopy.Strides(input, strides);
        int first = 0;
        for (int i = 0; i < input.Rank; i++)
        {
            first += (Begin[i] < 0 ? Begin[i] + input[i] : Begin[i]) * strides[i];

            // An axis of one element takes no step, and a stride beyond the axis would overflow.
            strides[i] = Math.Abs((long)Stride[i]) < input[i] ? strides[i] * Stride[i] : 0;
        }

        return first;
    }
}
