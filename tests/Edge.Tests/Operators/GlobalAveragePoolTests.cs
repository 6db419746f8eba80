using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class GlobalAveragePoolTests : OperatorTests<GlobalAveragePool>
{
    protected override IEnumerable<OperatorCase<GlobalAveragePool>> Cases =>
    [
        new(new(false), Float(2, 3, 4, 5)),
        new(new(true), Float(2, 3, 4, 5)),
        new(new(false), Float(1, 1, 1, 1)),
        new(new(true), Float(3, 7, 1, 17)),
    ];

    protected override IEnumerable<OperatorCase<GlobalAveragePool>> BadCases =>
        [new(default, Float(3, 4, 5)), new(default, Float(1, 0, 4, 5)), new(default, Typed(DataType.UInt8, 1, 3, 4, 5)), new(default, Typed(DataType.Int8, 1, 3, 4, 5))];

    protected override IEnumerable<OperatorCase<GlobalAveragePool>> LargeCases => [new(default, Float(4, 56, 56, 40))];

    protected override OperatorCase<GlobalAveragePool> OfLength(int length) => new(default, Float(2, 2, 3, length));

    [Fact]
    public void Int8_keeps_the_inputs_parameters() => PoolCases.AssertInt8(GlobalAveragePool.Info, default(GlobalAveragePool));

    protected override IEnumerable<Int8Case<GlobalAveragePool>> Int8Cases(Random random)
    {
        for (int i = 0; i < 100; i++)
        {
            int batch = random.Next(1, 4), height = random.Next(1, 12), width = random.Next(1, 12), channels = random.Next(1, 70);
            Quantization quantization = Int8Testing.Quantization(random);
            TestTensor x = Int8Testing.Tensor(random, new Shape(batch, height, width, channels), quantization);
            sbyte[] expected = TfliteReference.Pool(new(batch, height, width, channels, 1, 1, channels, height, width), average: true, Int8Testing.Elements(x), -128, 127);
            bool keepDims = random.Next(2) == 0;
            yield return new(new(keepDims), [x], new(DataType.Int8, keepDims ? new(batch, 1, 1, channels) : new(batch, channels), quantization), expected);
        }
    }

    protected override DoubleTensor[] Reference(GlobalAveragePool op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        DoubleTensor y = PoolCases.Pool(x, x.Shape[1], x.Shape[2], 1, 1, default, static values => values.Average());
        return [op.KeepDims ? y : new(new Shape(x.Shape[0], x.Shape[3]), y.Values)];
    }
}
