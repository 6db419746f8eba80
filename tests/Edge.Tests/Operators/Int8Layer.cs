using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

/// <summary>What the shape rule of an int8 layer accepts and refuses: the same for Dense, Conv2D and DepthwiseConv2D.</summary>
internal sealed record Int8Layer(OperatorInfo Info, IOperator Operator, Shape Input, Shape Weights, int ChannelAxis, int Channels)
{
    private static readonly Quantization s_input = new(0.5f, -3);
    private static readonly Quantization s_output = new(0.25f, 7);

    private TensorSpec InputSpec => new(DataType.Int8, Input, s_input);

    private TensorSpec WeightSpec => new(DataType.Int8, Weights, PerChannel(Channels, ChannelAxis));

    private TensorSpec BiasSpec => new(DataType.Int32, new Shape(Channels));

    private TensorSpec Declared => new(DataType.Int8, new Shape(1), s_output);

    public void AssertChecked()
    {
        TensorSpec accepted = Infer(InputSpec, WeightSpec, BiasSpec, Declared);
        Assert.Equal(DataType.Int8, accepted.Type);
        Assert.Same(s_output, accepted.Quantization);
        Assert.Same(s_output, Infer(InputSpec, WeightSpec with { Quantization = new(0.1f, 0) }, BiasSpec, Declared).Quantization);
        Assert.Same(s_output, Infer(InputSpec, WeightSpec, default, Declared).Quantization);

        Refused("no scale and zero point", InputSpec with { Quantization = null }, WeightSpec, BiasSpec, Declared);
        Refused("2 scales along axis 0", InputSpec with { Quantization = PerChannel(2, 0) }, WeightSpec, BiasSpec, Declared);
        Refused("zero point -129", InputSpec with { Quantization = new(0.5f, -129) }, WeightSpec, BiasSpec, Declared);
        Refused("not a positive number", InputSpec with { Quantization = new(float.NaN, 0) }, WeightSpec, BiasSpec, Declared);
        Refused("weights are float32", InputSpec, WeightSpec with { Type = DataType.Float32 }, BiasSpec, Declared);
        Refused("have no scale", InputSpec, WeightSpec with { Quantization = null }, BiasSpec, Declared);
        Refused("scales along axis", InputSpec, WeightSpec with { Quantization = PerChannel(Channels + 1, ChannelAxis) }, BiasSpec, Declared);
        Refused("scales along axis", InputSpec, WeightSpec with { Quantization = PerChannel(Channels, ChannelAxis == 0 ? 1 : 0) }, BiasSpec, Declared);
        Assert.Same(s_output, Infer(InputSpec, WeightSpec with { Quantization = new(0.1f, 4) }, BiasSpec, Declared).Quantization);
        Refused("zero point 4 at channel 0", InputSpec, WeightSpec with { Quantization = new(PerChannel(Channels, ChannelAxis).Scales, [4, .. new int[Channels - 1]], ChannelAxis) }, BiasSpec, Declared);
        Refused("zero point 128", InputSpec, WeightSpec with { Quantization = new(0.1f, 128) }, BiasSpec, Declared);
        Refused("not a positive number", InputSpec, WeightSpec with { Quantization = new(-1f, 0) }, BiasSpec, Declared);
        Refused("must be a constant", InputSpec, WeightSpec, BiasSpec, Declared, frozen: 4);
        Refused("must be a constant", InputSpec, WeightSpec, BiasSpec, Declared, frozen: 2);
        Refused("bias is float32", InputSpec, WeightSpec, BiasSpec with { Type = DataType.Float32 }, Declared);
        Assert.Same(s_output, Infer(InputSpec, WeightSpec, BiasSpec with { Quantization = new(0.1f, 0) }, Declared).Quantization);
        Refused("bias has zero point 4 at channel 0", InputSpec, WeightSpec, BiasSpec with { Quantization = new(0.1f, 4) }, Declared);
        Refused("has scale 1E-30", InputSpec with { Quantization = new(1e-30f, 0) }, WeightSpec, BiasSpec, Declared);
        Refused("declares the output", InputSpec, WeightSpec, BiasSpec, default);
        Refused("declares the output", InputSpec, WeightSpec, BiasSpec, Declared with { Type = DataType.Float32 });
        Refused("no scale and zero point", InputSpec, WeightSpec, BiasSpec, Declared with { Quantization = null });
        Refused("uint8", InputSpec with { Type = DataType.UInt8 }, WeightSpec, BiasSpec, Declared);
        Refused("int16", InputSpec with { Type = DataType.Int16 }, WeightSpec, BiasSpec, Declared);
    }

    private void Refused(string message, TensorSpec input, TensorSpec weights, TensorSpec bias, TensorSpec declared, uint frozen = 6)
    {
        ShapeException exception = Assert.Throws<ShapeException>(() => Infer(input, weights, bias, declared, frozen));
        Assert.StartsWith($"Operator 0 ({Info.Name})", exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private TensorSpec Infer(TensorSpec input, TensorSpec weights, TensorSpec bias, TensorSpec declared, uint frozen = 6)
    {
        ReadOnlyMemory<byte>[] constants =
        [
            default,
            (frozen & 2) != 0 ? new byte[weights.Bytes] : default(ReadOnlyMemory<byte>),
            (frozen & 4) != 0 && bias.Type != DataType.None ? new byte[bias.Bytes] : default(ReadOnlyMemory<byte>),
        ];
        return OperatorRunner.Infer(Info, Operator, [input, weights, bias], constants, [declared]).Outputs[0];
    }

    private static Quantization PerChannel(int count, int axis) => new(Enumerable.Range(1, count).Select(static i => i * 0.01f).ToArray(), [], axis);
}
