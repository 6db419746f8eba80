using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class ParametricUnaryTests : ElementwiseTests<ParametricUnary>
{
    protected override IEnumerable<ParametricUnary> Operators =>
    [
        new(ParametricFunction.Elu, 1),
        new(ParametricFunction.Elu, 0.3f),
        new(ParametricFunction.Selu, 1.67326319f, 1.05070102f),
        new(ParametricFunction.Celu, 2),
        new(ParametricFunction.HardSigmoid, 0.2f, 0.5f),
        new(ParametricFunction.HardSigmoid, 1f / 6, 0.5f),
        new(ParametricFunction.ThresholdedRelu, 0.75f),
        new(ParametricFunction.Shrink, 0.5f, 0.25f),
        new(ParametricFunction.Shrink, 1, 0),
        new(ParametricFunction.Mish, 0),
        new(ParametricFunction.Swish, 1),
        new(ParametricFunction.Swish, 1.702f),
        new(ParametricFunction.Affine, -1.5f, 0.25f),
    ];

    protected override double[] Kinks => [-3, -2.5, -1, -0.5, 0, 0.5, 0.75, 1, 2.5, 3];

    protected override IEnumerable<OperatorCase<ParametricUnary>> BadCases =>
    [
        .. base.BadCases,
        new(new(ParametricFunction.Celu, 0), Float(3)),
        new(new(ParametricFunction.Elu, float.NaN), Float(3)),
        new(new(ParametricFunction.Selu, 1, float.PositiveInfinity), Float(3)),
        new(new((ParametricFunction)99, 1), Float(3)),
    ];

    protected override TestTensor Fill(OperatorCase<ParametricUnary> testCase, int input, CounterRandom random) => Uniform(testCase.Inputs[input], random, -4, 4);

    // −∞ · 0 is NaN in Mish and Swish, here as in the oracle.
    protected override DoubleTensor[] Reference(ParametricUnary op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!.Map(x => Value(op, x))];

    protected override IEnumerable<Int8Case<ParametricUnary>> Int8Cases(Random random) =>
        Int8Unary.Cases(random, Operators, static (op, q, from, to) => TfliteFunctions.Table(q, from, to, x => Value(op, x)));

    private static double Value(ParametricUnary op, double x) => op.Function switch
    {
        ParametricFunction.Elu => x > 0 ? x : op.A * (Math.Exp(x) - 1),
        ParametricFunction.Selu => op.B * (x > 0 ? x : op.A * (Math.Exp(x) - 1)),
        ParametricFunction.Celu => Math.Max(0, x) + Math.Min(0, op.A * (Math.Exp(x / op.A) - 1)),
        ParametricFunction.HardSigmoid => Math.Max(0, Math.Min(1, (op.A * x) + op.B)),
        ParametricFunction.ThresholdedRelu => double.IsNaN(x) || x > op.A ? x : 0,
        ParametricFunction.Shrink => double.IsNaN(x) ? x : x < -op.A ? x + op.B : x > op.A ? x - op.B : 0,
        ParametricFunction.Mish => x * Math.Tanh(x > 30 ? x : Math.Log(1 + Math.Exp(x))),
        ParametricFunction.Swish => x / (1 + Math.Exp(-op.A * x)),
        _ => (op.A * x) + op.B,
    };
}
