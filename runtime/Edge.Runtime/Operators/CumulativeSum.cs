using System.Numerics;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Sums along an axis up to each element. float32, plain integers (int8, uint8, int16, int32, int64), which wrap around, or int8 as TFLite.</summary>
/// <param name="Axis">The axis; negative counts from the end.</param>
/// <param name="Exclusive">Whether a sum leaves its own element out; the first is 0 then.</param>
/// <param name="Reverse">Whether it runs from the end of the axis.</param>
/// <remarks>The gradient is the sum of dy in the other direction. Sources: ONNX CumSum-14; TensorFlow Lite kernels/internal/reference/cumsum.h, whose int8 sums start at minus the input's zero point,
/// not at 0: with a zero point other than 0 the int8 result has that offset here too.</remarks>
public readonly record struct CumulativeSum(int Axis, bool Exclusive, bool Reverse) : IOperator<CumulativeSum>, IDifferentiable, IPreparable, IIntegerForward
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("CumulativeSum", 44);

    /// <inheritdoc/>
    public static CumulativeSum Read(ref AttributeReader attributes)
    {
        int axis = attributes.Int32("axis", -Shape.MaxRank, Shape.MaxRank - 1);
        bool exclusive = attributes.Bool("exclusive");
        return new CumulativeSum(axis, exclusive, attributes.Bool("reverse"));
    }

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(Axis);
        attributes.Bool(Exclusive);
        attributes.Bool(Reverse);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = shapes.Input(0);
        ShapeRules.Axis(shapes, Axis, input.Shape.Rank);
        if (ShapeRules.IsPlainInteger(input))
        {
            return OperatorPlan.Like(input);
        }

        OperatorPlan plan = ShapeRules.Elementwise(shapes);
        if (plan.Outputs[0].Quantization is { } output)
        {
            float scale = input.Quantization!.Scale;
            shapes.Require(scale / output.Scale < 1 << 19, $"the scales of input and output are {scale} and {output.Scale}; a ratio below 2^19 is allowed, as in TFLite.");
        }

        return plan;
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        if (io.InputSpec(0).Type == DataType.Float32)
        {
            Run<float, double, Floats>(default, io);
        }
        else
        {
            IntegerTypes.Forward(this, io);
        }
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        // dx may lie in the place of dy, which is read before it is written.
        Span<float> dx = io.InputGradient(0);
        ReadOnlySpan<float> dy = io.OutputGradient(0);
        CumulativeSum back = this with { Reverse = !Reverse };
        if (io.Accumulate(0))
        {
            Span<float> sums = io.OutputGradient(0);
            back.Scan<float, double, Floats>(default, io.InputShape(0), dy, sums);
            Elementwise.Copy(io.Team, sums, dx, accumulate: true);
        }
        else
        {
            back.Scan<float, double, Floats>(default, io.InputShape(0), dy, dx);
        }
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => preparation.Input(0).Quantization is { } input
        ? new Int8Kernel(this, new Quantized(input, preparation.Output(0).Quantization!))
        : null;

    /// <inheritdoc/>
    void IIntegerForward.Integers<T>(in Buffers io) => Run<T, T, Integers<T>>(default, io);

    private void Run<T, TSum, TStep>(TStep step, in Buffers io) where T : unmanaged where TSum : unmanaged where TStep : struct, IStep<T, TSum> =>
        Scan<T, TSum, TStep>(step, io.InputShape(0), io.Input<T>(0), io.Output<T>(0));

    private void Scan<T, TSum, TStep>(TStep step, Shape shape, ReadOnlySpan<T> x, Span<T> y) where T : unmanaged where TSum : unmanaged where TStep : struct, IStep<T, TSum>
    {
        int axis = Axis < 0 ? Axis + shape.Rank : Axis;
        int inner = shape.Product(axis + 1, shape.Rank), size = shape[axis], lines = shape.Product(0, axis) * inner;
        int move = Reverse ? -inner : inner;
        for (int line = 0; line < lines; line++)
        {
            (int outer, int column) = Math.DivRem(line, inner);
            int at = (outer * size * inner) + column + (Reverse ? (size - 1) * inner : 0);
            TSum sum = step.Start;
            for (int i = 0; i < size; i++, at += move)
            {
                TSum next = step.Add(sum, x[at]);
                y[at] = step.Result(Exclusive ? sum : next);
                sum = next;
            }
        }
    }

    private interface IStep<T, TSum>
    {
        TSum Start { get; }

        TSum Add(TSum sum, T x);

        T Result(TSum sum);
    }

    private readonly struct Floats : IStep<float, double>
    {
        public double Start => 0;

        public double Add(double sum, float x) => sum + x;

        public float Result(double sum) => (float)sum;
    }

    private readonly struct Integers<T> : IStep<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Start => T.Zero;

        public T Add(T sum, T x) => sum + x;

        public T Result(T sum) => sum;
    }

    // The input's multiplier is exactly 1/2: with 20 more bits, a value is scaled by 2^19.
    private readonly struct Quantized : IStep<sbyte, int>
    {
        private const int Bits = 19;
        private readonly int _inputZeroPoint;
        private readonly int _outputZeroPoint;
        private readonly int _multiplier;
        private readonly int _shift;

        public Quantized(Quantization input, Quantization output)
        {
            (_inputZeroPoint, _outputZeroPoint) = (input.ZeroPoint, output.ZeroPoint);
            (_multiplier, _shift) = FixedPoint.QuantizeMultiplier(2 * (double)input.Scale / ((1 << (Bits + 1)) * (double)output.Scale));
        }

        public int Start => -_inputZeroPoint << Bits;

        public int Add(int sum, sbyte x) => unchecked(sum + ((x - _inputZeroPoint) << Bits));

        public sbyte Result(int sum) => (sbyte)Math.Clamp(FixedPoint.Multiply(sum, _multiplier, _shift) + _outputZeroPoint, sbyte.MinValue, sbyte.MaxValue);
    }

    private sealed class Int8Kernel(CumulativeSum op, Quantized step) : IKernel
    {
        public void Forward(in Buffers io) => op.Run<sbyte, int, Quantized>(step, io);
    }
}
