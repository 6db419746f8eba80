using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class HardSwishTests : ElementwiseTests<HardSwish>
{
    protected override IEnumerable<HardSwish> Operators => [default];

    protected override double[] Kinks => [-3, 3];

    protected override TestTensor Fill(OperatorCase<HardSwish> testCase, int input, CounterRandom random) => Uniform(testCase.Inputs[input], random, -6, 6);

    protected override DoubleTensor[] Reference(HardSwish op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!.Map(static x => x * Math.Clamp(x + 3, 0, 6) / 6)];

    protected override IEnumerable<Int8Case<HardSwish>> Int8Cases(Random random) =>
        Int8Unary.Cases(random, Operators, static (op, q, from, to) => TfliteReference.HardSwish(q, from.Scale, from.ZeroPoint, to.Scale, to.ZeroPoint));
}
