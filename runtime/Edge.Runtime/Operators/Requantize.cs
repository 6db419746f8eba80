using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>The same reals on another scale: q' = clamp((q − zero point) · scale / scale' + zero point'), in fixed point; int8 or uint8 to int8 or uint8.</summary>
/// <remarks>The output's type, scale and zero point are what the model states. Source: TFLite reference kernel Requantize.</remarks>
public readonly record struct Requantize : IOperator<Requantize>, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Requantize", OperatorCodes.Requantize);

    /// <inheritdoc/>
    public static Requantize Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = shapes.Input(0), output = shapes.Declared(0);
        shapes.Require(input.Type is DataType.Int8 or DataType.UInt8, $"the input is {input}; int8 and uint8 are allowed.");
        shapes.Require(output.Type is DataType.Int8 or DataType.UInt8, $"the model declares the output {output}; int8 and uint8 are allowed.");
        ShapeRules.Quantized(shapes, input, "the input");
        ShapeRules.Quantized(shapes, output, "the declared output");
        return new OperatorPlan(output with { Shape = input.Shape }) { InPlaceInputs = 1 };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Span<byte> table = stackalloc byte[Int8Table.Bytes];
        Fill(io.InputSpec(0), io.OutputSpec(0), table);
        Int8Table.Apply(table, io.Input<byte>(0), io.Output<byte>(0));
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation)
    {
        TensorSpec input = preparation.Input(0), output = preparation.Output(0);
        return Int8TableKernel.Prepare(preparation, (_, _, table) => Fill(input, output, table));
    }

    private static void Fill(in TensorSpec input, in TensorSpec output, Span<byte> table)
    {
        Quantization from = input.Quantization!, to = output.Quantization!;
        Int8Table.FillRequantize(
            from.Scale, from.ZeroPoint, input.Type == DataType.Int8, to.Scale, to.ZeroPoint, output.Type == DataType.Int8, table);
    }
}
