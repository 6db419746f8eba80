using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = f(a, b) with NumPy broadcasting: a missing axis or one of size 1 repeats. <paramref name="Function"/> and its types: float32; plain integers (int8, uint8, int16, int32, int64); for some functions int8 with scale and zero point.</summary>
/// <param name="Function">The function; its documentation names its types.</param>
/// <remarks>
/// Plain integers wrap around; a division by 0 gives 0, as does its rest. Where a and b are equal, Minimum and Maximum give their gradient to a.
/// Sources: ONNX Div, Min, Max, Pow, Mod, BitShift; TensorFlow Lite DIV, MINIMUM, MAXIMUM, POW, FLOOR_DIV, FLOOR_MOD, SQUARED_DIFFERENCE, ATAN2.
/// </remarks>
public readonly record struct Binary(BinaryFunction Function) : IOperator<Binary>, IDifferentiable, IPreparable, IIntegerForward
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
        if (left.Quantization is not null && Function is BinaryFunction.Divide or BinaryFunction.Minimum or BinaryFunction.Maximum or BinaryFunction.SquaredDifference)
        {
            return InferInt8(shapes);
        }

        bool allowed = left.Type == DataType.Float32
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

    private OperatorPlan InferInt8(in Shapes shapes)
    {
        ShapeRules.RequireInt8(shapes, 0);
        ShapeRules.RequireInt8(shapes, 1);
        Quantization left = shapes.Input(0).Quantization!, right = shapes.Input(1).Quantization!;
        bool ordered = Function is BinaryFunction.Minimum or BinaryFunction.Maximum;
        shapes.Require(
            !ordered || Quantization.Same(left, right),
            $"the inputs have scales {left.Scale} and {right.Scale}, zero points {left.ZeroPoint} and {right.ZeroPoint}; equal ones are allowed for {Function}. Requantize one.");
        Quantization parameters = ordered ? left : ShapeRules.DeclaredInt8(shapes);
        if (Function == BinaryFunction.Divide)
        {
            float real = Int8Quotient.Real(left, right, parameters);
            shapes.Require(
                real < 1 << Int8Quotient.MostShift,
                $"the scales of the inputs are {left.Scale} and {right.Scale}, that of the output {parameters.Scale}; a quotient below 2^{Int8Quotient.MostShift} is allowed.");
        }

        TensorSpec output = ShapeRules.Broadcast(shapes, shapes.Shape(0), shapes.Shape(1), DataType.Int8) with { Quantization = parameters };
        return new OperatorPlan(output) { InPlaceInputs = (shapes.Shape(0) == output.Shape ? 1u : 0) | (shapes.Shape(1) == output.Shape ? 2u : 0) };
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation)
    {
        if (preparation.Input(0).Quantization is not { } left)
        {
            return null;
        }

        Quantization right = preparation.Input(1).Quantization!, output = preparation.Output(0).Quantization!;
        return Function switch
        {
            BinaryFunction.Divide => new Int8ScalarKernel<Int8Quotient, sbyte>(new(left, right, output)),
            BinaryFunction.Minimum => new Int8BinaryKernel<Int8Minimum>(default),
            BinaryFunction.Maximum => new Int8BinaryKernel<Int8Maximum>(default),
            _ => new Int8BinaryKernel<Int8SquaredDifference>(new(left, right, output)),
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        if (io.InputSpec(0).Type == DataType.Float32)
        {
            BinaryKernels.Forward(Function, io.Team, new(io.InputShape(0).Axes, io.InputShape(1).Axes), io.Input(0), io.Input(1), io.Output(0));
        }
        else
        {
            IntegerTypes.Forward(this, io);
        }
    }

    /// <inheritdoc/>
    void IIntegerForward.Integers<T>(in Buffers io) =>
        BinaryKernels.Integers(Function, io.Team, new(io.InputShape(0).Axes, io.InputShape(1).Axes), io.Input<T>(0), io.Input<T>(1), io.Output<T>(0));

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
