using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>Functions of each element, of one or two tensors, and conversions of types.</summary>
internal static class ElementwiseMappings
{
    /// <summary>The operators.</summary>
    public static IReadOnlyList<TfliteMapping> Table { get; } =
    [
        Arithmetic("ADD", "Add", OptionsKind.Add, static activation => new Add(activation)),
        Arithmetic("SUB", "Subtract", OptionsKind.Subtract, static activation => new Subtract(activation)),
        Arithmetic("MUL", "Multiply", OptionsKind.Multiply, static activation => new Multiply(activation)),
        TfliteMapping.One("DIV", "Binary", static node => Binary(node, BinaryFunction.Divide, node.Options(OptionsKind.Divide).Byte(0))),
        TfliteMapping.Several("ADD_N", "Add", AddMany),
        Function("RELU", "Relu", default(Relu)),
        Function("RELU6", "Relu6", default(Relu6)),
        Function("RELU_N1_TO_1", "Clip", new Clip(-1, 1)),
        Function("RELU_0_TO_1", "Clip", new Clip(0, 1)),
        Function("LOGISTIC", "Sigmoid", default(Sigmoid)),
        Function("TANH", "Tanh", default(Tanh)),
        Function("HARD_SWISH", "HardSwish", default(HardSwish)),
        Function("ELU", "ParametricUnary", new ParametricUnary(ParametricFunction.Elu, 1)),
        TfliteMapping.One("LEAKY_RELU", "LeakyRelu", static node => node.Compute(new LeakyRelu(node.Options(OptionsKind.LeakyRelu).Single(0)), node.Input(0))),
        TfliteMapping.One("PRELU", "PRelu", static node => node.Compute(default(PRelu), node.Input(0), node.Input(1))),
        TfliteMapping.One("GELU", "Gelu", static node => node.Compute(new Gelu(node.Options(OptionsKind.Gelu).Bool(0)), node.Input(0))),
        Unary("ABS", UnaryFunction.Abs),
        Unary("NEG", UnaryFunction.Negate),
        Unary("EXP", UnaryFunction.Exp),
        Unary("LOG", UnaryFunction.Log),
        Unary("SQRT", UnaryFunction.Sqrt),
        Unary("RSQRT", UnaryFunction.Rsqrt),
        Unary("SQUARE", UnaryFunction.Square),
        Unary("SIN", UnaryFunction.Sin),
        Unary("COS", UnaryFunction.Cos),
        Unary("FLOOR", UnaryFunction.Floor),
        Unary("CEIL", UnaryFunction.Ceiling),
        Unary("ROUND", UnaryFunction.Round),
        Unary("SIGN", UnaryFunction.Sign),
        Unary("LOGICAL_NOT", UnaryFunction.Not),
        Binary("MINIMUM", BinaryFunction.Minimum),
        Binary("MAXIMUM", BinaryFunction.Maximum),
        Binary("POW", BinaryFunction.Power),
        Binary("FLOOR_DIV", BinaryFunction.FloorDivide),
        Binary("FLOOR_MOD", BinaryFunction.FloorModulo),
        Binary("SQUARED_DIFFERENCE", BinaryFunction.SquaredDifference),
        Binary("ATAN2", BinaryFunction.Atan2),
        Binary("RIGHT_SHIFT", BinaryFunction.ShiftRight),
        Comparison("EQUAL", Edge.Runtime.Operators.Comparison.Equal),
        Comparison("NOT_EQUAL", Edge.Runtime.Operators.Comparison.NotEqual),
        Comparison("LESS", Edge.Runtime.Operators.Comparison.Less),
        Comparison("LESS_EQUAL", Edge.Runtime.Operators.Comparison.LessOrEqual),
        Comparison("GREATER", Edge.Runtime.Operators.Comparison.Greater),
        Comparison("GREATER_EQUAL", Edge.Runtime.Operators.Comparison.GreaterOrEqual),
        Logical("LOGICAL_AND", LogicalFunction.And),
        Logical("LOGICAL_OR", LogicalFunction.Or),
        Logical("BITWISE_XOR", LogicalFunction.Xor),
        TfliteMapping.One("SELECT", "Select", static node => Select(node, broadcasts: false)),
        TfliteMapping.One("SELECT_V2", "Select", static node => Select(node, broadcasts: true)),
        TfliteMapping.One("CAST", "Cast", Cast),
        TfliteMapping.One("QUANTIZE", "Quantize, Requantize", Quantized),
        TfliteMapping.One("DEQUANTIZE", "Dequantize", Dequantized),
        TfliteMapping.Several("FAKE_QUANT", "Quantize, Dequantize", FakeQuantized),
    ];

    private static TfliteMapping Arithmetic<TOperator>(string kind, string becomes, OptionsKind options, Func<Activation, TOperator> make)
        where TOperator : struct, IOperator<TOperator> =>
        TfliteMapping.One(kind, becomes, node => node.Activated(node.Options(options).Byte(0), make, node.Input(0), node.Input(1)));

    private static TfliteMapping Function<TOperator>(string kind, string becomes, TOperator op) where TOperator : struct, IOperator<TOperator> =>
        TfliteMapping.One(kind, becomes, node => node.Compute(op, node.Input(0)));

    private static TfliteMapping Unary(string kind, UnaryFunction function) => Function(kind, "Unary", new Unary(function));

    private static TfliteMapping Binary(string kind, BinaryFunction function) => TfliteMapping.One(kind, "Binary", node => Binary(node, function, 0));

    private static TfliteMapping Comparison(string kind, Comparison comparison) =>
        TfliteMapping.One(kind, "Compare", node => node.Compute(new Compare(comparison), node.Input(0), node.Input(1)));

    private static TfliteMapping Logical(string kind, LogicalFunction function) =>
        TfliteMapping.One(kind, "Logical", node => node.Compute(new Logical(function), node.Input(0), node.Input(1)));

    /// <summary>The runtime has some of the functions in int8; the others, and the smaller and larger of numbers on two scales, go by way of float32.</summary>
    private static void Binary(TfliteNode node, BinaryFunction function, byte activation)
    {
        Tensor left = node.Input(0), right = node.Input(1);
        bool isInteger = function switch
        {
            BinaryFunction.Minimum or BinaryFunction.Maximum => Quantization.Same(left.Quantization, right.Quantization) && Quantization.Same(left.Quantization, node.Declared().Quantization),
            BinaryFunction.Divide or BinaryFunction.SquaredDifference => true,
            _ => left.Quantization is null,
        };
        if (isInteger)
        {
            node.Set(node.ActivatedBehind(node.Builder.Add(node.Name, new Binary(function), node.Declared(), left, right), activation));
        }
        else
        {
            node.ComputeReal(new Binary(function), activation, left, right);
        }
    }

    private static void AddMany(TfliteNode node)
    {
        Tensor sum = node.Input(0);
        for (int i = 1; i < node.InputCount; i++)
        {
            sum = node.Builder.Add(i == node.InputCount - 1 ? node.Name : $"{node.Name}/{i}", new Add(Activation.None), sum, node.Input(i));
        }

        node.Set(sum);
    }

    /// <summary>The condition of SELECT may also be a list: one truth value for each index of axis 0.</summary>
    private static void Select(TfliteNode node, bool broadcasts)
    {
        Tensor condition = node.Input(0), left = node.Input(1);
        if (!broadcasts && condition.Shape.Rank == 1 && left.Shape.Rank > 1)
        {
            int[] sizes = new int[left.Shape.Rank];
            Array.Fill(sizes, 1);
            sizes[0] = condition.Shape[0];
            condition = node.Builder.Reshape($"{node.Name}/condition", condition, new Shape(sizes));
        }

        node.Move(node.Builder.Add(node.Name, default(Select), condition, left, node.Input(2)));
    }

    /// <summary>A cast takes stored integers for what they are, also those that stand for reals.</summary>
    private static void Cast(TfliteNode node)
    {
        Tensor input = node.Input(0);
        TfliteTensor output = node.StatedOutput(0);
        if (output.IsQuantized)
        {
            throw new ModelImportException($"its output '{output.Name}' has a scale; a plain type is needed.");
        }

        if (input.Quantization is not null)
        {
            input = node.StoredNumbers(0);
        }

        node.Set(input.Type == output.Type ? input : node.Builder.Add(node.Name, default(Cast), node.Declared(), input));
    }

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
        Tensor input = node.Input(0);
        node.Set(input.Type == DataType.Float32 ? input : node.Builder.Add(node.Name, default(Dequantize), input));   // float16 already became float32
    }

    /// <remarks>Source: FakeQuantizeArray and NudgeQuantizationParams, TensorFlow Lite kernels/internal/quantization_util.cc.</remarks>
    private static void FakeQuantized(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.FakeQuant);
        (float min, float max) = (options.Single(0), options.Single(1));
        (int bits, bool isNarrow) = (options.Int32(2), options.Bool(3));
        if (bits != 8 || isNarrow || !(min <= 0 && max >= 0 && max > min) || !float.IsFinite(max - min))
        {
            throw new ModelImportException($"it simulates {bits} bits{(isNarrow ? " of a narrow range" : "")} from {min} to {max}; 8 bits of a whole range around 0 are supported.");
        }

        float scale = (max - min) / 255;
        float zero = -min / scale;
        int zeroPoint = (int)Math.Clamp(MathF.Round(zero, MidpointRounding.AwayFromZero), 0, 255);
        TensorSpec spec = new(DataType.UInt8, default, new Quantization(scale, zeroPoint));
        node.Set(node.Builder.Add(node.Name, default(Dequantize), node.Builder.Add($"{node.Name}/uint8", default(Quantize), spec, node.Input(0))));
    }
}
