using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Edge.Runtime.Kernels;

/// <summary>What turns the sums of a layer with int16 data and int8 weights into int16: bias and multiplier of each output channel, and the clamp.</summary>
/// <remarks>
/// Sources: TensorFlow Lite kernels/internal/reference/integer_ops/{conv,depthwise_conv,fully_connected}.h, forms for int16 data. With an int64 bias sums are int64 and
/// multipliers have 16 bits; with an int32 bias sums are int32, which wrap, and are rounded twice as in int8.
/// </remarks>
internal readonly unsafe struct Int16Layer
{
    private readonly int* _multipliers;
    private readonly int* _shifts;
    private readonly long* _bias;
    private readonly Int16Range _range;
    private readonly bool _narrow;

    /// <summary>Reads what <see cref="Prepare"/> wrote.</summary>
    /// <param name="prepared">The prepared form; must stay where it is.</param>
    /// <param name="channels">Output channels.</param>
    /// <param name="range">Clamp of the output.</param>
    /// <param name="narrow">Whether sums are int32.</param>
    public Int16Layer(byte* prepared, int channels, in Int16Range range, bool narrow)
    {
        _bias = (long*)prepared;
        _multipliers = (int*)(_bias + channels);
        _shifts = _multipliers + channels;
        _range = range;
        _narrow = narrow;
    }

    /// <summary>Bytes of the prepared form.</summary>
    public static long PreparedBytes(int channels) => (long)channels * (sizeof(long) + sizeof(int) + sizeof(int));

    /// <summary>Writes the prepared form.</summary>
    /// <param name="bias">One for each output channel, or empty.</param>
    /// <param name="weightScales">One for each output channel, or a single one.</param>
    /// <param name="inputScale">Scale of the input.</param>
    /// <param name="outputScale">Scale of the output.</param>
    /// <param name="prepared">Receives <see cref="PreparedBytes"/> bytes.</param>
    public static void Prepare(ReadOnlySpan<long> bias, ReadOnlySpan<float> weightScales, float inputScale, float outputScale, Span<byte> prepared)
    {
        int channels = prepared.Length / (sizeof(long) + sizeof(int) + sizeof(int));
        Debug.Assert(bias.Length == 0 || bias.Length == channels);
        bias.CopyTo(MemoryMarshal.Cast<byte, long>(prepared));
        Span<int> rest = MemoryMarshal.Cast<byte, int>(prepared[(channels * sizeof(long))..]);
        Requantizer.QuantizeScales(inputScale, weightScales, outputScale, rest[..channels], rest.Slice(channels, channels));
    }

    /// <summary>The result of one sum.</summary>
    /// <param name="channel">Its output channel.</param>
    /// <param name="sum">Σ x · w.</param>
    public short Finish(int channel, long sum)
    {
        sum += _bias[channel];
        return _range.Clamp(_narrow
            ? FixedPoint.Multiply(unchecked((int)sum), _multipliers[channel], _shifts[channel])
            : FixedPoint.MultiplyLong(sum, _multipliers[channel], _shifts[channel]));
    }
}
