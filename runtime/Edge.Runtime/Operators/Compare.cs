using System.Numerics;
using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Operators;

/// <summary>Compares two tensors element by element, with NumPy broadcasting, to bool. float32; plain integers (int8, uint8, int16, int32, int64); bool (Equal and NotEqual); int8 with scale and zero point as TFLite.</summary>
/// <param name="Comparison">The comparison.</param>
/// <remarks>Sources: ONNX Equal-19, Less-13, LessOrEqual-16, Greater-13, GreaterOrEqual-16; TensorFlow Lite kernels/comparisons.cc.</remarks>
public readonly record struct Compare(Comparison Comparison) : IOperator<Compare>, IPreparable, IIntegerForward
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Compare", 35, inputs: 2);

    /// <inheritdoc/>
    public static Compare Read(ref AttributeReader attributes) => new((Comparison)attributes.Byte("comparison", (byte)Comparison.GreaterOrEqual));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Byte((byte)Comparison);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.Require(Comparison <= Comparison.GreaterOrEqual, $"the comparison is {(byte)Comparison}; 0 … {(byte)Comparison.GreaterOrEqual} is allowed.");
        ShapeRules.SameTypes(shapes);
        TensorSpec left = shapes.Input(0);
        if (left.Quantization is not null)
        {
            for (int input = 0; input < 2; input++)
            {
                ShapeRules.RequireInt8(shapes, input);
                float scale = shapes.Input(input).Quantization!.Scale;
                shapes.Require(scale < 1 << 14, $"input {input} has scale {scale}; a scale below 2^14 is allowed.");
            }
        }

        bool allowed = left.Quantization is not null || left.Type switch
        {
            DataType.Float32 => true,
            DataType.Bool => Comparison is Comparison.Equal or Comparison.NotEqual,
            _ => ShapeRules.IsPlainInteger(left),
        };
        shapes.Require(allowed, $"the inputs of {Comparison} are {left}; float32, integers and, for Equal and NotEqual, bool are allowed.");
        return new OperatorPlan(ShapeRules.Broadcast(shapes, left.Shape, shapes.Shape(1), DataType.Bool));
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        switch (io.InputSpec(0).Type)
        {
            case DataType.Float32:
                Run<float>(io);
                break;
            case DataType.Bool:
                Run<byte>(io);
                break;
            default:
                IntegerTypes.Forward(this, io);
                break;
        }
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => preparation.Input(0).Quantization is { } left
        ? new Int8ScalarKernel<Int8Comparison, byte>(new(Comparison, left, preparation.Input(1).Quantization!))
        : null;

    /// <inheritdoc/>
    void IIntegerForward.Integers<T>(in Buffers io) => Run<T>(io);

    private void Run<T>(in Buffers io) where T : unmanaged, INumber<T>
    {
        // a > b is b < a, so four loops do.
        bool swap = Comparison is Comparison.Greater or Comparison.GreaterOrEqual;
        BroadcastShape shape = swap ? new(io.InputShape(1).Axes, io.InputShape(0).Axes) : new(io.InputShape(0).Axes, io.InputShape(1).Axes);
        ReadOnlySpan<T> left = io.Input<T>(swap ? 1 : 0), right = io.Input<T>(swap ? 0 : 1);
        Span<byte> y = io.Output<byte>(0);
        WorkerTeam team = io.Team;
        switch (Comparison)
        {
            case Comparison.Equal:
                Scalars.Zip(team, default(Equal<T>), shape, left, right, y);
                break;
            case Comparison.NotEqual:
                Scalars.Zip(team, default(NotEqual<T>), shape, left, right, y);
                break;
            case Comparison.Less or Comparison.Greater:
                Scalars.Zip(team, default(Less<T>), shape, left, right, y);
                break;
            default:
                Scalars.Zip(team, default(LessOrEqual<T>), shape, left, right, y);
                break;
        }
    }

    private readonly struct Equal<T> : IScalarBinary<T, byte> where T : unmanaged, INumber<T>
    {
        public byte Value(T left, T right) => left == right ? (byte)1 : (byte)0;
    }

    private readonly struct NotEqual<T> : IScalarBinary<T, byte> where T : unmanaged, INumber<T>
    {
        public byte Value(T left, T right) => left != right ? (byte)1 : (byte)0;
    }

    private readonly struct Less<T> : IScalarBinary<T, byte> where T : unmanaged, INumber<T>
    {
        public byte Value(T left, T right) => left < right ? (byte)1 : (byte)0;
    }

    private readonly struct LessOrEqual<T> : IScalarBinary<T, byte> where T : unmanaged, INumber<T>
    {
        public byte Value(T left, T right) => left <= right ? (byte)1 : (byte)0;
    }
}
