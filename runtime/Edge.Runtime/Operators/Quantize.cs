using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>q = clamp(round(x / scale) + zero point), element by element; float32 to int8, uint8 or int16. Halves round away from zero.</summary>
/// <remarks>The output's type, scale and zero point are what the model states. Source: TFLite reference kernel AffineQuantize.</remarks>
public readonly record struct Quantize : IOperator<Quantize>
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Quantize", OperatorCodes.Quantize);

    /// <inheritdoc/>
    public static Quantize Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec output = shapes.Declared(0);
        shapes.Require(shapes.Type(0) == DataType.Float32, $"the input is {shapes.Input(0)}; float32 is needed.");
        shapes.Require(
            output.Type is DataType.Int8 or DataType.UInt8 or DataType.Int16, $"the model declares the output {output}; int8, uint8 and int16 are allowed.");
        ShapeRules.Quantized(shapes, output, "the declared output");
        return OperatorPlan.Single(output.Type, shapes.Shape(0), output.Quantization);
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Quantization to = io.OutputSpec(0).Quantization!;
        switch (io.OutputSpec(0).Type)
        {
            case DataType.Int8: AffineQuantization.Quantize(io.Input(0), to.Scale, to.ZeroPoint, io.Output<sbyte>(0)); break;
            case DataType.UInt8: AffineQuantization.Quantize(io.Input(0), to.Scale, to.ZeroPoint, io.Output<byte>(0)); break;
            default: AffineQuantization.Quantize(io.Input(0), to.Scale, to.ZeroPoint, io.Output<short>(0)); break;
        }
    }
}
