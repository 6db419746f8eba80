using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class LeakyReluTests : ElementwiseTests<LeakyRelu>
{
    protected override IEnumerable<LeakyRelu> Operators => [new(0.01f), new(0), new(-0.5f), new(1.5f)];

    protected override double[] Kinks => [0];

    protected override DoubleTensor[] Reference(LeakyRelu op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!.Map(x => x > 0 ? x : op.Alpha * x)];

    protected override IEnumerable<Int8Case<LeakyRelu>> Int8Cases(Random random) =>
        Int8Unary.Cases(random, Operators, static (op, q, from, to) => TfliteReference.LeakyRelu(q, op.Alpha, from.Scale, from.ZeroPoint, to.Scale, to.ZeroPoint));
}
