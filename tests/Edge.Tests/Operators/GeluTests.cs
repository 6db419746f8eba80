using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class GeluTests : ElementwiseTests<Gelu>
{
    protected override IEnumerable<Gelu> Operators => [new(false), new(true)];

    protected override TestTensor Fill(OperatorCase<Gelu> testCase, int input, CounterRandom random) => Uniform(testCase.Inputs[input], random, -6, 6);

    protected override DoubleTensor[] Reference(Gelu op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!.Map(x => Value(op, x))];

    protected override IEnumerable<Int8Case<Gelu>> Int8Cases(Random random) =>
        Int8Unary.Cases(random, Operators, static (op, q, from, to) => TfliteFunctions.Table(q, from, to, x => TfliteFunctions.Gelu((float)x, op.Approximate)));

    private static double Value(Gelu op, double x) => op.Approximate
        ? 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))))
        : 0.5 * x * SpecialFunctions.ComplementaryError(-x / Math.Sqrt(2));
}
