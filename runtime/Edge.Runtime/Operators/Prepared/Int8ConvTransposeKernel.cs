using System.Runtime.InteropServices;
using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>An int8 transposed convolution with its multipliers; the weights are used as the file holds them. See <see cref="Int8ConvTranspose"/>.</summary>
internal sealed class Int8ConvTransposeKernel : IKernel
{
    private readonly ConvGeometry _geometry;
    private readonly AlignedMemory _prepared;
    private readonly int _inputZeroPoint;
    private readonly int _weightZeroPoint;
    private readonly Int8Range _range;

    /// <summary>Prepares: input, weights [O, KH, KW, C / groups], optional bias.</summary>
    /// <param name="preparation">The operator's tensors, as the shape rule accepted them.</param>
    /// <param name="geometry">The convolution from output to input; the batch may differ from run to run.</param>
    /// <param name="activation">The clamp applied to the result.</param>
    internal Int8ConvTransposeKernel(in Preparation preparation, in ConvGeometry geometry, Activation activation)
    {
        Quantization input = preparation.Input(0).Quantization!, weights = preparation.Input(1).Quantization!, output = preparation.Output(0).Quantization!;
        int channels = geometry.InputChannels;
        _geometry = geometry;
        _prepared = preparation.Allocate(3L * channels * sizeof(int));
        _inputZeroPoint = input.ZeroPoint;
        _weightZeroPoint = weights.Axis < 0 ? weights.ZeroPoint : 0;
        _range = Int8Range.Of(activation, output.Scale, output.ZeroPoint);
        Span<int> layer = MemoryMarshal.Cast<byte, int>(_prepared.Span);
        Int8ConvKernel.Bias(preparation).CopyTo(layer);
        float inputScale = input.Scale;
        ReadOnlySpan<float> scales = Int8ConvKernel.Scales(weights, ref inputScale, oneIsWhole: false);
        Requantizer.QuantizeScales(inputScale, scales, output.Scale, layer.Slice(channels, channels), layer.Slice(2 * channels, channels));
    }

    public void Forward(in Buffers io)
    {
        Span<sbyte> output = io.Output<sbyte>(0);
        ConvGeometry geometry = _geometry with { Batch = output.Length / (_geometry.InputHeight * _geometry.InputWidth * _geometry.InputChannels) };
        Int8ConvTranspose.Run(
            geometry, io.Input<sbyte>(1), _weightZeroPoint, MemoryMarshal.Cast<byte, int>(_prepared.Span), _inputZeroPoint, _range, io.Input<sbyte>(0), output, io.Team);
    }
}
