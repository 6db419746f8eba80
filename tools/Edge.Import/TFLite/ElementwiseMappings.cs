using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>Functions of each element, one or two tensors at a time, and conversions.</summary>
internal static class ElementwiseMappings
{
    /// <summary>The operators.</summary>
    public static IReadOnlyList<TfliteMapping> Table { get; } =
    [
        Arithmetic("ADD", "Add", OptionsKind.Add, static activation => new Add(activation)),
        Arithmetic("SUB", "Subtract", OptionsKind.Subtract, static activation => new Subtract(activation)),
        Arithmetic("MUL", "Multiply", OptionsKind.Multiply, static activation => new Multiply(activation)),
        Function("RELU", "Relu", default(Relu)),
        Function("RELU6", "Relu6", default(Relu6)),
        Function("LOGISTIC", "Sigmoid", default(Sigmoid)),
        Function("TANH", "Tanh", default(Tanh)),
        Function("HARD_SWISH", "HardSwish", default(HardSwish)),
        TfliteMapping.One("LEAKY_RELU", "LeakyRelu", static node => node.Compute(new LeakyRelu(node.Options(OptionsKind.LeakyRelu).Single(0)), node.Input(0))),
        TfliteMapping.One("GELU", "Gelu", static node => node.Compute(new Gelu(node.Options(OptionsKind.Gelu).Bool(0)), node.Input(0))),
        TfliteMapping.One("QUANTIZE", "Quantize, Requantize", Quantized),
        TfliteMapping.One("DEQUANTIZE", "Dequantize", Dequantized),
    ];

    private static TfliteMapping Arithmetic<TOperator>(string kind, string becomes, OptionsKind options, Func<Activation, TOperator> make)
        where TOperator : struct, IOperator<TOperator> =>
        TfliteMapping.One(kind, becomes, node => node.Activated(node.Options(options).Byte(0), make, node.Input(0), node.Input(1)));

    private static TfliteMapping Function<TOperator>(string kind, string becomes, TOperator op) where TOperator : struct, IOperator<TOperator> =>
        TfliteMapping.One(kind, becomes, node => node.Compute(op, node.Input(0)));

    private static void Quantized(TfliteNode node)
    {
        Tensor input = node.Input(0);
        if (!node.StatedOutput(0).IsQuantized)
        {
            throw new ModelImportException($"its output '{node.StatedOutput(0).Name}' has no scale and zero point; a quantized output is needed.");
        }

        if (input.Type == DataType.Float32)
        {
            node.Compute(default(Quantize), input);
            return;
        }

        TensorSpec declared = node.Declared();
        if (declared.Type == input.Type && Quantization.Same(declared.Quantization, input.Quantization))
        {
            node.Set(input);
            return;
        }

        node.Compute(default(Requantize), input);
    }

    private static void Dequantized(TfliteNode node)
    {
        if (node.Stated(0).Kind == TensorKind.Float16)
        {
            node.Set(node.Input(0));
            return;
        }

        node.Compute(default(Dequantize), node.Input(0));
    }
}
