using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class TanhTests : ElementwiseTests<Tanh>
{
    protected override IEnumerable<Tanh> Operators => [default];

    protected override (double Absolute, double Relative) Tolerance => (0, 3e-7);

    protected override (double Absolute, double Relative) GradientTolerance => (1e-7, 1e-4);

    protected override DoubleTensor[] Reference(Tanh op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!.Map(Math.Tanh)];
}
