using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class L2NormalizationTests : OperatorTests<L2Normalization>
{
    protected override IEnumerable<OperatorCase<L2Normalization>> Cases =>
        [new(new(1e-6f), Float(10)), new(new(1e-6f), Float(3, 5)), new(new(0.5f), Float(2, 3, 17)), new(new(100f), Float(4, 8)), new(new(1e-6f), Float(2, 7, 7, 3))];

    protected override IEnumerable<OperatorCase<L2Normalization>> LargeCases => [new(new(1e-6f), Float(700, 101)), new(new(1e-6f), Float(2, 40_001))];

    protected override IEnumerable<OperatorCase<L2Normalization>> BadCases =>
    [
        new(new(1e-6f), Typed(DataType.Int32, 3)), new(new(1e-6f), Float()), new(new(0), Float(3)), new(new(float.PositiveInfinity), Float(3)), new(new(float.NaN), Float(3)),
    ];

    protected override OperatorCase<L2Normalization> OfLength(int length) => new(new(1e-6f), Float(2, length));

    // A row of one element has a constant length of 1 but for its sign: far from 0 the differences are 0.
    protected override double[] Kinks => [0];

    protected override DoubleTensor[] Reference(L2Normalization op, DoubleTensor?[] inputs, OracleRun run) =>
        [new(inputs[0]!.Shape, [.. inputs[0]!.Values.Chunk(inputs[0]!.Shape[-1]).SelectMany(row =>
        {
            double length = Math.Max(Math.Sqrt(row.Sum(static x => x * x)), op.Epsilon);
            return row.Select(x => x / length);
        })])];

    protected override IEnumerable<Int8Case<L2Normalization>> Int8Cases(Random random)
    {
        for (int i = 0; i < 100; i++)
        {
            Quantization input = Int8Testing.Quantization(random);
            TestTensor x = Int8Testing.Tensor(random, new Shape(random.Next(1, 4), random.Next(1, 4), random.Next(1, 200)), input);
            yield return new(
                new(1e-6f), [x], new(DataType.Int8, x.Spec.Shape, new(1f / 128, 0)), TfliteReductions.L2Normalization(Int8Testing.Elements(x), x.Spec.Shape[-1], input.ZeroPoint));
        }
    }
}
