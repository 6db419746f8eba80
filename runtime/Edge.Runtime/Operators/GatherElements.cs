using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Elements picked one by one along an axis: output[i, j, k] = data[i, index[i, j, k], k] for axis 1. Inputs: data of any data type, indices (int32 or int64) of as
/// many axes → like the indices. Negative indices count from the end; any other index beyond the axis is refused when the model runs, with
/// <see cref="ArgumentOutOfRangeException"/>.
/// </summary>
/// <param name="Axis">The axis; negative counts from the end.</param>
/// <remarks>The gradient of an element is the sum over the places that picked it. Source: ONNX GatherElements-13.</remarks>
public readonly record struct GatherElements(int Axis) : IOperator<GatherElements>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("GatherElements", 53, inputs: 2);

    /// <inheritdoc/>
    public static GatherElements Read(ref AttributeReader attributes) => new(attributes.Int32("axis", -Shape.MaxRank, Shape.MaxRank - 1));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Int32(Axis);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        LineIndex.Require(shapes, Axis);
        TensorSpec data = shapes.Input(0);
        return new OperatorPlan(ShapeRules.Output(shapes, data.Type, shapes.Shape(1), data.Quantization)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Shape data = io.InputShape(0);
        LineIndex index = new(new Indices(io, 1), io.InputShape(1), data, Axis < 0 ? Axis + data.Rank : Axis, stackalloc int[2 * Shape.MaxRank], Info.Name);
        int bytes = io.InputSpec(0).Type.Size();
        ReadOnlySpan<byte> x = io.Input<byte>(0);
        Span<byte> y = io.Output<byte>(0);
        for (int to = 0; to < y.Length; to += bytes)
        {
            x.Slice(index.Next() * bytes, bytes).CopyTo(y[to..]);
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

        Shape data = io.InputShape(0);
        LineIndex index = new(new Indices(io, 1), io.InputShape(1), data, Axis < 0 ? Axis + data.Rank : Axis, stackalloc int[2 * Shape.MaxRank], Info.Name);
        Span<float> gradient = io.InputGradient(0);
        if (!io.Accumulate(0))
        {
            gradient.Clear();
        }

        foreach (float dy in io.OutputGradient(0))
        {
            gradient[index.Next()] += dy;
        }
    }
}
