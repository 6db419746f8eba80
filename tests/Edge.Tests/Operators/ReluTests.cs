using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class ReluTests : ElementwiseTests<Relu>
{
    protected override IEnumerable<Relu> Operators => [default];

    protected override double[] Kinks => [0];

    protected override DoubleTensor[] Reference(Relu op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!.Map(static x => Math.Max(x, 0))];

    protected override IEnumerable<Int8Case<Relu>> Int8Cases(Random random) =>
        Int8Unary.Cases(random, Operators, static (op, q, from, to) => TfliteReference.Relu(q, 0, float.PositiveInfinity, from.Scale, from.ZeroPoint, to.Scale, to.ZeroPoint));
}
