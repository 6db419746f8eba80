using Edge.Runtime.Kernels;
using Edge.Tests.Harness;

namespace Edge.Tests.Kernels.Quantized;

public sealed class AffineQuantizationTests
{
    private readonly Random _random = new(61);

    [Fact]
    public void Every_length_is_quantized_like_the_reference()
    {
        for (int length = 0; length <= 256; length++)
        {
            float scale = Int8Testing.Scale(_random);
            int zeroPoint = Int8Testing.ZeroPoint(_random);
            float[] values = new float[length];
            for (int i = 0; i < length; i++)
            {
                values[i] = Value(scale);
            }

            using GuardedArray<float> x = Int8Testing.Guarded(values);
            using GuardedArray<sbyte> int8 = new(length);
            using GuardedArray<byte> uint8 = new(length);
            using GuardedArray<short> int16 = new(length);
            AffineQuantization.Quantize(x.Span, scale, zeroPoint, int8.Span);
            AffineQuantization.Quantize(x.Span, scale, zeroPoint + 128, uint8.Span);
            AffineQuantization.Quantize(x.Span, scale, zeroPoint, int16.Span);
            for (int i = 0; i < length; i++)
            {
                Assert.Equal(TfliteReference.Quantize(values[i], scale, zeroPoint, -128, 127), int8.Span[i]);
                Assert.Equal(TfliteReference.Quantize(values[i], scale, zeroPoint + 128, 0, 255), uint8.Span[i]);
                Assert.Equal(TfliteReference.Quantize(values[i], scale, zeroPoint, short.MinValue, short.MaxValue), int16.Span[i]);
            }
        }
    }

    [Fact]
    public void Every_length_is_dequantized_like_the_reference()
    {
        for (int length = 0; length <= 256; length++)
        {
            float scale = Int8Testing.Scale(_random);
            int zeroPoint = Int8Testing.ZeroPoint(_random);
            sbyte[] values = Int8Testing.Values(_random, length);
            using GuardedArray<sbyte> int8 = Int8Testing.Guarded(values);
            using GuardedArray<byte> uint8 = new(length);
            using GuardedArray<short> int16 = new(length);
            for (int i = 0; i < length; i++)
            {
                uint8.Span[i] = (byte)values[i];
                int16.Span[i] = (short)(values[i] * 257);
            }

            using GuardedArray<float> x = new(length);
            AffineQuantization.Dequantize(int8.Span, scale, zeroPoint, x.Span);
            for (int i = 0; i < length; i++)
            {
                Assert.Equal(scale * (values[i] - zeroPoint), x.Span[i]);
            }

            AffineQuantization.Dequantize(uint8.Span, scale, zeroPoint + 128, x.Span);
            for (int i = 0; i < length; i++)
            {
                Assert.Equal(scale * ((byte)values[i] - zeroPoint - 128), x.Span[i]);
            }

            AffineQuantization.Dequantize(int16.Span, scale, 0, x.Span);
            for (int i = 0; i < length; i++)
            {
                Assert.Equal(scale * (short)(values[i] * 257), x.Span[i]);
            }
        }
    }

    [Theory]
    [InlineData(0.5f, 1)]
    [InlineData(-0.5f, -1)]
    [InlineData(2.5f, 3)]
    [InlineData(0.49999997f, 0)]
    [InlineData(1e30f, 127)]
    [InlineData(float.NegativeInfinity, -128)]
    [InlineData(float.NaN, 0)]
    public void Halves_leave_zero_and_special_values_stay_inside(float x, int expected)
    {
        float[] many = new float[40];
        Array.Fill(many, x);
        sbyte[] q = new sbyte[40];
        AffineQuantization.Quantize(many, 1f, 0, q);
        Assert.All(q, value => Assert.Equal(expected, value));
    }

    private float Value(float scale) => _random.Next(12) switch
    {
        0 => float.NaN,
        1 => float.PositiveInfinity,
        2 => float.NegativeInfinity,
        3 => -0f,
        4 => float.MaxValue,
        5 => (_random.Next(-400, 400) + 0.5f) * scale,
        6 => 1e6f * scale,
        _ => (float)(_random.NextDouble() * 600 - 300) * scale,
    };
}
