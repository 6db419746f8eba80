using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class QuantizeTests : OperatorTests<Quantize>
{
    // A power of two: quotients are exact, so the oracle in double sees the halves that float32 sees.
    private static readonly Quantization s_small = new(0.015625f, -7);
    private static readonly Quantization s_bytes = new(0.015625f, 130);
    private static readonly Quantization s_words = new(0.00006103515625f, 0);

    protected override IEnumerable<OperatorCase<Quantize>> Cases =>
    [
        To(DataType.Int8, s_small, 3, 5),
        To(DataType.UInt8, s_bytes, 3, 5),
        To(DataType.Int16, s_words, 3, 5),
        To(DataType.Int8, s_small, 2, 7, 7, 3),
        To(DataType.Int8, s_small),
    ];

    protected override IEnumerable<OperatorCase<Quantize>> LargeCases => [To(DataType.Int8, s_small, 70_001), To(DataType.UInt8, s_bytes, 70_001), To(DataType.Int16, s_words, 70_001)];

    protected override OperatorCase<Quantize> OfLength(int length) => To(DataType.Int8, s_small, length);

    protected override IEnumerable<OperatorCase<Quantize>> BadCases =>
    [
        To(DataType.Float32, s_small, 3),
        To(DataType.Int32, s_small, 3),
        To(DataType.Int8, null, 3),
        To(DataType.Int8, new(0.5f, 128), 3),
        To(DataType.UInt8, new(0.5f, -1), 3),
        To(DataType.Int16, new(0.5f, 40_000), 3),
        To(DataType.Int8, new(0f, 1), 3),
        To(DataType.Int8, new(float.NaN, 1), 3),
        To(DataType.Int8, new(float.PositiveInfinity, 1), 3),
        To(DataType.Int8, new(1e-30f, 1), 3),
        To(DataType.Int8, new([0.5f, 0.5f, 0.5f], [], 0), 3),
        new(default, Typed(DataType.Int8, 3)) { Declared = [Typed(DataType.Int8, 3) with { Quantization = s_small }] },
    ];

    [Fact]
    public void Halves_go_away_from_zero_and_what_lies_beyond_saturates()
    {
        float[] values = [0, 0.25f, -0.25f, 0.75f, 1e9f, -1e9f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 0.2499999f];
        using OperatorRunner runner = new(
            Quantize.Info, default(Quantize), [TestTensor.Float(new Shape(10), values)], new RunnerOptions { Declared = [new(DataType.Int8, new Shape(10), new(0.5f, 3))] });
        runner.Forward();
        Assert.Equal([3, 4, 2, 5, 127, -128, 127, -128, 3, 3], runner.Output<sbyte>().ToArray());
    }

    protected override DoubleTensor[] Reference(Quantize op, DoubleTensor?[] inputs, OracleRun run) => throw new InvalidOperationException("The case decides the type of the output.");

    protected override DoubleTensor[] Reference(OperatorCase<Quantize> testCase, DoubleTensor?[] inputs, OracleRun run)
    {
        TensorSpec output = testCase.Declared![0];
        (int low, int high) = output.Type switch { DataType.Int8 => (-128, 127), DataType.UInt8 => (0, 255), _ => (-32_768, 32_767) };
        return [inputs[0]!.Map(x => TfliteReference.Quantize((float)x, output.Quantization!.Scale, output.Quantization.ZeroPoint, low, high))];
    }

    private static OperatorCase<Quantize> To(DataType type, Quantization? quantization, params ReadOnlySpan<int> sizes) =>
        new(default, Float(sizes)) { Declared = [new(type, new Shape(sizes), quantization)] };
}
