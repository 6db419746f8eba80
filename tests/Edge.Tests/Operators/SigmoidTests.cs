using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class SigmoidTests : ElementwiseTests<Sigmoid>
{
    protected override IEnumerable<Sigmoid> Operators => [default];

    protected override DoubleTensor[] Reference(Sigmoid op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!.Map(static x => 1 / (1 + Math.Exp(-x)))];

    protected override IEnumerable<Int8Case<Sigmoid>> Int8Cases(Random random) =>
        Int8Unary.Cases(random, Operators, static (op, q, from, to) => TfliteReference.Logistic(q, from.Scale, from.ZeroPoint, tanh: false), new Quantization(1f / 256, -128));
}
