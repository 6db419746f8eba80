using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class TanhTests : ElementwiseTests<Tanh>
{
    protected override IEnumerable<Tanh> Operators => [default];

    protected override (double Absolute, double Relative) Tolerance => (0, 3e-7);

    protected override (double Absolute, double Relative) GradientTolerance => (1e-7, 1e-4);

    protected override DoubleTensor[] Reference(Tanh op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!.Map(Math.Tanh)];

    protected override IEnumerable<Int8Case<Tanh>> Int8Cases(Random random) =>
        Int8Unary.Cases(random, Operators, static (op, q, from, to) => TfliteReference.Logistic(q, from.Scale, from.ZeroPoint, tanh: true), new Quantization(1f / 128, 0));
}
