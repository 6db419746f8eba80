using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>A box of the input: along axis a, <c>Size[a]</c> elements from <c>Begin[a]</c> on. Any data type.</summary>
/// <param name="Begin">First element of each axis.</param>
/// <param name="Size">Elements of each axis; −1: all that follow. The batch axis is left whole with begin 0 and size −1.</param>
/// <remarks>Source: TensorFlow Slice.</remarks>
public readonly record struct Slice(IntList Begin, IntList Size) : IOperator<Slice>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Slice", 31);

    /// <inheritdoc/>
    public static Slice Read(ref AttributeReader attributes) =>
        new(IntList.Own(attributes.Int32s("begin", lowest: 0)), IntList.Own(attributes.Int32s("size", lowest: -1)));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32s(Begin.Values);
        attributes.Int32s(Size.Values);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        int rank = input.Shape.Rank;
        shapes.Require(
            Begin.Count == rank && Size.Count == rank,
            $"begin {Begin} has {Begin.Count} axes and size {Size} has {Size.Count}, but the input {input} has {rank}; one entry for each axis is needed.");
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        for (int i = 0; i < rank; i++)
        {
            int length = input.Shape[i];
            shapes.Require(Begin[i] >= 0 && Begin[i] < length, $"begin is {Begin[i]} on axis {i} of {input}; 0 … {length - 1} is allowed.");
            int left = length - Begin[i];
            sizes[i] = Size[i] == -1 ? left : Size[i];
            shapes.Require(sizes[i] >= 1 && sizes[i] <= left, $"size is {Size[i]} on axis {i} of {input} from {Begin[i]} on; 1 … {left}, or −1 for the rest, is allowed.");
        }

        return new OperatorPlan(new TensorSpec(input.Type, new Shape(sizes[..rank]), input.Quantization)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Shape output = io.OutputShape(0);
        Span<int> from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        StridedCopy.Strides(output, to);
        int first = StridedCopy.Offset(io.InputShape(0), Begin.Values, from);
        int bytes = io.InputSpec(0).Type.Size();
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

        Shape output = io.OutputShape(0);
        Span<int> from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        StridedCopy.Strides(output, from);
        int first = StridedCopy.Offset(io.InputShape(0), Begin.Values, to);
        Span<float> gradient = io.InputGradient(0);
        if (!io.Accumulate(0))
        {
            gradient.Clear();
        }

        StridedCopy.Gradient(io.Accumulate(0), output.Axes, from, to, io.OutputGradient(0), gradient[first..]);
    }
}
