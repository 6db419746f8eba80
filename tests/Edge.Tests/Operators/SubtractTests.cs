using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class SubtractTests : BinaryTests<Subtract>
{
    protected override IEnumerable<Subtract> Operators => [new(Activation.None), new(Activation.Relu), new(Activation.Relu6), new(Activation.ReluN1To1)];

    protected override Activation ActivationOf(Subtract op) => op.Activation;

    protected override double Combine(double left, double right) => left - right;
}
