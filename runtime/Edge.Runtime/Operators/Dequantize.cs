using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>x = scale · (q − zero point), element by element; int8, uint8 or int16 to float32. Scale and zero point may vary along an axis.</summary>
/// <remarks>Source: TFLite reference kernel Dequantize.</remarks>
public readonly record struct Dequantize : IOperator<Dequantize>
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Dequantize", OperatorCodes.Dequantize);

    /// <inheritdoc/>
    public static Dequantize Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = shapes.Input(0);
        shapes.Require(input.Type is DataType.Int8 or DataType.UInt8 or DataType.Int16, $"the input is {input}; int8, uint8 and int16 are allowed.");
        ShapeRules.Quantized(shapes, input, "the input", perAxis: true);
        return new OperatorPlan(ShapeRules.Output(shapes, DataType.Float32, input.Shape));
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => AffineQuantization.Dequantize(io.Input<byte>(0), io.InputSpec(0), io.Output(0));
}
