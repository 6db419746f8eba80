using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class PReluTests : OperatorTests<PRelu>
{
    protected override IEnumerable<OperatorCase<PRelu>> Cases =>
    [
        new(default, Float(2, 7, 7, 3), Float(3)),
        new(default, Float(2, 5, 4, 3), Float(1, 1, 3)),
        new(default, Float(2, 5, 4, 3), Float(5, 4, 3)),
        new(default, Float(3, 17), Float(1)),
        new(default, Float(3, 17), Float()),
        new(default, Float(), Float()),
        new(default, Float(4, 5), Float(4, 1)),
    ];

    protected override IEnumerable<OperatorCase<PRelu>> LargeCases => [new(default, Float(40, 30, 70), Float(70)), new(default, Float(300, 300), Float(300, 1))];

    protected override OperatorCase<PRelu> OfLength(int length) => new(default, Float(2, length), Float(length));

    protected override IEnumerable<OperatorCase<PRelu>> BadCases =>
    [
        new(default, Float(3), Float(2)),
        new(default, Float(3), Float(2, 3)),
        new(default, Float(3), Typed(DataType.Int32, 3)),
        new(default, Typed(DataType.Int32, 3), Typed(DataType.Int32, 3)),
        new(default, Float(1), Float(3)),
    ];

    protected override double[] Kinks => [0];

    protected override DoubleTensor[] Reference(PRelu op, DoubleTensor?[] inputs, OracleRun run) => [BroadcastOracle.Combine(inputs[0]!, inputs[1]!, static (x, alpha) => x < 0 ? x * alpha : x)];

    protected override IEnumerable<Int8Case<PRelu>> Int8Cases(Random random)
    {
        foreach (OperatorCase<PRelu> testCase in Cases.Concat(Cases).Concat(Cases))
        {
            Quantization x = Int8Testing.Quantization(random), alpha = new(MathF.Pow(2, -8 + (4 * random.NextSingle())), Int8Testing.ZeroPoint(random));
            Quantization output = new(x.Scale * MathF.Pow(2, (3 * random.NextSingle()) - 1), Int8Testing.ZeroPoint(random));
            TestTensor left = Int8Testing.Tensor(random, testCase.Inputs[0].Shape, x), right = Int8Testing.Tensor(random, testCase.Inputs[1].Shape, alpha);
            DoubleTensor expected = BroadcastOracle.Combine(left.ToDouble(), right.ToDouble(), (a, b) => TfliteReductions.PRelu((sbyte)a, (sbyte)b, x, alpha, output));
            yield return new(default, [left, right], new(DataType.Int8, expected.Shape, output), Array.ConvertAll(expected.Values, static value => (sbyte)value));
        }
    }
}
