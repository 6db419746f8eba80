using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>Functions of one element, made of simpler ones: computed at some places and compared with those that have an operator.</summary>
internal static class ElementFunction
{
    private const int Deepest = 8;
    private const double Tolerance = 4e-6;

    private static readonly double[] s_places = [.. Enumerable.Range(0, 81).Select(static i => ((i * 31 % 81) - 40) * 0.17)];

    private static readonly (OperatorInfo Info, IOperator Operator, double[] Values)[] s_known =
    [
        Known(HardSwish.Info, new HardSwish(), static x => x * Math.Clamp(x + 3, 0, 6) / 6),
        Known(ParametricUnary.Info, new ParametricUnary(ParametricFunction.Swish, 1), static x => x / (1 + Math.Exp(-x))),
        Known(Gelu.Info, new Gelu(Approximate: false), static x => x * (1 + Erf(x / Math.Sqrt(2))) / 2),
        Known(Gelu.Info, new Gelu(Approximate: true), static x => x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))) / 2),
        Known(ParametricUnary.Info, new ParametricUnary(ParametricFunction.Mish, 0), static x => x * Math.Tanh(Math.Log(1 + Math.Exp(x)))),
    ];

    /// <summary>Tensors behind a node that it may be a function of, the nearest first.</summary>
    public static IEnumerable<Tensor> Arguments(Node node)
    {
        HashSet<Tensor> seen = [];
        Queue<(Tensor Tensor, int Depth)> open = new(node.Inputs.OfType<Tensor>().Select(static input => (input, 1)));
        while (open.TryDequeue(out (Tensor Tensor, int Depth) next) && seen.Count < 2 * Deepest)
        {
            if (next.Tensor.IsConstant || !seen.Add(next.Tensor))
            {
                continue;
            }

            yield return next.Tensor;
            if (next.Depth < Deepest && next.Tensor.Producer is { } producer && IsComputable(producer.Operator))
            {
                foreach (Tensor input in producer.Inputs.OfType<Tensor>())
                {
                    open.Enqueue((input, next.Depth + 1));
                }
            }
        }
    }

    /// <summary>The operator that computes one tensor from another, or null where none is known.</summary>
    public static (OperatorInfo Info, IOperator Operator)? Recognize(Tensor result, Tensor x)
    {
        // Most functions differ from all known ones at the first places.
        List<(OperatorInfo Info, IOperator Operator, double[] Values)> left = [.. s_known];
        for (int i = 0; i < s_places.Length && left.Count > 0; i++)
        {
            if (Value(result, x, s_places[i], Deepest) is not { } value)
            {
                return null;
            }

            left.RemoveAll(known => !(Math.Abs(value - known.Values[i]) <= Tolerance * (1 + Math.Abs(known.Values[i]))));
        }

        return left.Count > 0 ? (left[0].Info, left[0].Operator) : null;
    }

    private static (OperatorInfo, IOperator, double[]) Known(OperatorInfo info, IOperator op, Func<double, double> function) => (info, op, Array.ConvertAll(s_places, place => function(place)));

    private static bool IsComputable(IOperator op) => op is Add or Subtract or Multiply or Binary or Unary or ParametricUnary or Sigmoid or Tanh or Relu or Relu6 or Clip;

    /// <summary>The value of a tensor's elements where those of another are <paramref name="at"/>; null where it depends on more than that.</summary>
    private static double? Value(Tensor tensor, Tensor x, double at, int depth)
    {
        if (tensor == x)
        {
            return at;
        }

        if (tensor.IsConstant)
        {
            return tensor is { Type: DataType.Float32, Shape.ElementCount: 1 } ? tensor.Values<float>()[0] : null;
        }

        if (depth == 0 || tensor.Producer is not { } node || !IsComputable(node.Operator) || Value(node.Inputs[0]!, x, at, depth - 1) is not { } a)
        {
            return null;
        }

        double? b = node.Inputs.Count > 1 ? Value(node.Inputs[1]!, x, at, depth - 1) : 0;
        return node.Operator switch
        {
            Add { Activation: Activation.None } => a + b,
            Subtract { Activation: Activation.None } => a - b,
            Multiply { Activation: Activation.None } => a * b,
            Binary { Function: BinaryFunction.Divide } => a / b,
            Binary { Function: BinaryFunction.Power } => b is { } exponent ? Math.Pow(a, exponent) : null,
            Binary { Function: BinaryFunction.Minimum } => b is { } other ? Math.Min(a, other) : null,
            Binary { Function: BinaryFunction.Maximum } => b is { } other ? Math.Max(a, other) : null,
            Unary { Function: UnaryFunction.Exp } => Math.Exp(a),
            Unary { Function: UnaryFunction.Log } => Math.Log(a),
            Unary { Function: UnaryFunction.Negate } => -a,
            Unary { Function: UnaryFunction.Square } => a * a,
            Unary { Function: UnaryFunction.Reciprocal } => 1 / a,
            Unary { Function: UnaryFunction.Erf } => Erf(a),
            Unary { Function: UnaryFunction.Softplus } => Math.Log(1 + Math.Exp(a)),
            ParametricUnary { Function: ParametricFunction.HardSigmoid } op => Math.Clamp((op.A * a) + op.B, 0, 1),
            ParametricUnary { Function: ParametricFunction.Affine } op => (op.A * a) + op.B,
            Sigmoid => 1 / (1 + Math.Exp(-a)),
            Tanh => Math.Tanh(a),
            Relu => Math.Max(a, 0),
            Relu6 => Math.Clamp(a, 0, 6),
            Clip op => Math.Clamp(a, op.Minimum, op.Maximum),
            _ => null,
        };
    }

    /// <summary>The error function to 1.5e-7.</summary>
    /// <remarks>Source: Abramowitz, Stegun 1964, 7.1.26.</remarks>
    private static double Erf(double x)
    {
        double t = 1 / (1 + (0.3275911 * Math.Abs(x)));
        double tail = t * (0.254829592 + (t * (-0.284496736 + (t * (1.421413741 + (t * (-1.453152027 + (t * 1.061405429))))))));
        return Math.Sign(x) * (1 - (tail * Math.Exp(-x * x)));
    }
}
