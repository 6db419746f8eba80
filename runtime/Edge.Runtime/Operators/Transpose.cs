using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Axes in another order: axis i of the output is axis <c>Permutation[i]</c> of the input. Any data type.</summary>
/// <param name="Permutation">Every axis of the input once.</param>
/// <remarks>Source: ONNX Transpose-13.</remarks>
public readonly record struct Transpose(IntList Permutation) : IOperator<Transpose>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Transpose", 23);

    /// <inheritdoc/>
    public static Transpose Read(ref AttributeReader attributes) =>
        new(IntList.Own(attributes.Int32s("permutation", lowest: 0, highest: Shape.MaxRank - 1)));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Int32s(Permutation.Values);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        int rank = input.Shape.Rank;
        shapes.Require(Permutation.Count == rank, $"the permutation {Permutation} has {Permutation.Count} axes, but the input {input} has {rank}.");
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        uint seen = 0;
        for (int i = 0; i < rank; i++)
        {
            int axis = Permutation[i];
            shapes.Require(
                axis >= 0 && axis < rank && (seen & (1u << axis)) == 0, $"the permutation {Permutation} does not name each of the axes 0 … {rank - 1} once.");
            seen |= 1u << axis;
            sizes[i] = input.Shape[axis];
        }

        return new OperatorPlan(ShapeRules.Output(shapes, input.Type, new Shape(sizes[..rank]), input.Quantization)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Shape output = io.OutputShape(0);
        Span<int> from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        Strides(io.InputShape(0), output, from, to);
        StridedCopy.Copy(io.InputSpec(0).Type.Size(), output.Axes, from, to, io.Input<byte>(0), io.Output<byte>(0));
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (io.Wants(0))
        {
            Shape output = io.OutputShape(0);
            Span<int> from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
            Strides(io.InputShape(0), output, from, to);
            StridedCopy.Gradient(io.Accumulate(0), output.Axes, to, from, io.OutputGradient(0), io.InputGradient(0));
        }
    }

    /// <summary>Strides in input and output along the axes of the output.</summary>
    private void Strides(in Shape input, in Shape output, Span<int> inputStrides, Span<int> outputStrides)
    {
        Span<int> strides = stackalloc int[Shape.MaxRank];
        StridedCopy.Strides(input, strides);
        StridedCopy.Strides(output, outputStrides);
        for (int i = 0; i < output.Rank; i++)
        {
            inputStrides[i] = strides[Permutation[i]];
        }
    }
}
