using System.Numerics;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>And, or, exclusive or of two tensors, element by element, with NumPy broadcasting: of truth values for bool, of every bit for plain integers (int8, uint8, int16, int32, int64).</summary>
/// <param name="Function">The function.</param>
/// <remarks>Sources: ONNX And-7, Or-7, Xor-7, BitwiseAnd-18, BitwiseOr-18, BitwiseXor-18; TensorFlow Lite LOGICAL_AND, LOGICAL_OR, BITWISE_XOR.</remarks>
public readonly record struct Logical(LogicalFunction Function) : IOperator<Logical>
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Logical", 36, inputs: 2);

    /// <inheritdoc/>
    public static Logical Read(ref AttributeReader attributes) => new((LogicalFunction)attributes.Byte("function", (byte)LogicalFunction.Xor));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Byte((byte)Function);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.Require(Function <= LogicalFunction.Xor, $"the function is {(byte)Function}; 0 … {(byte)LogicalFunction.Xor} is allowed.");
        ShapeRules.SameTypes(shapes);
        TensorSpec left = shapes.Input(0);
        shapes.Require(left.Type == DataType.Bool || ShapeRules.IsPlainInteger(left), $"the inputs of {Function} are {left}; bool and integers without scale are allowed.");
        TensorSpec output = ShapeRules.Broadcast(shapes, left.Shape, shapes.Shape(1), left.Type);
        return new OperatorPlan(output) { InPlaceInputs = (left.Shape == output.Shape ? 1u : 0) | (shapes.Shape(1) == output.Shape ? 2u : 0) };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        switch (io.InputSpec(0).Type.Size())
        {
            case 1:
                Run<byte>(io);
                break;
            case 2:
                Run<short>(io);
                break;
            case 4:
                Run<int>(io);
                break;
            default:
                Run<long>(io);
                break;
        }
    }

    private void Run<T>(in Buffers io) where T : unmanaged, IBinaryInteger<T>
    {
        BroadcastShape shape = new(io.InputShape(0).Axes, io.InputShape(1).Axes);
        switch (Function)
        {
            case LogicalFunction.And:
                Scalars.Zip(io.Team, default(And<T>), shape, io.Input<T>(0), io.Input<T>(1), io.Output<T>(0));
                break;
            case LogicalFunction.Or:
                Scalars.Zip(io.Team, default(Or<T>), shape, io.Input<T>(0), io.Input<T>(1), io.Output<T>(0));
                break;
            default:
                Scalars.Zip(io.Team, default(Xor<T>), shape, io.Input<T>(0), io.Input<T>(1), io.Output<T>(0));
                break;
        }
    }

    private readonly struct And<T> : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right) => left & right;
    }

    private readonly struct Or<T> : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right) => left | right;
    }

    private readonly struct Xor<T> : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right) => left ^ right;
    }
}
