using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Elements of an axis picked by index. Inputs: data [B…, P…, axis, S…] of any data type, indices [B…, K…] (int32 or int64) → [B…, P…, K…, S…].
/// </summary>
/// <param name="Axis">The axis of the data; negative counts from the end.</param>
/// <param name="BatchDims">Leading axes B… that data and indices share; at most the axis.</param>
/// <param name="AllowNegative">Whether index −1 means the last element, and so on, as in ONNX. Any other index is refused when the model runs, with <see cref="ArgumentOutOfRangeException"/>.</param>
/// <remarks>The gradient of an element is the sum over the places that picked it. Sources: ONNX Gather-13; TFLite GATHER (batch_dims).</remarks>
public readonly record struct Gather(int Axis, int BatchDims = 0, bool AllowNegative = false) : IOperator<Gather>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Gather", 50, inputs: 2);

    /// <inheritdoc/>
    public static Gather Read(ref AttributeReader attributes) => new(
        attributes.Int32("axis", -Shape.MaxRank, Shape.MaxRank - 1), attributes.Int32("batch dims", 0, Shape.MaxRank - 1), attributes.Bool("allow negative"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(Axis);
        attributes.Int32(BatchDims);
        attributes.Bool(AllowNegative);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec data = ShapeRules.Moved(shapes, 0), indices = shapes.Input(1);
        Indices.Require(shapes, 1);
        int axis = ShapeRules.Axis(shapes, Axis, data.Shape.Rank);
        shapes.Require(
            BatchDims >= 0 && BatchDims <= axis && BatchDims <= indices.Shape.Rank,
            $"{BatchDims} batch axes of data {data} and indices {indices} with axis {axis}; 0 … {Math.Min(axis, indices.Shape.Rank)} are allowed.");
        Span<long> sizes = stackalloc long[2 * Shape.MaxRank];
        int rank = 0;
        for (int i = 0; i < axis; i++)
        {
            shapes.Require(
                i >= BatchDims || indices.Shape[i] == data.Shape[i], $"the data {data} and the indices {indices} share {BatchDims} batch axes; their sizes must agree.");
            sizes[rank++] = data.Shape[i];
        }

        for (int i = BatchDims; i < indices.Shape.Rank; i++)
        {
            sizes[rank++] = indices.Shape[i];
        }

        for (int i = axis + 1; i < data.Shape.Rank; i++)
        {
            sizes[rank++] = data.Shape[i];
        }

        return new OperatorPlan(ShapeRules.Output(shapes, data.Type, sizes[..rank], data.Quantization)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) =>
        Rows(io.InputShape(0), io.InputShape(1)).Gather(new Indices(io, 1), io.InputSpec(0).Type.Size(), io.Input<byte>(0), io.Output<byte>(0));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Input1;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (io.Wants(0))
        {
            Rows(io.InputShape(0), io.InputShape(1)).Scatter(new Indices(io, 1), io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));
        }
    }

    private Rows Rows(in Shape data, in Shape indices)
    {
        int axis = Axis < 0 ? Axis + data.Rank : Axis;
        return new(
            data.Product(0, BatchDims), data.Product(BatchDims, axis), data[axis], data.Product(axis + 1, data.Rank),
            indices.Product(BatchDims, indices.Rank), AllowNegative, Info.Name);
    }
}
