using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Inputs one after the other along an axis; all other axes agree. Any data type; int8 inputs are brought to the scale of the output.</summary>
/// <param name="Axis">The axis; negative counts from the end.</param>
/// <remarks>Source: ONNX Concat-13.</remarks>
public readonly record struct Concat(int Axis) : IOperator<Concat>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = new("Concat", 24, [InputRole.Data], MinInputs: 1, Variadic: true);

    /// <inheritdoc/>
    public static Concat Read(ref AttributeReader attributes) => new(attributes.Int32("axis", -Shape.MaxRank, Shape.MaxRank - 1));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Int32(Axis);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec first = ShapeRules.Moved(shapes, 0);
        Quantization? quantization = first.Type == DataType.Int8 && shapes.Declared(0).Type == DataType.Int8 ? shapes.Declared(0).Quantization : first.Quantization;
        int rank = first.Shape.Rank;
        int axis = ShapeRules.Axis(shapes, Axis, rank);
        Span<long> sizes = stackalloc long[Shape.MaxRank];
        for (int i = 0; i < rank; i++)
        {
            sizes[i] = first.Shape[i];
        }

        for (int input = 1; input < shapes.Count; input++)
        {
            shapes.Require(shapes.Has(input), $"input {input} is left out; none may be.");
            TensorSpec spec = ShapeRules.Moved(shapes, input);
            shapes.Require(
                spec.Type == first.Type && spec.Shape.Rank == rank && spec.Shape.With(axis, first.Shape[axis]) == first.Shape,
                $"input 0 is {first} and input {input} is {spec}; type and all axes but axis {axis} must agree.");
            sizes[axis] += spec.Shape[axis];
        }

        TensorSpec output = ShapeRules.Output(shapes, first.Type, sizes[..rank], quantization);
        for (int input = 0; input < shapes.Count; input++)
        {
            if (!Quantization.Same(shapes.Input(input).Quantization, quantization))
            {
                shapes.Require(
                    first.Type == DataType.Int8,
                    $"input {input} and the output are quantized differently; only int8 may be. Requantize {first.Type.Name()} to one scale and zero point first.");
                ShapeRules.Quantized(shapes, shapes.Input(input), $"input {input}");
                ShapeRules.Quantized(shapes, output, "the output");
            }
        }

        return new OperatorPlan(output) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        int axis = AxisOf(io.OutputShape(0));
        int outputRow = Row(io.OutputShape(0), axis), at = 0, bytes = io.OutputSpec(0).Type.Size();
        for (int input = 0; input < io.InputCount; input++)
        {
            int row = Row(io.InputShape(input), axis);
            StridedCopy.Copy(
                bytes, [Rows(io.InputShape(input), axis), row], [row, 1], [outputRow, 1], io.Input<byte>(input), io.Output<byte>(0)[(at * bytes)..]);
            at += row;
        }
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => Int8ConcatKernel.Prepare(preparation, AxisOf(preparation.Output(0).Shape));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        int axis = AxisOf(io.OutputShape(0));
        int outputRow = Row(io.OutputShape(0), axis), at = 0;
        for (int input = 0; input < io.InputCount; input++)
        {
            int row = Row(io.InputShape(input), axis);
            if (io.Wants(input))
            {
                StridedCopy.Gradient(
                    io.Accumulate(input),
                    [Rows(io.InputShape(input), axis), row],
                    [outputRow, 1],
                    [row, 1],
                    io.OutputGradient(0)[at..],
                    io.InputGradient(input));
            }

            at += row;
        }
    }

    private int AxisOf(in Shape shape) => Axis < 0 ? Axis + shape.Rank : Axis;

    private static int Rows(in Shape shape, int axis) => shape.Product(0, axis);

    private static int Row(in Shape shape, int axis) => shape.Product(axis, shape.Rank);
}
