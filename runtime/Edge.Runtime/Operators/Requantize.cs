using System.Numerics;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>The same reals on another scale: q' = clamp((q − zero point) · scale / scale' + zero point'), in fixed point; between int8 and uint8, and between int16 and any of them.</summary>
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
        shapes.Require(input.Type is DataType.Int8 or DataType.UInt8 or DataType.Int16, $"the input is {input}; int8, uint8 and int16 are allowed.");
        shapes.Require(
            output.Type is DataType.Int8 or DataType.UInt8 or DataType.Int16, $"the model declares the output {output}; int8, uint8 and int16 are allowed.");
        ShapeRules.Quantized(shapes, input, "the input");
        ShapeRules.Quantized(shapes, output, "the declared output");
        return new OperatorPlan(ShapeRules.Output(shapes, output.Type, input.Shape, output.Quantization)) { InPlaceInputs = input.Type.Size() == output.Type.Size() ? 1u : 0 };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        if (Wide(io.InputSpec(0), io.OutputSpec(0)) is { } wide)
        {
            wide.Forward(io);
            return;
        }

        Span<byte> table = stackalloc byte[Int8Table.Bytes];
        Fill(io.InputSpec(0), io.OutputSpec(0), table);
        Int8Table.Apply(table, io.Input<byte>(0), io.Output<byte>(0));
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation)
    {
        TensorSpec input = preparation.Input(0), output = preparation.Output(0);
        return Wide(input, output) ?? Int8TableKernel.Prepare(preparation, (_, _, table) => Fill(input, output, table));
    }

    /// <summary>The kernel where int16 takes part; null else.</summary>
    private static IKernel? Wide(in TensorSpec input, in TensorSpec output) => (input.Type, output.Type) switch
    {
        (DataType.Int16, DataType.Int16) => Wide<short, short>(input.Quantization!, output.Quantization!),
        (DataType.Int16, DataType.Int8) => Wide<short, sbyte>(input.Quantization!, output.Quantization!),
        (DataType.Int16, DataType.UInt8) => Wide<short, byte>(input.Quantization!, output.Quantization!),
        (DataType.Int8, DataType.Int16) => Wide<sbyte, short>(input.Quantization!, output.Quantization!),
        (DataType.UInt8, DataType.Int16) => Wide<byte, short>(input.Quantization!, output.Quantization!),
        _ => null,
    };

    private static ScalarMapKernel<Rescale<TIn, TOut>, TIn, TOut> Wide<TIn, TOut>(Quantization from, Quantization to)
        where TIn : unmanaged, IBinaryInteger<TIn>
        where TOut : unmanaged, IBinaryInteger<TOut> => new(new(from.Scale, from.ZeroPoint, to.Scale, to.ZeroPoint));

    private static void Fill(in TensorSpec input, in TensorSpec output, Span<byte> table)
    {
        Quantization from = input.Quantization!, to = output.Quantization!;
        Int8Table.FillRequantize(
            from.Scale, from.ZeroPoint, input.Type == DataType.Int8, to.Scale, to.ZeroPoint, output.Type == DataType.Int8, table);
    }
}
