using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class Relu6Tests : ElementwiseTests<Relu6>
{
    protected override IEnumerable<Relu6> Operators => [default];

    protected override double[] Kinks => [0, 6];

    protected override TestTensor Fill(OperatorCase<Relu6> testCase, int input, CounterRandom random) => Uniform(testCase.Inputs[input], random, -4, 10);

    protected override DoubleTensor[] Reference(Relu6 op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!.Map(static x => Math.Clamp(x, 0, 6))];

    protected override IEnumerable<Int8Case<Relu6>> Int8Cases(Random random) =>
        Int8Unary.Cases(random, Operators, static (op, q, from, to) => TfliteReference.Relu(q, 0, 6, from.Scale, from.ZeroPoint, to.Scale, to.ZeroPoint));
}
