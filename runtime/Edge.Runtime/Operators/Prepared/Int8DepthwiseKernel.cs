using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>An int8 depthwise convolution with its multipliers; the weights are used as the file holds them. See <see cref="Int8Depthwise"/>.</summary>
internal sealed class Int8DepthwiseKernel : IKernel
{
    private readonly ConvGeometry _geometry;
    private readonly AlignedMemory _prepared;
    private readonly int _inputZeroPoint;
    private readonly Int8Range _range;

    /// <summary>Prepares: input, weights [kernel height, kernel width, output channels], optional bias.</summary>
    /// <param name="preparation">The operator's tensors, as the shape rule accepted them.</param>
    /// <param name="geometry">Its sizes; the batch may differ from run to run.</param>
    /// <param name="activation">The clamp applied to the result.</param>
    internal Int8DepthwiseKernel(in Preparation preparation, in ConvGeometry geometry, Activation activation)
    {
        Quantization input = preparation.Input(0).Quantization!, output = preparation.Output(0).Quantization!;
        _geometry = geometry;
        _prepared = preparation.Allocate(Int8Depthwise.PreparedBytes(geometry.OutputChannels));
        _inputZeroPoint = input.ZeroPoint;
        _range = Int8Range.Of(activation, output.Scale, output.ZeroPoint);
        Quantization weights = preparation.Input(1).Quantization!;
        float inputScale = input.Scale;
        ReadOnlySpan<float> scales = Int8ConvKernel.Scales(weights, ref inputScale, oneIsWhole: false);
        Int8Depthwise.Prepare(Int8ConvKernel.Bias(preparation), scales, inputScale, output.Scale, _prepared.Span, weights.ZeroPoint);
    }

    public void Forward(in Buffers io)
    {
        Span<sbyte> output = io.Output<sbyte>(0);
        Int8Depthwise.Run(
            _geometry.WithOutput(output.Length), io.Input<sbyte>(1), _prepared.Span, _inputZeroPoint, _range, io.Input<sbyte>(0), output, io.Team);
    }
}
