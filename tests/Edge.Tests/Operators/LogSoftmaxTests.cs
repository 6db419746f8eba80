using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class LogSoftmaxTests : OperatorTests<LogSoftmax>
{
    protected override IEnumerable<OperatorCase<LogSoftmax>> Cases =>
        [new(default, Float(10)), new(default, Float(3, 5)), new(default, Float(2, 3, 17)), new(default, Float(4, 8)), new(default, Float(1, 1))];

    protected override IEnumerable<OperatorCase<LogSoftmax>> LargeCases => [new(default, Float(700, 101)), new(default, Float(2, 40_001))];

    protected override IEnumerable<OperatorCase<LogSoftmax>> BadCases => [new(default, Typed(DataType.Bool, 3)), new(default, Float()), new(default, Typed(DataType.Int32, 3))];

    protected override OperatorCase<LogSoftmax> OfLength(int length) => new(default, Float(2, length));

    protected override DoubleTensor[] Reference(LogSoftmax op, DoubleTensor?[] inputs, OracleRun run) =>
        [new(inputs[0]!.Shape, [.. inputs[0]!.Values.Chunk(inputs[0]!.Shape[-1]).SelectMany(static row =>
        {
            double max = row.Max();
            double log = Math.Log(row.Sum(x => Math.Exp(x - max)));
            return row.Select(x => x - max - log);
        })])];

    protected override IEnumerable<Int8Case<LogSoftmax>> Int8Cases(Random random)
    {
        Quantization output = new(1f / 16, 127);
        for (int i = 0; i < 150; i++)
        {
            Quantization input = new((float)Math.Pow(2, (random.NextDouble() * 10) - 9), Int8Testing.ZeroPoint(random));
            TestTensor x = Int8Testing.Tensor(random, new Shape(random.Next(1, 4), random.Next(1, 4), random.Next(1, 200)), input);
            yield return new(default, [x], new(DataType.Int8, x.Spec.Shape, output), TfliteReductions.LogSoftmax(Int8Testing.Elements(x), x.Spec.Shape[-1], input.Scale));
        }
    }

    [Fact]
    public void The_fixed_point_logarithm_is_the_references_and_close_to_the_true_one()
    {
        Random random = new(5);
        for (int i = 0; i < 20_000; i++)
        {
            int x = (int)Math.Min(int.MaxValue, Math.Pow(2, 19 + (12 * random.NextDouble())));
            int log = FixedPointFunctions.Log(x);
            Assert.Equal(TfliteReductions.Log(x), log);
            Assert.InRange((log / Math.Pow(2, 26)) - Math.Log(x / Math.Pow(2, 19)), -1e-6, 1e-6);
        }
    }
}
