using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>A layer of int16 data with int8 weights: convolution, dense or depthwise; see <see cref="Int16Layer"/>. The weights are used as the file holds them.</summary>
internal sealed class Int16LayerKernel : IKernel
{
    private readonly ConvGeometry _geometry;
    private readonly AlignedMemory _prepared;
    private readonly Int16Range _range;
    private readonly bool _narrow;
    private readonly bool _depthwise;

    private Int16LayerKernel(in Preparation preparation, in ConvGeometry geometry, Activation activation, bool dense, bool depthwise)
    {
        Quantization output = preparation.Output(0).Quantization!, weights = preparation.Input(1).Quantization!;
        _geometry = geometry;
        _depthwise = depthwise;
        _range = Int16Range.Of(activation, output.Scale);

        // Without a bias TFLite Micro's convolution and dense kernels take the int32 form, its depthwise kernel the int64 form.
        _narrow = preparation.Has(2) ? preparation.Input(2).Type == DataType.Int32 : !depthwise;
        long[] bias = !preparation.Has(2) ? []
            : _narrow ? Array.ConvertAll(preparation.Constant<int>(2).ToArray(), static value => (long)value)
            : preparation.Constant<long>(2).ToArray();
        float inputScale = preparation.Input(0).Quantization!.Scale;
        ReadOnlySpan<float> scales = Int8ConvKernel.Scales(weights, ref inputScale, oneIsWhole: dense);
        _prepared = preparation.Allocate(Int16Layer.PreparedBytes(geometry.OutputChannels));
        Int16Layer.Prepare(bias, scales, inputScale, output.Scale, _prepared.Span);
    }

    /// <summary>Prepares a convolution: input, weights OHWI, optional bias.</summary>
    internal static Int16LayerKernel Conv(in Preparation preparation, in ConvGeometry geometry, Activation activation) =>
        new(preparation, geometry, activation, dense: false, depthwise: false);

    /// <summary>Prepares a dense layer: input, weights [out, in], optional bias; geometry of <see cref="Int8Conv.Dense"/>.</summary>
    internal static Int16LayerKernel Dense(in Preparation preparation, in ConvGeometry geometry, Activation activation) =>
        new(preparation, geometry, activation, dense: true, depthwise: false);

    /// <summary>Prepares a depthwise convolution: input, weights [kernel height, kernel width, output channels], optional bias.</summary>
    internal static Int16LayerKernel Depthwise(in Preparation preparation, in ConvGeometry geometry, Activation activation) =>
        new(preparation, geometry, activation, dense: false, depthwise: true);

    public void Forward(in Buffers io)
    {
        Span<short> output = io.Output<short>(0);
        ConvGeometry geometry = _geometry.WithOutput(output.Length);
        if (_depthwise)
        {
            Int16Depthwise.Run(geometry, io.Input<sbyte>(1), _prepared.Span, _range, _narrow, io.Input<short>(0), output, io.Team);
        }
        else
        {
            Int16Conv.Run(geometry, io.Input<sbyte>(1), _prepared.Span, _range, _narrow, io.Input<short>(0), output, io.Team);
        }
    }
}
