using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class RequantizeTests : OperatorTests<Requantize>
{
    private static readonly Quantization s_from = new(0.3f, 7);

    protected override IEnumerable<OperatorCase<Requantize>> Cases =>
    [
        Between(DataType.Int8, s_from, DataType.Int8, new(0.5f, -3), 3, 5),
        Between(DataType.UInt8, s_from, DataType.UInt8, new(0.2f, 30), 3, 5),
        Between(DataType.UInt8, s_from, DataType.Int8, new(0.3f, -121), 2, 7, 7, 3),
        Between(DataType.Int8, s_from, DataType.UInt8, new(0.01f, 128), 2, 7, 7, 3),
        Between(DataType.Int8, s_from, DataType.Int8, s_from),
    ];

    protected override IEnumerable<OperatorCase<Requantize>> LargeCases => [Between(DataType.Int8, s_from, DataType.UInt8, new(0.5f, 3), 70_001)];

    protected override OperatorCase<Requantize> OfLength(int length) => Between(DataType.Int8, s_from, DataType.Int8, new(0.5f, -3), length);

    protected override IEnumerable<OperatorCase<Requantize>> BadCases =>
    [
        Between(DataType.Float32, null, DataType.Int8, s_from, 3),
        Between(DataType.Int32, s_from, DataType.Int8, s_from, 3),
        Between(DataType.Int8, s_from, DataType.Int32, s_from, 3),
        Between(DataType.Int16, new(0.3f, 40_000), DataType.Int8, s_from, 3),
        Between(DataType.Int8, null, DataType.Int8, s_from, 3),
        Between(DataType.Int8, s_from, DataType.Int8, null, 3),
        Between(DataType.Int8, new(0.3f, 200), DataType.UInt8, s_from, 3),
        Between(DataType.Int8, s_from, DataType.UInt8, new(0.3f, -1), 3),
        Between(DataType.Int8, new(1e30f, 0), DataType.UInt8, s_from, 3),
        Between(DataType.Int8, s_from, DataType.UInt8, new(0f, 0), 3),
    ];

    protected override IEnumerable<Int8Case<Requantize>> Int8Cases(Random random) =>
        Int8Unary.Cases(random, [default(Requantize)], static (_, q, from, to) => (sbyte)TfliteReference.Requantize(q, from.Scale, from.ZeroPoint, to.Scale, to.ZeroPoint, -128, 127));

    protected override DoubleTensor[] Reference(Requantize op, DoubleTensor?[] inputs, OracleRun run) => throw new InvalidOperationException("The case decides the scales.");

    protected override DoubleTensor[] Reference(OperatorCase<Requantize> testCase, DoubleTensor?[] inputs, OracleRun run)
    {
        Quantization from = testCase.Inputs[0].Quantization!, to = testCase.Declared![0].Quantization!;
        (int low, int high) = testCase.Declared[0].Type == DataType.Int8 ? (-128, 127) : (0, 255);
        return [inputs[0]!.Map(q => TfliteReference.Requantize((int)q, from.Scale, from.ZeroPoint, to.Scale, to.ZeroPoint, low, high))];
    }

    private static OperatorCase<Requantize> Between(DataType type, Quantization? from, DataType toType, Quantization? to, params ReadOnlySpan<int> sizes) =>
        new(default, Typed(type, sizes) with { Quantization = from }) { Declared = [Typed(toType, sizes) with { Quantization = to }] };
}
