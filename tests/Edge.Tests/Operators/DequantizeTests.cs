using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class DequantizeTests : OperatorTests<Dequantize>
{
    private static readonly Quantization s_quantization = new(0.3f, 7);

    protected override IEnumerable<OperatorCase<Dequantize>> Cases =>
    [
        From(DataType.Int8, s_quantization, 3, 5),
        From(DataType.UInt8, s_quantization, 3, 5),
        From(DataType.Int16, s_quantization, 3, 5),
        From(DataType.Int8, new(1e-4f, -128), 2, 7, 7, 3),
        From(DataType.Int8, new(30f, 127)),
    ];

    protected override IEnumerable<OperatorCase<Dequantize>> LargeCases =>
        [From(DataType.Int8, s_quantization, 70_001), From(DataType.UInt8, s_quantization, 70_001), From(DataType.Int16, s_quantization, 70_001)];

    protected override OperatorCase<Dequantize> OfLength(int length) => From(DataType.Int8, s_quantization, length);

    protected override IEnumerable<OperatorCase<Dequantize>> BadCases =>
    [
        new(default, Float(3)),
        From(DataType.Int32, s_quantization, 3),
        From(DataType.Int8, null, 3),
        From(DataType.Int8, new(0.5f, -129), 3),
        From(DataType.UInt8, new(0.5f, 256), 3),
        From(DataType.Int8, new(-1f, 0), 3),
        From(DataType.Int8, new([0.5f, 0.5f, 0.5f], [], 0), 3),
        From(DataType.Int8, s_quantization, 1 << 29),
    ];

    // The result is the float32 product itself.
    protected override (double Absolute, double Relative) Tolerance => (0, 0);

    protected override DoubleTensor[] Reference(Dequantize op, DoubleTensor?[] inputs, OracleRun run) => throw new InvalidOperationException("The case decides the scale.");

    protected override DoubleTensor[] Reference(OperatorCase<Dequantize> testCase, DoubleTensor?[] inputs, OracleRun run)
    {
        Quantization quantization = testCase.Inputs[0].Quantization!;
        return [inputs[0]!.Map(q => quantization.Scale * (float)(q - quantization.ZeroPoint))];
    }

    private static OperatorCase<Dequantize> From(DataType type, Quantization? quantization, params ReadOnlySpan<int> sizes) =>
        new(default, Typed(type, sizes) with { Quantization = quantization });
}
