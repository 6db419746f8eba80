using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>The input repeated to a shape with NumPy broadcasting: axes are aligned at the last one, a missing axis or one of size 1 repeats. Any data type.</summary>
/// <param name="Sizes">The shape; −1 or 1 on an axis keeps the input's size, whatever the batch. A shape of fewer axes than the input leaves the input's first axes alone.</param>
/// <remarks>The gradient is the sum over the repetitions. Sources: ONNX Expand-13; TFLite BROADCAST_TO.</remarks>
public readonly record struct BroadcastTo(IntList Sizes) : IOperator<BroadcastTo>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("BroadcastTo", 57);

    /// <inheritdoc/>
    public static BroadcastTo Read(ref AttributeReader attributes) => new(IntList.Own(attributes.Int32s("sizes", lowest: -1)));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Int32s(Sizes.Values);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        shapes.Require(Sizes.Count <= Shape.MaxRank, $"the shape {Sizes} has {Sizes.Count} axes; at most {Shape.MaxRank} are allowed.");
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        for (int i = 0; i < Sizes.Count; i++)
        {
            shapes.Require(Sizes[i] is -1 or >= 1, $"the shape {Sizes} has size {Sizes[i]} on axis {i}; at least 1, or −1 for the input's, is allowed.");
            sizes[i] = Math.Max(Sizes[i], 1);
        }

        TensorSpec output = ShapeRules.Broadcast(shapes, input.Shape, new Shape(sizes[..Sizes.Count]), input.Type);
        return new OperatorPlan(output with { Quantization = input.Quantization }) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Shape input = io.InputShape(0), output = io.OutputShape(0);
        Span<int> from = stackalloc int[Shape.MaxRank], strides = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        StridedCopy.Strides(input, strides);
        StridedCopy.Strides(output, to);
        int missing = output.Rank - input.Rank;
        for (int i = 0; i < output.Rank; i++)
        {
            from[i] = i >= missing && input[i - missing] > 1 ? strides[i - missing] : 0;
        }

        StridedCopy.Copy(io.InputSpec(0).Type.Size(), output.Axes, from, to, io.Input<byte>(0), io.Output<byte>(0));
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (io.Wants(0))
        {
            Arithmetic.AddGradient(io.Team, io.InputShape(0), io.OutputShape(0), io.OutputGradient(0), 1, io.InputGradient(0), io.Accumulate(0));
        }
    }
}
