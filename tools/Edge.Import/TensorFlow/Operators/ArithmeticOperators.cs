using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>Functions of each element, of two and three tensors element by element, and conversions of type.</summary>
internal static class ArithmeticOperators
{
    /// <summary>Slope of LeakyRelu where nothing is said.</summary>
    public const float LeakyReluAlpha = 0.2f;

    private const float SeluAlpha = 1.67326324f;
    private const float SeluScale = 1.05070099f;

    /// <summary>The table.</summary>
    public static IEnumerable<TensorFlowOperator> Table =>
    [
        Pair<Add>("Add", "Add"),
        Pair<Add>("AddV2", "Add"),
        Pair<Subtract>("Sub", "Subtract"),
        Pair<Multiply>("Mul", "Multiply"),
        TensorFlowOperator.Made("AddN", "Add", static node => Enumerable.Range(1, Math.Max(0, node.InputCount - 1)).Aggregate(node.Input(0), (sum, next) => node.Builder.Add(node.Name, new Add(), sum, node.Input(next)))),
        Pair("RealDiv", BinaryFunction.Divide),
        Pair("Div", BinaryFunction.Divide),
        Pair("TruncateDiv", BinaryFunction.Divide),
        Pair("FloorDiv", BinaryFunction.FloorDivide),
        Pair("FloorMod", BinaryFunction.FloorModulo),
        Pair("Mod", BinaryFunction.Remainder),
        Pair("TruncateMod", BinaryFunction.Remainder),
        Pair("Maximum", BinaryFunction.Maximum),
        Pair("Minimum", BinaryFunction.Minimum),
        Pair("Pow", BinaryFunction.Power),
        Pair("SquaredDifference", BinaryFunction.SquaredDifference),
        Pair("Atan2", BinaryFunction.Atan2),
        TensorFlowOperator.Made("DivNoNan", "Binary, Compare, Select", DivideNoNan),
        Of("Relu", "Relu", static _ => new Relu()),
        Of("Relu6", "Relu6", static _ => new Relu6()),
        Of("LeakyRelu", "LeakyRelu", static node => new LeakyRelu(node.Float("alpha", LeakyReluAlpha))),
        Of("Sigmoid", "Sigmoid", static _ => new Sigmoid()),
        Of("Tanh", "Tanh", static _ => new Tanh()),
        Of("Elu", "ParametricUnary", static _ => new ParametricUnary(ParametricFunction.Elu, 1)),
        Of("Selu", "ParametricUnary", static _ => new ParametricUnary(ParametricFunction.Selu, SeluAlpha, SeluScale)),
        .. new (string Kind, UnaryFunction Function)[]
        {
            ("Softplus", UnaryFunction.Softplus), ("Softsign", UnaryFunction.Softsign), ("Exp", UnaryFunction.Exp), ("Log", UnaryFunction.Log), ("Sqrt", UnaryFunction.Sqrt),
            ("Rsqrt", UnaryFunction.Rsqrt), ("Square", UnaryFunction.Square), ("Neg", UnaryFunction.Negate), ("Abs", UnaryFunction.Abs), ("Sign", UnaryFunction.Sign),
            ("Reciprocal", UnaryFunction.Reciprocal), ("Inv", UnaryFunction.Reciprocal), ("Floor", UnaryFunction.Floor), ("Ceil", UnaryFunction.Ceiling), ("Round", UnaryFunction.Round),
            ("Rint", UnaryFunction.Round), ("Erf", UnaryFunction.Erf), ("Sin", UnaryFunction.Sin), ("Cos", UnaryFunction.Cos), ("Tan", UnaryFunction.Tan), ("Asin", UnaryFunction.Asin),
            ("Acos", UnaryFunction.Acos), ("Atan", UnaryFunction.Atan), ("Sinh", UnaryFunction.Sinh), ("Cosh", UnaryFunction.Cosh), ("Asinh", UnaryFunction.Asinh),
            ("Acosh", UnaryFunction.Acosh), ("Atanh", UnaryFunction.Atanh), ("LogicalNot", UnaryFunction.Not), ("IsNan", UnaryFunction.IsNaN), ("IsInf", UnaryFunction.IsInfinity),
        }.Select(static row => Of(row.Kind, "Unary", _ => new Unary(row.Function))),
        TensorFlowOperator.Made("Log1p", "Add, Unary", static node =>
            node.Builder.Add(node.Name, new Unary(UnaryFunction.Log), node.Builder.Add(node.Name, new Add(), node.Input(0), node.Builder.Scalar(node.Name + "/one", 1f)))),
        TensorFlowOperator.Made("Expm1", "Unary, Subtract", static node =>
            node.Builder.Add(node.Name, new Subtract(), node.Builder.Add(node.Name, new Unary(UnaryFunction.Exp), node.Input(0)), node.Builder.Scalar(node.Name + "/one", 1f))),
        TensorFlowOperator.Made("Erfc", "Unary, Subtract", static node =>
            node.Builder.Add(node.Name, new Subtract(), node.Builder.Scalar(node.Name + "/one", 1f), node.Builder.Add(node.Name, new Unary(UnaryFunction.Erf), node.Input(0)))),
        .. new (string Kind, Comparison Comparison)[]
        {
            ("Equal", Comparison.Equal), ("NotEqual", Comparison.NotEqual), ("Less", Comparison.Less), ("LessEqual", Comparison.LessOrEqual), ("Greater", Comparison.Greater),
            ("GreaterEqual", Comparison.GreaterOrEqual),
        }.Select(static row => TensorFlowOperator.Same(row.Kind, "Compare", node => node.Builder.Add(node.Name, new Compare(row.Comparison), node.Input(0), node.Input(1)))),
        TensorFlowOperator.Same("LogicalAnd", "Logical", static node => node.Builder.Add(node.Name, new Logical(LogicalFunction.And), node.Input(0), node.Input(1))),
        TensorFlowOperator.Same("LogicalOr", "Logical", static node => node.Builder.Add(node.Name, new Logical(LogicalFunction.Or), node.Input(0), node.Input(1))),
        TensorFlowOperator.Same("Select", "Select", Select),
        TensorFlowOperator.Same("SelectV2", "Select", static node => node.Builder.Add(node.Name, new Select(), node.Input(0), node.Input(1), node.Input(2))),
        TensorFlowOperator.Same("Cast", "Cast", static node => Cast(node, node.Input(0), node.Type("DstT", DataType.Float32))),
        TensorFlowOperator.Same("ClipByValue", "Clip, Binary", static node => Clamp(node, node.Input(0), node.Input(1), node.Input(2))),
        TensorFlowOperator.Made("FakeQuantWithMinMaxArgs", "Binary, Unary, Multiply, Add", static node => FakeQuantize(node, [node.Float("min", -6)], [node.Float("max", 6)], new Shape())),
        TensorFlowOperator.Made("FakeQuantWithMinMaxVars", "Binary, Unary, Multiply, Add", FakeQuantizeVariables),
        TensorFlowOperator.Made("FakeQuantWithMinMaxVarsPerChannel", "Binary, Unary, Multiply, Add", FakeQuantizeVariables),
    ];

    /// <summary>A tensor in another element type.</summary>
    public static Tensor Cast(TensorFlowNode node, Tensor tensor, DataType type) =>
        tensor.Type == type ? tensor : node.Builder.Add(node.Name, new Cast(), new TensorSpec(type, tensor.Shape), tensor);

    private static TensorFlowOperator Pair<TOperator>(string kind, string becomes) where TOperator : struct, IOperator<TOperator> =>
        TensorFlowOperator.Same(kind, becomes, static node => node.Builder.Add(node.Name, default(TOperator), node.Input(0), node.Input(1)));

    private static TensorFlowOperator Pair(string kind, BinaryFunction function) =>
        TensorFlowOperator.Same(kind, "Binary", node => node.Builder.Add(node.Name, new Binary(function), node.Input(0), node.Input(1)));

    private static TensorFlowOperator Of<TOperator>(string kind, string becomes, Func<TensorFlowNode, TOperator> make) where TOperator : struct, IOperator<TOperator> =>
        TensorFlowOperator.Same(kind, becomes, node => node.Builder.Add(node.Name, make(node), node.Input(0)));

    private static Tensor DivideNoNan(TensorFlowNode node)
    {
        Tensor zero = node.Builder.Scalar(node.Name + "/zero", 0f);
        Tensor isZero = node.Builder.Add(node.Name, new Compare(Comparison.Equal), node.Input(1), zero);
        return node.Builder.Add(node.Name, new Select(), isZero, zero, node.Builder.Add(node.Name, new Binary(BinaryFunction.Divide), node.Input(0), node.Input(1)));
    }

    /// <summary>The older Select: a condition with one axis chooses whole rows.</summary>
    private static Tensor Select(TensorFlowNode node)
    {
        Tensor condition = node.Input(0);
        int rank = node.Input(1).Shape.Rank;
        if (condition.Shape.Rank == 1 && rank > 1)
        {
            condition = node.Builder.Reshape(node.Name, condition, new Shape([condition.Shape[0], .. Enumerable.Repeat(1, rank - 1)]));
        }

        return node.Builder.Add(node.Name, new Select(), condition, node.Input(1), node.Input(2));
    }

    private static Tensor Clamp(TensorFlowNode node, Tensor x, Tensor least, Tensor most) =>
        least is { IsConstant: true, Type: DataType.Float32, Shape.ElementCount: 1 } && most is { IsConstant: true, Type: DataType.Float32, Shape.ElementCount: 1 } &&
        least.Values<float>()[0] <= most.Values<float>()[0]
            ? node.Builder.Add(node.Name, new Clip(least.Values<float>()[0], most.Values<float>()[0]), x)
            : node.Builder.Add(node.Name, new Binary(BinaryFunction.Maximum), node.Builder.Add(node.Name, new Binary(BinaryFunction.Minimum), x, most), least);

    private static Tensor FakeQuantizeVariables(TensorFlowNode node)
    {
        Tensor least = node.Input(1), most = node.Input(2);
        node.Require(
            least is { IsConstant: true, Type: DataType.Float32 } && most is { IsConstant: true, Type: DataType.Float32 } && least.Shape == most.Shape,
            $"min and max are {least} and {most}; constants of one shape are allowed.");
        return FakeQuantize(node, least.Values<float>().ToArray(), most.Values<float>().ToArray(), least.Shape);
    }

    /// <summary>Rounds to the steps of an integer type and back, as training for quantization does.</summary>
    /// <remarks>Source: tensorflow/core/kernels/fake_quant_ops_functor.h: the range is moved so that 0 is a step; y = ⌊(clamp(x) − min) / scale + ½⌋ · scale + min.</remarks>
    private static Tensor FakeQuantize(TensorFlowNode node, float[] least, float[] most, Shape shape)
    {
        int bits = node.Int32("num_bits", 8);
        node.Require(bits is >= 2 and <= 16, $"num_bits is {bits}; 2 … 16 is allowed.");
        float lowest = node.Flag("narrow_range") ? 1 : 0, highest = (1 << bits) - 1;
        float[] scales = new float[least.Length], inverses = new float[least.Length], from = new float[least.Length], to = new float[least.Length];
        for (int i = 0; i < least.Length; i++)
        {
            node.Require(least[i] <= 0 && most[i] >= 0 && most[i] > least[i], $"min and max are {least[i]} and {most[i]}; a range around 0 is allowed.");
            scales[i] = (most[i] - least[i]) / (highest - lowest);
            float zero = lowest - (least[i] / scales[i]);
            zero = zero < lowest ? lowest : zero > highest ? highest : MathF.Round(zero, MidpointRounding.AwayFromZero);
            from[i] = (lowest - zero) * scales[i];
            to[i] = (highest - zero) * scales[i];
            inverses[i] = 1 / scales[i];
        }

        Tensor start = Constant("/min", from);
        Tensor x = node.Builder.Add(node.Name, new Binary(BinaryFunction.Minimum), node.Input(0), Constant("/max", to));
        x = node.Builder.Add(node.Name, new Binary(BinaryFunction.Maximum), x, start);
        x = node.Builder.Add(node.Name, new Subtract(), x, start);
        x = node.Builder.Add(node.Name, new Multiply(), x, Constant("/inverse", inverses));
        x = node.Builder.Add(node.Name, new Add(), x, node.Builder.Scalar(node.Name + "/half", 0.5f));
        x = node.Builder.Add(node.Name, new Unary(UnaryFunction.Floor), x);
        x = node.Builder.Add(node.Name, new Multiply(), x, Constant("/scale", scales));
        return node.Builder.Add(node.Name, new Add(), x, start);

        Tensor Constant(string suffix, float[] values) => node.Builder.Constant<float>(node.Name + suffix, shape, values);
    }
}
