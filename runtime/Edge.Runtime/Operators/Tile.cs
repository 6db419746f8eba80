using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>The input several times along its axes: output axis a holds <c>Repeats[a]</c> copies of the input's, one after the other. Any data type.</summary>
/// <param name="Repeats">Copies along each axis, at least 1; the batch axis is left alone with 1.</param>
/// <remarks>The gradient is the sum over the copies. Sources: ONNX Tile-13; TFLite TILE.</remarks>
public readonly record struct Tile(IntList Repeats) : IOperator<Tile>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Tile", 56);

    /// <inheritdoc/>
    public static Tile Read(ref AttributeReader attributes) => new(IntList.Own(attributes.Int32s("repeats", lowest: 1)));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Int32s(Repeats.Values);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        int rank = input.Shape.Rank;
        shapes.Require(Repeats.Count == rank, $"repeats {Repeats} has {Repeats.Count} axes, but the input {input} has {rank}; one entry for each axis is needed.");
        Span<long> sizes = stackalloc long[Shape.MaxRank];
        for (int i = 0; i < rank; i++)
        {
            shapes.Require(Repeats[i] >= 1, $"repeats is {Repeats[i]} on axis {i}; at least 1 is allowed.");
            sizes[i] = (long)input.Shape[i] * Repeats[i];
        }

        return new OperatorPlan(ShapeRules.Output(shapes, input.Type, sizes[..rank], input.Quantization)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Span<int> sizes = stackalloc int[StridedCopy.MostAxes], from = stackalloc int[StridedCopy.MostAxes], to = stackalloc int[StridedCopy.MostAxes];
        int axes = Box(io.InputShape(0), io.OutputShape(0), sizes, from, to);
        StridedCopy.Copy(io.InputSpec(0).Type.Size(), sizes[..axes], from, to, io.Input<byte>(0), io.Output<byte>(0));
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

        Span<int> sizes = stackalloc int[StridedCopy.MostAxes], to = stackalloc int[StridedCopy.MostAxes], from = stackalloc int[StridedCopy.MostAxes];
        int axes = Box(io.InputShape(0), io.OutputShape(0), sizes, to, from);
        StridedCopy.Gradient(true, sizes[..axes], from, to, io.OutputGradient(0), gradient);
    }

    /// <summary>The output as copies × elements on every axis: in the input, copies lie at the same place.</summary>
    private int Box(in Shape input, in Shape output, Span<int> sizes, Span<int> inputStrides, Span<int> outputStrides)
    {
        Span<int> from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        StridedCopy.Strides(input, from);
        StridedCopy.Strides(output, to);
        int rank = input.Rank;
        for (int i = 0; i < rank; i++)
        {
            sizes[2 * i] = Repeats[i];
            inputStrides[2 * i] = 0;
            outputStrides[2 * i] = input[i] * to[i];
            sizes[(2 * i) + 1] = input[i];
            inputStrides[(2 * i) + 1] = from[i];
            outputStrides[(2 * i) + 1] = to[i];
        }

        return 2 * rank;
    }
}
