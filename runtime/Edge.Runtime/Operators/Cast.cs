using System.Numerics;
using System.Numerics.Tensors;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>The same values in another data type: float32, int8, uint8, int16, int32, int64 (without scale) or bool to any of them; the model declares which.</summary>
/// <remarks>
/// float32 to integers truncates toward zero, saturates at the bounds of the type, and NaN becomes 0. Integers to smaller integers wrap around, integers to
/// float32 round to the nearest. To bool: whether the value is not 0. Tensors with scale and zero point are converted by <see cref="Quantize"/>,
/// <see cref="Dequantize"/> and <see cref="Requantize"/> instead. Sources: ONNX Cast-13; TensorFlow Lite kernels/cast.cc.
/// </remarks>
public readonly record struct Cast : IOperator<Cast>
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Cast", 39);

    /// <inheritdoc/>
    public static Cast Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = shapes.Input(0), declared = shapes.Declared(0);
        shapes.Require(input.Type.Size() > 0, $"the input is {input}; its type is not supported.");
        shapes.Require(declared.Type.Size() > 0, $"the model declares the output {declared}; float32, int8, uint8, int16, int32, int64 and bool are allowed.");
        shapes.Require(
            input.Quantization is null && declared.Quantization is null,
            $"the input is {input}, the declared output {declared}, with scale and zero point; tensors without them are allowed. Use Quantize, Dequantize or Requantize.");
        TensorSpec output = ShapeRules.Output(shapes, declared.Type, input.Shape);
        return new OperatorPlan(output) { InPlaceInputs = input.Type.Size() == output.Type.Size() ? 1u : 0 };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        switch (io.InputSpec(0).Type)
        {
            case DataType.Float32:
                From<float>(io);
                break;
            case DataType.Int8:
                From<sbyte>(io);
                break;
            case DataType.UInt8 or DataType.Bool:
                From<byte>(io);
                break;
            case DataType.Int16:
                From<short>(io);
                break;
            case DataType.Int32:
                From<int>(io);
                break;
            default:
                From<long>(io);
                break;
        }
    }

    private static void From<TFrom>(in Buffers io) where TFrom : unmanaged, INumber<TFrom>
    {
        switch (io.OutputSpec(0).Type)
        {
            case DataType.Float32:
                Convert<TFrom, float>(io);
                break;
            case DataType.Int8:
                Convert<TFrom, sbyte>(io);
                break;
            case DataType.UInt8:
                Convert<TFrom, byte>(io);
                break;
            case DataType.Int16:
                Convert<TFrom, short>(io);
                break;
            case DataType.Int32:
                Convert<TFrom, int>(io);
                break;
            case DataType.Int64:
                Convert<TFrom, long>(io);
                break;
            default:
                Scalars.Map(io.Team, default(IsTrue<TFrom>), io.Input<TFrom>(0), io.Output<byte>(0));
                break;
        }
    }

    private static void Convert<TFrom, TTo>(in Buffers io) where TFrom : unmanaged, INumber<TFrom> where TTo : unmanaged, INumber<TTo>
    {
        if (typeof(TFrom) == typeof(float))
        {
            TensorPrimitives.ConvertSaturating(io.Input<TFrom>(0), io.Output<TTo>(0));
        }
        else
        {
            TensorPrimitives.ConvertTruncating(io.Input<TFrom>(0), io.Output<TTo>(0));
        }
    }

    private readonly struct IsTrue<T> : IScalarUnary<T, byte> where T : unmanaged, INumber<T>
    {
        public byte Value(T x) => x != T.Zero ? (byte)1 : (byte)0;
    }
}
