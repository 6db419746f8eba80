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
        From(DataType.Int8, new([0.5f, 0.25f, 2f], [1, -3, 0], 0), 3, 70),
        From(DataType.UInt8, new([0.5f, 0.25f, 2f], [1, 3, 255], 1), 2, 3, 5),
        From(DataType.Int16, new([0.5f, 0.25f], [], 2), 2, 3, 2),
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
        From(DataType.Int8, new([0.5f, 0.5f, 0.5f], [], 0), 4),
        From(DataType.Int8, new([0.5f, 0.5f, 0.5f], [0, 128, 0], 0), 3),
        From(DataType.Int8, new([0.5f, 0.5f, 0.5f], [], 1), 3),
        From(DataType.Int8, s_quantization, 1 << 29),
    ];

    // The result is the float32 product itself.
    protected override (double Absolute, double Relative) Tolerance => (0, 0);

    protected override DoubleTensor[] Reference(Dequantize op, DoubleTensor?[] inputs, OracleRun run) => throw new InvalidOperationException("The case decides the scale.");

    protected override DoubleTensor[] Reference(OperatorCase<Dequantize> testCase, DoubleTensor?[] inputs, OracleRun run)
    {
        Quantization quantization = testCase.Inputs[0].Quantization!;
        int axis = quantization.Axis;
        DoubleTensor q = inputs[0]!, x = new(q.Shape);
        for (int i = 0; i < q.Length; i++)
        {
            int channel = axis < 0 ? 0 : i / q.Shape.Product(axis + 1, q.Shape.Rank) % q.Shape[axis];
            x[i] = quantization.Scales[channel] * (float)(q[i] - quantization.ZeroPoints[channel]);
        }

        return [x];
    }

    private static OperatorCase<Dequantize> From(DataType type, Quantization? quantization, params ReadOnlySpan<int> sizes) =>
        new(default, Typed(type, sizes) with { Quantization = quantization });
}
