using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = f(a, b) with NumPy broadcasting: a missing axis or one of size 1 repeats. <paramref name="Function"/> and its types: float32; plain integers (int8, uint8, int16, int32, int64); for some functions int8 with scale and zero point.</summary>
/// <param name="Function">The function; its documentation names its types.</param>
/// <remarks>
/// Plain integers wrap around; a division by 0 gives 0, as does its rest. Where a and b are equal, Minimum and Maximum give their gradient to a.
/// Sources: ONNX Div, Min, Max, Pow, Mod, BitShift; TensorFlow Lite DIV, MINIMUM, MAXIMUM, POW, FLOOR_DIV, FLOOR_MOD, SQUARED_DIFFERENCE, ATAN2.
/// </remarks>
public readonly record struct Binary(BinaryFunction Function) : IOperator<Binary>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Binary", 34, inputs: 2);

    /// <inheritdoc/>
    public static Binary Read(ref AttributeReader attributes) => new((BinaryFunction)attributes.Byte("function", (byte)BinaryFunction.ShiftRight));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Byte((byte)Function);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.Require(Function <= BinaryFunction.ShiftRight, $"the function is {(byte)Function}; 0 … {(byte)BinaryFunction.ShiftRight} is allowed.");
        ShapeRules.SameTypes(shapes);
        TensorSpec left = shapes.Input(0);
        bool allowed = left.Type == DataType.Float32 && left.Quantization is null
            ? Function is not (BinaryFunction.ShiftLeft or BinaryFunction.ShiftRight)
            : ShapeRules.IsPlainInteger(left) && Function != BinaryFunction.Atan2;
        shapes.Require(allowed, $"the inputs are {left}, which {Function} does not take; see BinaryFunction.{Function} for its types.");
        TensorSpec output = ShapeRules.Broadcast(shapes, left.Shape, shapes.Shape(1), left.Type);
        return new OperatorPlan(output)
        {
            InPlaceInputs = (left.Shape == output.Shape ? 1u : 0) | (shapes.Shape(1) == output.Shape ? 2u : 0),
            BackwardScratchBytes = left.Type == DataType.Float32 ? output.Bytes : 0,
            OverwritesGradients = true,
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        BroadcastShape shape = new(io.InputShape(0).Axes, io.InputShape(1).Axes);
        switch (io.InputSpec(0).Type)
        {
            case DataType.Float32:
                BinaryKernels.Forward(Function, io.Team, shape, io.Input(0), io.Input(1), io.Output(0));
                break;
            case DataType.Int8:
                BinaryKernels.Integers(Function, io.Team, shape, io.Input<sbyte>(0), io.Input<sbyte>(1), io.Output<sbyte>(0));
                break;
            case DataType.UInt8:
                BinaryKernels.Integers(Function, io.Team, shape, io.Input<byte>(0), io.Input<byte>(1), io.Output<byte>(0));
                break;
            case DataType.Int16:
                BinaryKernels.Integers(Function, io.Team, shape, io.Input<short>(0), io.Input<short>(1), io.Output<short>(0));
                break;
            case DataType.Int32:
                BinaryKernels.Integers(Function, io.Team, shape, io.Input<int>(0), io.Input<int>(1), io.Output<int>(0));
                break;
            default:
                BinaryKernels.Integers(Function, io.Team, shape, io.Input<long>(0), io.Input<long>(1), io.Output<long>(0));
                break;
        }
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) =>
        (wanted & 2) == 0 && BinaryKernels.IsConstant(Function, 0, out _) ? Keep.None
        : Function == BinaryFunction.FloorDivide ? Keep.None
        : Keep.Input0 | Keep.Input1;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        BroadcastShape shape = new(io.InputShape(0).Axes, io.InputShape(1).Axes);
        Span<float> dy = io.OutputGradient(0);
        Span<float> scratch = io.Scratch<float>();
        for (int input = 0; input < 2; input++)
        {
            if (!io.Wants(input))
            {
                continue;
            }

            if (BinaryKernels.IsConstant(Function, input, out float slope))
            {
                Arithmetic.AddGradient(io.Team, io.InputShape(input), io.OutputShape(0), dy, slope, io.InputGradient(input), io.Accumulate(input));
                continue;
            }

            BinaryKernels.Slope(Function, input, io.Team, shape, io.Input(0), io.Input(1), scratch);
            Elementwise.Zip(io.Team, default(Product), scratch, dy, scratch);
            Arithmetic.AddGradient(io.Team, io.InputShape(input), io.OutputShape(0), scratch, 1, io.InputGradient(input), io.Accumulate(input));
        }
    }
}
