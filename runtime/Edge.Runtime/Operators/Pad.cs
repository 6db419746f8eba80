using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Surrounds the input with a constant. Any data type; output axis a has <c>Before[a]</c> + input + <c>After[a]</c> elements.</summary>
/// <param name="Before">Elements put before each axis, at least 0.</param>
/// <param name="After">Elements put after each axis, at least 0.</param>
/// <param name="Value">The constant in real units; where the tensor is quantized it is stored as round(Value / scale) + zero point, clamped.</param>
/// <remarks>Source: ONNX Pad-13 (mode constant); TFLite PAD and PADV2.</remarks>
public readonly record struct Pad(IntList Before, IntList After, float Value = 0) : IOperator<Pad>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Pad", 25);

    /// <inheritdoc/>
    public static Pad Read(ref AttributeReader attributes) => new(
        IntList.Own(attributes.Int32s("before", lowest: 0)),
        IntList.Own(attributes.Int32s("after", lowest: 0)),
        attributes.Single("value", float.NegativeInfinity, float.PositiveInfinity));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32s(Before.Values);
        attributes.Int32s(After.Values);
        attributes.Single(Value);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        int rank = input.Shape.Rank;
        shapes.Require(
            Before.Count == rank && After.Count == rank,
            $"padding before {Before} has {Before.Count} axes and after {After} has {After.Count}, but the input {input} has {rank}; one entry for each axis is needed.");
        shapes.Require(!float.IsNaN(Value), "the value is NaN; a number is allowed.");
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
        TensorSpec spec = io.OutputSpec(0);
        Span<byte> output = io.Output<byte>(0);
        switch (spec.Type)
        {
            case DataType.Float32:
                MemoryMarshal.Cast<byte, float>(output).Fill(Value);
                break;
            case DataType.Int32:
                MemoryMarshal.Cast<byte, int>(output).Fill((int)Stored(spec.Quantization, int.MinValue, int.MaxValue));
                break;
            case DataType.Int64:
                MemoryMarshal.Cast<byte, long>(output).Fill(Stored(spec.Quantization, long.MinValue, long.MaxValue));
                break;
            case DataType.Int16:
                MemoryMarshal.Cast<byte, short>(output).Fill((short)Stored(spec.Quantization, short.MinValue, short.MaxValue));
                break;
            case DataType.Int8:
                output.Fill((byte)Stored(spec.Quantization, sbyte.MinValue, sbyte.MaxValue));
                break;
            default:
                output.Fill((byte)Stored(spec.Quantization, 0, spec.Type == DataType.Bool ? 1 : byte.MaxValue));
                break;
        }

        Shape input = io.InputShape(0);
        Span<int> from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        StridedCopy.Strides(input, from);
        int first = StridedCopy.Offset(spec.Shape, Before.Values, to);
        int bytes = spec.Type.Size();
        StridedCopy.Copy(bytes, input.Axes, from, to, io.Input<byte>(0), output[(int)Math.Min((long)first * bytes, output.Length)..]);
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (io.Wants(0))
        {
            Shape input = io.InputShape(0);
            Span<int> from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
            StridedCopy.Strides(input, to);
            int first = StridedCopy.Offset(io.OutputShape(0), Before.Values, from);
            ReadOnlySpan<float> gradient = io.OutputGradient(0);
            StridedCopy.Gradient(io.Accumulate(0), input.Axes, from, to, gradient[Math.Min(first, gradient.Length)..], io.InputGradient(0));
        }
    }

    /// <summary>The value as the tensor stores it, ties away from zero as TFLite rounds them.</summary>
    private long Stored(Quantization? quantization, long lowest, long highest)
    {
        double value = quantization is null
            ? Math.Truncate(Value)
            : Math.Round((double)Value / quantization.Scale, MidpointRounding.AwayFromZero) + quantization.ZeroPoint;
        return value <= lowest ? lowest : value >= highest ? highest : (long)value;
    }
}
