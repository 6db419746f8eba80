using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Int8 pooling; see <see cref="Int8Pool"/>.</summary>
internal sealed class Int8PoolKernel : IKernel
{
    /// <summary>What uint8 lies above int8.</summary>
    private const int UInt8Zero = 128;

    private readonly ConvGeometry _geometry;
    private readonly bool _average;
    private readonly bool _isUInt8;
    private readonly Int8Range _range;

    private Int8PoolKernel(in Preparation preparation, in ConvGeometry geometry, bool average, Activation activation)
    {
        Quantization output = preparation.Output(0).Quantization!;
        _geometry = geometry;
        _average = average;
        _isUInt8 = preparation.Output(0).Type == DataType.UInt8;
        _range = Int8Range.Of(activation, output.Scale, output.ZeroPoint - (_isUInt8 ? UInt8Zero : 0));
    }

    /// <summary>Prepares the largest value of each window.</summary>
    /// <param name="preparation">The operator's tensors, as the shape rule accepted them.</param>
    /// <param name="geometry">Its sizes; the batch may differ from run to run.</param>
    /// <param name="activation">The clamp applied to the result.</param>
    internal static IKernel Max(in Preparation preparation, in ConvGeometry geometry, Activation activation) => Prepare(preparation, geometry, average: false, activation);

    /// <summary>Prepares the average of each window, padding not counted; parameters as for <see cref="Max"/>.</summary>
    internal static IKernel Average(in Preparation preparation, in ConvGeometry geometry, Activation activation) => Prepare(preparation, geometry, average: true, activation);

    private static IKernel Prepare(in Preparation preparation, in ConvGeometry geometry, bool average, Activation activation) => preparation.Input(0).Type == DataType.Int16
        ? new Int16PoolKernel(geometry, average, Int16Range.Of(activation, preparation.Output(0).Quantization!.Scale))
        : new Int8PoolKernel(preparation, geometry, average, activation);

    public void Forward(in Buffers io)
    {
        if (_isUInt8)
        {
            Span<byte> unsigned = io.Output<byte>(0);
            Int8Pool.AverageUInt8(
                _geometry.WithOutput(unsigned.Length), _range.Min + UInt8Zero, _range.Max + UInt8Zero, io.Input<byte>(0), unsigned, io.Team);
            return;
        }

        Span<sbyte> output = io.Output<sbyte>(0);
        ConvGeometry geometry = _geometry.WithOutput(output.Length);
        if (_average)
        {
            Int8Pool.Average(geometry, _range.Min, _range.Max, io.Input<sbyte>(0), output, io.Team);
        }
        else
        {
            Int8Pool.Max(geometry, _range.Min, _range.Max, io.Input<sbyte>(0), output, io.Team);
        }
    }
}
