using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

/// <summary>Int8 weights beside float32 data: the bits that float32 weights of the same values give, packed or not, and the shape rule's refusals.</summary>
internal sealed record Int8Weights(OperatorInfo Info, IOperator Operator, Shape Input, Shape Weights, int ChannelAxis, int Channels)
{
    private static readonly CounterRandom s_random = new(31, 7);

    public void AssertWork()
    {
        foreach (Quantization quantization in (Quantization[])[PerChannel(Channels, ChannelAxis), new(0.02f, 0), new(0.01f, -5)])
        {
            TestTensor input = Floats(Input, 1), bias = Floats(new Shape(Channels), 2), weights = Bytes(quantization);
            TestTensor expanded = TestTensor.Of(DataType.Float32, Weights, Dequantized(weights, quantization));
            foreach (long budget in (long[])[0, 1 << 28])
            {
                foreach (TestTensor? offset in (TestTensor?[])[bias, null])
                {
                    RunnerOptions options = new() { Frozen = 6, Prepare = true, PackBudget = budget };
                    using OperatorRunner expected = new(Info, Operator, [input, expanded, offset], options);
                    using OperatorRunner actual = new(Info, Operator, [input, weights, offset], options);
                    expected.Forward();
                    actual.Forward();
                    Assert.True(expected.Output<byte>().SequenceEqual(actual.Output<byte>()), $"{Info.Name} with int8 weights {weights.Spec} and a budget of {budget}");
                    Assert.True(actual.IsPrepared);
                }
            }
        }
    }

    public void AssertChecked()
    {
        TensorSpec weights = new(DataType.Int8, Weights, PerChannel(Channels, ChannelAxis));
        Assert.Equal(DataType.Float32, Infer(weights).Type);
        Refused("have no scale", weights with { Quantization = null });
        Refused("scales along axis", weights with { Quantization = PerChannel(Channels + 1, ChannelAxis) });
        Refused("scales along axis", weights with { Quantization = PerChannel(Channels, ChannelAxis == 0 ? 1 : 0) });
        Refused("not a positive number", weights with { Quantization = new(float.NaN, 0) });
        Refused("zero point 128", weights with { Quantization = new(1f, 128) });
        Refused("must be a constant", weights, frozen: false);
        Refused("float32, and int8 with a scale", weights with { Type = DataType.UInt8 });
    }

    private void Refused(string message, TensorSpec weights, bool frozen = true) =>
        Assert.Contains(message, Assert.Throws<ShapeException>(() => Infer(weights, frozen)).Message, StringComparison.Ordinal);

    private TensorSpec Infer(TensorSpec weights, bool frozen = true) => OperatorRunner.Infer(
        Info, Operator, [new TensorSpec(DataType.Float32, Input), weights], [default, frozen ? new byte[weights.Bytes] : default(ReadOnlyMemory<byte>)], null).Outputs[0];

    private static TestTensor Floats(Shape shape, int stream)
    {
        float[] values = new float[shape.ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = s_random.Uniform((ulong)((stream << 20) + i), -1, 1);
        }

        return TestTensor.Of(DataType.Float32, shape, values);
    }

    private TestTensor Bytes(Quantization quantization)
    {
        sbyte[] values = new sbyte[Weights.ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (sbyte)(s_random.Int32((ulong)i, 256) - 128);
        }

        return TestTensor.Of(DataType.Int8, Weights, values, quantization);
    }

    private float[] Dequantized(TestTensor weights, Quantization quantization)
    {
        sbyte[] stored = MemoryMarshal.Cast<byte, sbyte>(weights.Bytes).ToArray();
        int inner = Weights.Product(ChannelAxis + 1, Weights.Rank);
        return [.. stored.Select((value, i) =>
        {
            int channel = quantization.Axis < 0 ? 0 : i / inner % Channels;
            return quantization.Scales[channel] * (value - quantization.ZeroPoints[channel]);
        })];
    }

    private static Quantization PerChannel(int count, int axis) => new(Enumerable.Range(1, count).Select(static i => i * 0.003f).ToArray(), [], axis);
}
