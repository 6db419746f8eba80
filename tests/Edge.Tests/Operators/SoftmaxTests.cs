using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class SoftmaxTests : OperatorTests<Softmax>
{
    protected override IEnumerable<OperatorCase<Softmax>> Cases =>
        [new(default, Float(10)), new(new Softmax(0.5f), Float(3, 5)), new(new Softmax(-2), Float(2, 3, 17)), new(new Softmax(0), Float(4, 8)), new(default, Float(1, 1))];

    protected override IEnumerable<OperatorCase<Softmax>> LargeCases => [new(default, Float(700, 101)), new(default, Float(2, 40_001))];

    protected override IEnumerable<OperatorCase<Softmax>> BadCases => [new(default, Typed(DataType.Bool, 3)), new(default, Float())];

    protected override OperatorCase<Softmax> OfLength(int length) => new(default, Float(2, length));

    protected override DoubleTensor[] Reference(Softmax op, DoubleTensor?[] inputs, OracleRun run)
    {
        int columns = inputs[0]!.Shape[-1];
        return [new(inputs[0]!.Shape, [.. inputs[0]!.Values.Chunk(columns).SelectMany(row =>
        {
            double max = row.Max(x => op.Beta * x);
            double sum = row.Sum(x => Math.Exp((op.Beta * x) - max));
            return row.Select(x => Math.Exp((op.Beta * x) - max) / sum);
        })])];
    }

    [Fact]
    public void Large_and_infinite_logits_neither_overflow_nor_spread()
    {
        float[] x = [3e38f, -3e38f, float.NegativeInfinity, 1000, 999, float.NegativeInfinity, float.NaN, 1, 2];
        CheckForward(new OperatorCase<Softmax>(default, Float(3, 3)), [TestTensor.Float(new Shape(3, 3), x)], training: false);
    }

    protected override IEnumerable<Int8Case<Softmax>> Int8Cases(Random random)
    {
        Quantization output = new(1f / 256, -128);
        for (int i = 0; i < 150; i++)
        {
            Softmax op = new(random.Next(2) == 0 ? 1 : 0.1f + (3 * random.NextSingle()));
            Quantization input = new((float)Math.Pow(2, (random.NextDouble() * 10) - 9), Int8Testing.ZeroPoint(random));
            TestTensor x = Int8Testing.Tensor(random, new Shape(random.Next(1, 4), random.Next(1, 4), random.Next(1, 200)), input);
            yield return new(op, [x], new(DataType.Int8, x.Spec.Shape, output), TfliteReference.Softmax(Int8Testing.Elements(x), x.Spec.Shape[-1], op.Beta, input.Scale));
        }
    }

    [Fact]
    public void Int8_needs_a_scale_and_a_beta_that_the_reference_takes()
    {
        foreach ((Softmax op, float scale, Quantization output) in ((Softmax, float, Quantization)[])
            [(new(0), 0.1f, new(1f / 256, -128)), (new(-1), 0.1f, new(1f / 256, -128)), (default, 1e-9f, new(1f / 256, -128)), (default, 0.1f, new(1f / 256, 0)), (default, 0.1f, new(0.1f, -128))])
        {
            Assert.Throws<ShapeException>(() => OperatorRunner.Infer(
                Softmax.Info, op, [Typed(DataType.Int8, 3) with { Quantization = new(scale, 0) }], declared: [Typed(DataType.Int8, 3) with { Quantization = output }]));
        }
    }

    [Fact]
    public void The_default_has_beta_1() => Assert.Equal(new Softmax(1), default);
}
