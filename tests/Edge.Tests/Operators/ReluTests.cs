using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class ReluTests : ElementwiseTests<Relu>
{
    protected override IEnumerable<Relu> Operators => [default];

    protected override double[] Kinks => [0];

    protected override DoubleTensor[] Reference(Relu op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!.Map(static x => Math.Max(x, 0))];
}
