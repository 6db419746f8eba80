using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class SubtractTests : BinaryTests<Subtract>
{
    protected override IEnumerable<Subtract> Operators => [new(Activation.None), new(Activation.Relu), new(Activation.Relu6), new(Activation.ReluN1To1)];

    protected override Activation ActivationOf(Subtract op) => op.Activation;

    protected override double Combine(double left, double right) => left - right;

    private protected override sbyte CombineInt8(sbyte x, sbyte y, Quantization a, Quantization b, float scale, Int8Range range) =>
        TfliteReference.Add(x, y, a.Scale, a.ZeroPoint, b.Scale, b.ZeroPoint, scale, range, subtract: true);
}
