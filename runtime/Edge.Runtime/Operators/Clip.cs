using System.Numerics;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = min(max(x, <paramref name="Minimum"/>), <paramref name="Maximum"/>), element by element. Any shape; float32, plain integers (int8, uint8, int16, int32, int64), or int8 or int16 with scale and zero point. NaN stays NaN.</summary>
/// <param name="Minimum">Lower bound; −∞ for none.</param>
/// <param name="Maximum">Upper bound, not below <paramref name="Minimum"/>; +∞ for none.</param>
/// <remarks>
/// Integers take the integers between the bounds; for bounds beyond 2²⁴ that float32 does not hold, use <see cref="BinaryFunction.Minimum"/> with a constant.
/// int8 is rescaled as TFLite's relu family does. The derivative at a bound is 0. Sources: ONNX Clip-13; TensorFlow Lite RELU_0_TO_1.
/// </remarks>
public readonly record struct Clip(float Minimum, float Maximum) : IOperator<Clip>, IDifferentiable, IPreparable, IIntegerForward
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Clip", 38);

    /// <inheritdoc/>
    public static Clip Read(ref AttributeReader attributes)
    {
        float minimum = attributes.Single("minimum", float.NegativeInfinity, float.PositiveInfinity);
        return new Clip(minimum, attributes.Single("maximum", minimum, float.PositiveInfinity));
    }

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Single(Minimum);
        attributes.Single(Maximum);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.Require(Minimum <= Maximum, $"the bounds are {Minimum} and {Maximum}; numbers in this order are allowed.");
        TensorSpec input = shapes.Input(0);
        if (!ShapeRules.IsPlainInteger(input))
        {
            return ShapeRules.Elementwise(shapes, mayBeInt16: true);
        }

        shapes.Require(
            MathF.Ceiling(Minimum) <= MathF.Floor(Maximum), $"the bounds are {Minimum} and {Maximum}, the input is {input}; at least one integer between them is needed.");
        return OperatorPlan.Like(input);
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        if (io.InputSpec(0).Type == DataType.Float32)
        {
            Elementwise.Map(io.Team, new Kernel(Minimum, Maximum), io.Input(0), io.Output(0));
        }
        else
        {
            IntegerTypes.Forward(this, io);
        }
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Output0;

    /// <inheritdoc/>
    public void Backward(in Gradients io) =>
        Elementwise.Zip(io.Team, new Slope(Minimum, Maximum), io.Output(0), io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation)
    {
        (float low, float high) = (Minimum, Maximum);
        return Int16Unary.Clamp(preparation, low, high) ?? Int8TableKernel.Prepare(
            preparation, (from, to, table) => Int8Table.FillClamp(low, high, from.Scale, from.ZeroPoint, to.Scale, to.ZeroPoint, table));
    }

    /// <inheritdoc/>
    void IIntegerForward.Integers<T>(in Buffers io) =>
        Scalars.Map(io.Team, new Integer<T>(T.CreateSaturating(MathF.Ceiling(Minimum)), T.CreateSaturating(MathF.Floor(Maximum))), io.Input<T>(0), io.Output<T>(0));

    private readonly struct Kernel(float low, float high) : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x) => Arithmetic.Clamp(x, low, high);
    }

    private readonly struct Slope(float low, float high) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> y, Vector<float> dy) => Vector.ConditionalSelect(
            Vector.GreaterThan(y, new Vector<float>(low)) & Vector.LessThan(y, new Vector<float>(high)), dy, Vector<float>.Zero);
    }

    private readonly struct Integer<T>(T low, T high) : IScalarUnary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T x) => x < low ? low : x > high ? high : x;
    }
}
