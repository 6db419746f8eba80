using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class MultiplyTests : BinaryTests<Multiply>
{
    protected override IEnumerable<Multiply> Operators => [new(Activation.None), new(Activation.Relu), new(Activation.Relu6), new(Activation.ReluN1To1)];

    protected override Activation ActivationOf(Multiply op) => op.Activation;

    protected override double Combine(double left, double right) => left * right;
}
