using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Arithmetic element by element.</summary>
internal static class OnnxArithmetic
{
    public static IEnumerable<OnnxOperator> Table =>
    [
        Pair("Add", "Add", static (node, a, b) => node.Builder.Add(node.Name, new Add(), a, b)),
        Pair("Sub", "Subtract", static (node, a, b) => node.Builder.Add(node.Name, new Subtract(), a, b)),
        Pair("Mul", "Multiply", static (node, a, b) => node.Builder.Add(node.Name, new Multiply(), a, b)),
        OnnxOperator.Made("Sum", "Add", static node => Chain(node, static (node, a, b) => node.Builder.Add(node.Name, new Add(), a, b))),
        OnnxOperator.Made("Mean", "Add, Multiply", Mean),
        Pair("Div", "Binary", Function(BinaryFunction.Divide)),
        Pair("Pow", "Binary", Power),
        Pair("Mod", "Binary", static (node, a, b) =>
            node.Builder.Add(node.Name, new Binary(node.Flag("fmod") ? BinaryFunction.Remainder : BinaryFunction.FloorModulo), a, b)),
        Pair("BitShift", "Binary", static (node, a, b) =>
            node.Builder.Add(node.Name, new Binary(node.Text("direction", "") == "LEFT" ? BinaryFunction.ShiftLeft : BinaryFunction.ShiftRight), a, b)),
        OnnxOperator.Made("Max", "Binary", static node => Chain(node, Function(BinaryFunction.Maximum))),
        OnnxOperator.Made("Min", "Binary", static node => Chain(node, Function(BinaryFunction.Minimum))),
        Pair("Equal", "Compare", Compared(Comparison.Equal)),
        Pair("Greater", "Compare", Compared(Comparison.Greater)),
        Pair("GreaterOrEqual", "Compare", Compared(Comparison.GreaterOrEqual)),
        Pair("Less", "Compare", Compared(Comparison.Less)),
        Pair("LessOrEqual", "Compare", Compared(Comparison.LessOrEqual)),
        Pair("And", "Logical", Logic(LogicalFunction.And)),
        Pair("Or", "Logical", Logic(LogicalFunction.Or)),
        Pair("Xor", "Logical", Logic(LogicalFunction.Xor)),
        OnnxOperator.Same("Where", "Select", static node => node.Builder.Add(node.Name, new Select(), node.Input(0), node.Input(1), node.Input(2))),
        OnnxOperator.Same("Cast", "Cast", static node => Cast(node, node.Input(0), OnnxTypes.Becomes(node.Integer("to", 0), "the result"))),
        OnnxOperator.Same("CastLike", "Cast", static node => Cast(node, node.Input(0), node.Input(1).Type)),
        OnnxOperator.Made("IsInf", "Unary, Compare", IsInfinite),
        .. new (string Kind, UnaryFunction Function)[]
        {
            ("Abs", UnaryFunction.Abs), ("Acos", UnaryFunction.Acos), ("Acosh", UnaryFunction.Acosh), ("Asin", UnaryFunction.Asin), ("Asinh", UnaryFunction.Asinh),
            ("Atan", UnaryFunction.Atan), ("Atanh", UnaryFunction.Atanh), ("BitwiseNot", UnaryFunction.Not), ("Ceil", UnaryFunction.Ceiling), ("Cos", UnaryFunction.Cos),
            ("Cosh", UnaryFunction.Cosh), ("Erf", UnaryFunction.Erf), ("Exp", UnaryFunction.Exp), ("Floor", UnaryFunction.Floor), ("IsNaN", UnaryFunction.IsNaN),
            ("Log", UnaryFunction.Log), ("Neg", UnaryFunction.Negate), ("Not", UnaryFunction.Not), ("Reciprocal", UnaryFunction.Reciprocal), ("Round", UnaryFunction.Round),
            ("Sign", UnaryFunction.Sign), ("Sin", UnaryFunction.Sin), ("Sinh", UnaryFunction.Sinh), ("Softplus", UnaryFunction.Softplus), ("Softsign", UnaryFunction.Softsign),
            ("Sqrt", UnaryFunction.Sqrt), ("Tan", UnaryFunction.Tan),
        }.Select(static row => OnnxOperator.Same(row.Kind, "Unary", node => node.Builder.Add(node.Name, new Unary(row.Function), node.Input(0)))),
    ];

    /// <summary>A tensor in another type; the tensor itself where it has it.</summary>
    public static Tensor Cast(OnnxNode node, Tensor x, DataType type) =>
        x.Type == type && x.Quantization is null ? x : node.Builder.Add(node.Name, new Cast(), new TensorSpec(type, x.Shape), x);

    private static Func<OnnxNode, Tensor, Tensor, Tensor> Function(BinaryFunction function) => (node, a, b) => node.Builder.Add(node.Name, new Binary(function), a, b);

    private static Func<OnnxNode, Tensor, Tensor, Tensor> Compared(Comparison comparison) => (node, a, b) => node.Builder.Add(node.Name, new Compare(comparison), a, b);

    private static Func<OnnxNode, Tensor, Tensor, Tensor> Logic(LogicalFunction function) => (node, a, b) => node.Builder.Add(node.Name, new Logical(function), a, b);

    /// <summary>A power has the type of its base, whatever that of the exponent; common exponents are cheaper functions.</summary>
    private static Tensor Power(OnnxNode node, Tensor x, Tensor exponent)
    {
        if (x.Type == DataType.Float32 && exponent is { IsConstant: true, Type: DataType.Float32 } && exponent.Shape.ElementCount == 1 && exponent.Shape.Rank <= x.Shape.Rank)
        {
            UnaryFunction? function = exponent.Values<float>()[0] switch
            {
                2 => UnaryFunction.Square,
                0.5f => UnaryFunction.Sqrt,
                -0.5f => UnaryFunction.Rsqrt,
                -1 => UnaryFunction.Reciprocal,
                _ => null,
            };
            if (function is not null)
            {
                return node.Builder.Add(node.Name, new Unary(function.Value), x);
            }
        }

        if (x.Type == exponent.Type)
        {
            return node.Builder.Add(node.Name, new Binary(BinaryFunction.Power), x, exponent);
        }

        DataType type = x.Type;
        Tensor y = type != DataType.Float32 && exponent.Type != DataType.Float32
            ? node.Builder.Add(node.Name, new Binary(BinaryFunction.Power), Cast(node, x, DataType.Int64), Cast(node, exponent, DataType.Int64))
            : node.Builder.Add(node.Name, new Binary(BinaryFunction.Power), Cast(node, x, DataType.Float32), Cast(node, exponent, DataType.Float32));
        return Cast(node, y, type);
    }

    private static Tensor IsInfinite(OnnxNode node)
    {
        bool negative = node.Flag("detect_negative", missing: true), positive = node.Flag("detect_positive", missing: true);
        return negative && positive
            ? node.Builder.Add(node.Name, new Unary(UnaryFunction.IsInfinity), node.Input(0))
            : node.Builder.Add(
                node.Name,
                new Compare(negative || positive ? Comparison.Equal : Comparison.Less),
                node.Input(0),
                node.Builder.Scalar(node.Name + "_infinity", positive ? float.PositiveInfinity : float.NegativeInfinity));
    }

    /// <summary>An operator on two tensors that broadcast.</summary>
    public static OnnxOperator Pair(string kind, string becomes, Func<OnnxNode, Tensor, Tensor, Tensor> convert) =>
        OnnxOperator.Same(kind, becomes, node => convert(node, node.Input(0), Right(node)));

    /// <summary>An operator on any number of tensors, as a chain of one on two.</summary>
    public static Tensor Chain(OnnxNode node, Func<OnnxNode, Tensor, Tensor, Tensor> convert)
    {
        Tensor result = node.Input(0);
        for (int i = 1; i < node.InputCount; i++)
        {
            result = convert(node, result, node.Input(i));
        }

        return result;
    }

    private static Tensor Mean(OnnxNode node) => node.InputCount == 1
        ? node.Input(0)
        : node.Builder.Add(
            node.Name,
            new Multiply(),
            Chain(node, static (node, a, b) => node.Builder.Add(node.Name, new Add(), a, b)),
            node.Builder.Scalar(node.Name + "_part", 1f / node.InputCount));

    /// <summary>The second operand. Before operator set 7 it names the axis of the first at which its own begin.</summary>
    private static Tensor Right(OnnxNode node)
    {
        Tensor left = node.Input(0), right = node.Input(1);
        if (node.Version >= 7 || !node.Flag("broadcast") || !node.HasAttribute("axis"))
        {
            return right;
        }

        int axis = node.Axis("axis", 0, left.Shape.Rank);
        int[] sizes = new int[left.Shape.Rank - axis];
        Array.Fill(sizes, 1);
        node.Require(right.Shape.Rank <= sizes.Length, $"the inputs are {left} and {right}, which do not broadcast from axis {axis} on.");
        right.Shape.Axes.CopyTo(sizes);
        return OnnxLayout.Reshape(node, right, new Shape(sizes), -1);
    }
}
