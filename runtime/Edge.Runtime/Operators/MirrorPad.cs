using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Surrounds the input with its own elements. Any data type; output axis a has <c>Before[a]</c> + input + <c>After[a]</c> elements.</summary>
/// <param name="Before">Elements put before each axis, at least 0; more than the axis has go on to and fro.</param>
/// <param name="After">Elements put after each axis, at least 0.</param>
/// <param name="Mode">Which elements.</param>
/// <remarks>Sources: ONNX Pad-21 (modes reflect, edge, wrap); TFLite MIRROR_PAD; numpy.pad.</remarks>
public readonly record struct MirrorPad(IntList Before, IntList After, MirrorMode Mode) : IOperator<MirrorPad>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("MirrorPad", 77);

    /// <inheritdoc/>
    public static MirrorPad Read(ref AttributeReader attributes) => new(
        IntList.Own(attributes.Int32s("before", lowest: 0)),
        IntList.Own(attributes.Int32s("after", lowest: 0)),
        (MirrorMode)attributes.Byte("mode", (byte)MirrorMode.Wrap));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32s(Before.Values);
        attributes.Int32s(After.Values);
        attributes.Byte((byte)Mode);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        int rank = input.Shape.Rank;
        shapes.Require(Mode <= MirrorMode.Wrap, $"the mode is {(byte)Mode}; 0 … {(byte)MirrorMode.Wrap} is allowed.");
        shapes.Require(
            Before.Count == rank && After.Count == rank,
            $"padding before {Before} has {Before.Count} axes and after {After} has {After.Count}, but the input {input} has {rank}; one entry for each axis is needed.");
        Span<long> sizes = stackalloc long[Shape.MaxRank];
        for (int i = 0; i < rank; i++)
        {
            shapes.Require(Before[i] >= 0 && After[i] >= 0, $"padding {Before[i]} and {After[i]} on axis {i}; at least 0 is allowed. Slice cuts elements off.");
            sizes[i] = (long)Before[i] + input.Shape[i] + After[i];
        }

        return new OperatorPlan(ShapeRules.Output(shapes, input.Type, sizes[..rank], input.Quantization)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Shape input = io.InputShape(0), output = io.OutputShape(0);
        Span<int> from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank], sizes = stackalloc int[Shape.MaxRank];
        StridedCopy.Strides(input, from);
        int first = StridedCopy.Offset(output, Before.Values, to), bytes = io.InputSpec(0).Type.Size();
        Span<byte> y = io.Output<byte>(0);
        StridedCopy.Copy(bytes, input.Axes, from, to, io.Input<byte>(0), y[(first * bytes)..]);

        // The axes from the last to the first: each plane is copied with the padding of later axes, and without that of earlier ones.
        for (int axis = input.Rank - 1; axis >= 0; axis--)
        {
            int corner = Planes(input, output, axis, to, sizes);
            for (int i = 0; i < output[axis]; i++)
            {
                int origin = Origin(axis, i, input[axis]);
                if (origin != i)
                {
                    StridedCopy.Copy(
                        bytes, sizes[..input.Rank], to, to, y[((corner + (origin * to[axis])) * bytes)..], y[((corner + (i * to[axis])) * bytes)..]);
                }
            }
        }
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

        // Back the way it came: the padding's gradient is folded into that of the elements it was copied from, the first axis first.
        Shape input = io.InputShape(0), output = io.OutputShape(0);
        Span<int> from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank], sizes = stackalloc int[Shape.MaxRank];
        StridedCopy.Strides(input, to);
        int first = StridedCopy.Offset(output, Before.Values, from);
        Span<float> dy = io.OutputGradient(0);
        for (int axis = 0; axis < input.Rank; axis++)
        {
            int corner = Planes(input, output, axis, from, sizes);
            for (int i = 0; i < output[axis]; i++)
            {
                int origin = Origin(axis, i, input[axis]);
                if (origin != i)
                {
                    StridedCopy.Gradient(true, sizes[..input.Rank], from, from, dy[(corner + (i * from[axis]))..], dy[(corner + (origin * from[axis]))..]);
                }
            }
        }

        StridedCopy.Gradient(io.Accumulate(0), input.Axes, from, to, dy[first..], io.InputGradient(0));
    }

    /// <summary>A plane across an axis: the input's elements of earlier axes, all of later ones. Returns where plane 0 begins.</summary>
    private int Planes(in Shape input, in Shape output, int axis, ReadOnlySpan<int> strides, Span<int> sizes)
    {
        int corner = 0;
        for (int i = 0; i < input.Rank; i++)
        {
            sizes[i] = i < axis ? input[i] : i == axis ? 1 : output[i];
            corner += i < axis ? Before[i] * strides[i] : 0;
        }

        return corner;
    }

    /// <summary>The output position whose element position <paramref name="at"/> repeats: itself inside the input.</summary>
    private int Origin(int axis, int at, int size)
    {
        long position = at - (long)Before[axis];
        if (position >= 0 && position < size)
        {
            return at;
        }

        long period = Mode switch { MirrorMode.Reflect => Math.Max(2L * (size - 1), 1), MirrorMode.Symmetric => 2L * size, _ => size };
        long wrapped = ((position % period) + period) % period;
        long mirrored = Mode switch
        {
            MirrorMode.Edge => position < 0 ? 0 : size - 1,
            MirrorMode.Reflect => wrapped < size ? wrapped : period - wrapped,
            MirrorMode.Symmetric => wrapped < size ? wrapped : period - 1 - wrapped,
            _ => wrapped,
        };
        return (int)(mirrored + Before[axis]);
    }
}
