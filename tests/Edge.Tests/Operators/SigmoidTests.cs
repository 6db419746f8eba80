using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class SigmoidTests : ElementwiseTests<Sigmoid>
{
    protected override IEnumerable<Sigmoid> Operators => [default];

    protected override DoubleTensor[] Reference(Sigmoid op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!.Map(static x => 1 / (1 + Math.Exp(-x)))];
}
