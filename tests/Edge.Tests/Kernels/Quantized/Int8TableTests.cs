using System.Runtime.InteropServices;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Kernels.Quantized;

public sealed class Int8TableTests
{
    private readonly byte[] _table = new byte[Int8Table.Bytes];
    private readonly Random _random = new(51);

    [Fact]
    public void Every_length_is_looked_up()
    {
        _random.NextBytes(_table);
        for (int length = 0; length <= 256; length++)
        {
            byte[] values = new byte[length];
            _random.NextBytes(values);
            using GuardedArray<byte> input = Int8Testing.Guarded(values);
            using GuardedArray<byte> output = new(length);
            Int8Table.Apply(_table, input.Span, output.Span);
            Int8Table.Apply(_table, input.Span, input.Span);             // in place
            for (int i = 0; i < length; i++)
            {
                Assert.Equal(_table[values[i]], output.Span[i]);
                Assert.Equal(_table[values[i]], input.Span[i]);
            }
        }
    }

    [Fact]
    public void Requantization_equals_the_reference()
    {
        for (int i = 0; i < 400; i++)
        {
            bool inputSigned = _random.Next(2) == 0;
            bool outputSigned = !inputSigned || _random.Next(2) == 0;
            float inputScale = Int8Testing.Scale(_random);
            float outputScale = _random.Next(3) == 0 ? inputScale : inputScale * (float)Math.Pow(2, _random.NextDouble() * 8 - 4);
            int inputZero = Int8Testing.ZeroPoint(_random) + (inputSigned ? 0 : 128);
            int outputZero = Int8Testing.ZeroPoint(_random) + (outputSigned ? 0 : 128);
            Int8Table.FillRequantize(inputScale, inputZero, inputSigned, outputScale, outputZero, outputSigned, _table);
            for (int q = 0; q < 256; q++)
            {
                int expected = TfliteReference.Requantize(
                    inputSigned ? (sbyte)q : q, inputScale, inputZero, outputScale, outputZero, outputSigned ? -128 : 0, outputSigned ? 127 : 255);
                Assert.Equal((byte)expected, _table[q]);
            }
        }

        // Equal scales and zero points 128 apart: TFLite's own short cut is an exclusive or.
        Int8Table.FillRequantize(0.1f, 128, inputSigned: false, 0.1f, 0, outputSigned: true, _table);
        for (int q = 0; q < 256; q++)
        {
            Assert.Equal(q ^ 0x80, _table[q]);
        }
    }

    [Theory]
    [InlineData(Activation.Relu, 0f, float.PositiveInfinity)]
    [InlineData(Activation.Relu6, 0f, 6f)]
    [InlineData(Activation.ReluN1To1, -1f, 1f)]
    public void Clamps_equal_the_reference(Activation activation, float min, float max)
    {
        for (int i = 0; i < 200; i++)
        {
            (float inputScale, int inputZero, float outputScale, int outputZero) = Quantities();
            Int8Table.FillClamp(activation, inputScale, inputZero, outputScale, outputZero, _table);
            Check(q => TfliteReference.Relu(q, min, max, inputScale, inputZero, outputScale, outputZero));
        }
    }

    [Fact]
    public void Relu6_of_equal_quantization_only_clamps()
    {
        // Relu6Quantized of TFLite Micro: no multiplication at all.
        Int8Table.FillClamp(Activation.Relu6, 0.05f, -10, 0.05f, -10, _table);
        Check(q => (sbyte)Math.Clamp((int)q, -10, 110));
    }

    [Fact]
    public void Leaky_relu_equals_the_reference()
    {
        for (int i = 0; i < 400; i++)
        {
            (float inputScale, int inputZero, float outputScale, int outputZero) = Quantities();
            float alpha = i switch { 0 => 0f, 1 => 1f, 2 => 0.01f, _ => (float)(_random.NextDouble() * 3 - 1) };
            Int8Table.FillLeakyRelu(alpha, inputScale, inputZero, outputScale, outputZero, _table);
            Check(q => TfliteReference.LeakyRelu(q, alpha, inputScale, inputZero, outputScale, outputZero));
        }
    }

    [Fact]
    public void Logistic_and_tanh_equal_the_reference()
    {
        for (int i = 0; i < 300; i++)
        {
            float scale = i == 0 ? 8f : i == 1 ? 1000f : i == 2 ? 1e-7f : Int8Testing.Scale(_random);
            int zeroPoint = Int8Testing.ZeroPoint(_random);
            Int8Table.FillLogistic(scale, zeroPoint, _table);
            Check(q => TfliteReference.Logistic(q, scale, zeroPoint, tanh: false));
            Int8Table.FillTanh(scale, zeroPoint, _table);
            Check(q => TfliteReference.Logistic(q, scale, zeroPoint, tanh: true));
        }
    }

    [Fact]
    public void Logistic_and_tanh_are_near_the_real_functions()
    {
        const float Scale = 0.05f;
        Int8Table.FillLogistic(Scale, 7, _table);
        for (int q = -128; q < 128; q++)
        {
            Assert.Equal(Math.Min(256 / (1 + Math.Exp(-Scale * (q - 7))) - 128, 127), (sbyte)_table[(byte)q], 0.51);
        }

        Int8Table.FillTanh(Scale, 7, _table);
        for (int q = -128; q < 128; q++)
        {
            Assert.Equal(Math.Min(128 * Math.Tanh(Scale * (q - 7)), 127), (sbyte)_table[(byte)q], 0.51);
        }
    }

    [Fact]
    public void Hard_swish_equals_the_reference()
    {
        for (int i = 0; i < 600; i++)
        {
            (float inputScale, int inputZero, float outputScale, int outputZero) = Quantities();
            Int8Table.FillHardSwish(inputScale, inputZero, outputScale, outputZero, _table);
            Check(q => TfliteReference.HardSwish(q, inputScale, inputZero, outputScale, outputZero));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Int8Table.FillHardSwish(1f, 0, 1f / 300f, 0, _table));

        Int8Table.FillHardSwish(0.05f, 3, 0.05f, -100, _table);
        for (int q = -128; q < 128; q++)
        {
            double x = 0.05f * (q - 3);
            double y = x * Math.Clamp(x + 3, 0, 6) / 6 / 0.05f - 100;
            Assert.Equal(Math.Clamp(y, -128, 127), (sbyte)_table[(byte)q], 1.01);
        }
    }

    [Fact]
    public void Softmax_equals_the_reference()
    {
        int[] table = new int[Int8Softmax.TableLength];
        for (int depth = 1; depth <= 256; depth++)
        {
            float scale = _random.Next(10) switch { 0 => 40f, 1 => 1e-4f, _ => Int8Testing.Scale(_random) };
            float beta = _random.Next(3) == 0 ? 0.7f : 1f;
            sbyte[] values = Int8Testing.Values(_random, depth * 3);
            using GuardedArray<sbyte> input = Int8Testing.Guarded(values);
            using GuardedArray<sbyte> output = new(values.Length);
            Int8Softmax.Prepare(beta, scale, table);
            Int8Softmax.Run(table, depth, input.Span, output.Span);
            Assert.Equal(TfliteReference.Softmax(values, depth, beta, scale), output.Span.ToArray());
            Int8Softmax.Run(table, depth, input.Span, input.Span);
            Assert.Equal(output.Span.ToArray(), input.Span.ToArray());
        }
    }

    [Fact]
    public void Softmax_of_very_long_rows_is_nothing_everywhere()
    {
        int[] table = new int[Int8Softmax.TableLength];
        Int8Softmax.Prepare(1, 0.1f, table);
        sbyte[] equal = new sbyte[511];
        Int8Softmax.Run(table, 511, equal, equal);
        Assert.All(equal, y => Assert.Equal(-127, y));                   // 256/511 rounds to 1
        equal = new sbyte[100_000];
        Int8Softmax.Run(table, 100_000, equal, equal);
        Assert.All(equal, y => Assert.Equal(-128, y));
        Assert.Throws<ArgumentOutOfRangeException>(() => Int8Softmax.Prepare(1, 1e-9f, table));
        Assert.Throws<ArgumentOutOfRangeException>(() => Int8Softmax.Prepare(float.NaN, 1, table));
    }

    private (float InputScale, int InputZero, float OutputScale, int OutputZero) Quantities()
    {
        float inputScale = Int8Testing.Scale(_random);
        float outputScale = _random.Next(3) == 0 ? inputScale : inputScale * (float)Math.Pow(2, _random.NextDouble() * 8 - 4);
        return (inputScale, Int8Testing.ZeroPoint(_random), outputScale, Int8Testing.ZeroPoint(_random));
    }

    private void Check(Func<sbyte, sbyte> reference)
    {
        sbyte[] inputs = [.. Enumerable.Range(-128, 256).Select(q => (sbyte)q)];
        sbyte[] outputs = new sbyte[256];
        Int8Table.Apply(_table, MemoryMarshal.AsBytes<sbyte>(inputs), MemoryMarshal.AsBytes(outputs.AsSpan()));
        Assert.Equal(inputs.Select(reference), outputs);
    }
}
