using System.Numerics;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>A function of each element by itself: <paramref name="Function"/>, whose documentation names its types. Any shape; float32, for some functions plain integers or bool, or int8 with scale and zero point.</summary>
/// <param name="Function">The function.</param>
/// <remarks>
/// Float32 is IEEE: outside a function's domain the result is NaN or infinite. The derivative at a kink (|x| at 0) and of Floor, Ceiling, Round and Sign is 0.
/// int8 is a table of 256 results on the scale the model declares; Abs, Rsqrt, Sqrt, Log and Exp have the bits of TFLite, where its Rsqrt and Sqrt refuse negative
/// values they give what they give at 0. Sources: ONNX operators of these names; TensorFlow Lite kernels/elementwise.cc, exp.cc.
/// </remarks>
public readonly record struct Unary(UnaryFunction Function) : IOperator<Unary>, IDifferentiable, IPreparable, IIntegerForward
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Unary", 32);

    /// <inheritdoc/>
    public static Unary Read(ref AttributeReader attributes) => new((UnaryFunction)attributes.Byte("function", (byte)UnaryFunction.IsInfinity));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Byte((byte)Function);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.Require(Function <= UnaryFunction.IsInfinity, $"the function is {(byte)Function}; 0 … {(byte)UnaryFunction.IsInfinity} is allowed.");
        TensorSpec input = shapes.Input(0);
        switch (Function)
        {
            case UnaryFunction.Not:
                shapes.Require(
                    input.Type == DataType.Bool || ShapeRules.IsPlainInteger(input),
                    $"the input of {Function} is {input}; bool and integers without scale are allowed.");
                return OperatorPlan.Like(input);
            case UnaryFunction.IsNaN or UnaryFunction.IsInfinity:
                shapes.RequireType(0, DataType.Float32);
                return OperatorPlan.Single(DataType.Bool, input.Shape);
            case UnaryFunction.Abs or UnaryFunction.Negate or UnaryFunction.Square or UnaryFunction.Sign when ShapeRules.IsPlainInteger(input):
                return OperatorPlan.Like(input);
            default:
                return ShapeRules.Elementwise(shapes);
        }
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        switch (io.InputSpec(0).Type)
        {
            case DataType.Float32 when Function == UnaryFunction.IsNaN:
                Scalars.Map(io.Team, default(IsNaN), io.Input(0), io.Output<byte>(0));
                break;
            case DataType.Float32 when Function == UnaryFunction.IsInfinity:
                Scalars.Map(io.Team, default(IsInfinity), io.Input(0), io.Output<byte>(0));
                break;
            case DataType.Float32:
                UnaryKernels.Forward(Function, io.Team, io.Input(0), io.Output(0));
                break;
            case DataType.Bool:
                Scalars.Map(io.Team, default(NotBool), io.Input<byte>(0), io.Output<byte>(0));
                break;
            default:
                IntegerTypes.Forward(this, io);
                break;
        }
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) =>
        UnaryKernels.SlopeIsConstant(Function) ? Keep.None : UnaryKernels.SlopeOfOutput(Function) ? Keep.Output0 : Keep.Input0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        ReadOnlySpan<float> value = UnaryKernels.SlopeIsConstant(Function) ? default : UnaryKernels.SlopeOfOutput(Function) ? io.Output(0) : io.Input(0);
        UnaryKernels.Backward(Function, io.Team, value, io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation)
    {
        UnaryFunction function = Function;
        return Int8TableKernel.Prepare(preparation, (from, to, table) => Int8Functions.Fill(function, from, to, table));
    }

    /// <inheritdoc/>
    void IIntegerForward.Integers<T>(in Buffers io)
    {
        switch (Function)
        {
            case UnaryFunction.Abs:
                Scalars.Map(io.Team, default(Abs<T>), io.Input<T>(0), io.Output<T>(0));
                break;
            case UnaryFunction.Negate:
                Scalars.Map(io.Team, default(Negate<T>), io.Input<T>(0), io.Output<T>(0));
                break;
            case UnaryFunction.Square:
                Scalars.Map(io.Team, default(Square<T>), io.Input<T>(0), io.Output<T>(0));
                break;
            case UnaryFunction.Sign:
                Scalars.Map(io.Team, default(Sign<T>), io.Input<T>(0), io.Output<T>(0));
                break;
            default:
                Scalars.Map(io.Team, default(Not<T>), io.Input<T>(0), io.Output<T>(0));
                break;
        }
    }

    private readonly struct IsNaN : IScalarUnary<float, byte>
    {
        public byte Value(float x) => float.IsNaN(x) ? (byte)1 : (byte)0;
    }

    private readonly struct IsInfinity : IScalarUnary<float, byte>
    {
        public byte Value(float x) => float.IsInfinity(x) ? (byte)1 : (byte)0;
    }

    private readonly struct NotBool : IScalarUnary<byte, byte>
    {
        public byte Value(byte x) => x == 0 ? (byte)1 : (byte)0;
    }

    private readonly struct Abs<T> : IScalarUnary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T x) => T.IsNegative(x) ? unchecked(T.Zero - x) : x;
    }

    private readonly struct Negate<T> : IScalarUnary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T x) => unchecked(T.Zero - x);
    }

    private readonly struct Square<T> : IScalarUnary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T x) => unchecked(x * x);
    }

    private readonly struct Sign<T> : IScalarUnary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T x) => T.IsNegative(x) ? unchecked(T.Zero - T.One) : T.IsZero(x) ? x : T.One;
    }

    private readonly struct Not<T> : IScalarUnary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T x) => ~x;
    }
}
