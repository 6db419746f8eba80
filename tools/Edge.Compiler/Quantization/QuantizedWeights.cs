using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>The weights of a layer as int8, symmetric, one scale for each output channel.</summary>
internal sealed class QuantizedWeights
{
    // A bias of 2²⁸ steps leaves the int32 accumulator room for 57 000 products of the largest int8 values.
    private const double MostBiasSteps = 1 << 28;

    // TensorFlow Lite's int16 kernels take sums below 2⁴⁷.
    private const double MostWideBiasSteps = 1L << 45;

    private readonly bool _wide;

    private readonly int _axis;
    private readonly sbyte[] _values;
    private readonly float[] _scales;
    private readonly Tensor _source;

    /// <summary>Rounds the weights: scale = max |w| / 127 for each channel, q = round(w / scale) in −127 … 127.</summary>
    /// <param name="weights">Float32 weights.</param>
    /// <param name="axis">The axis of the output channels.</param>
    /// <param name="bias">The float32 bias, or empty: a channel of tiny weights and a large bias gets a larger scale, so that the bias fits its type.</param>
    /// <param name="inputScale">Scale of the layer's input.</param>
    /// <param name="wide">Whether the layer's data are int16 and its bias is int64.</param>
    /// <remarks>Source: TFLite 8-bit quantization specification.</remarks>
    public QuantizedWeights(Tensor weights, int axis, ReadOnlySpan<float> bias, float inputScale, bool wide = false)
    {
        _wide = wide;
        _source = weights;
        _axis = axis;
        ReadOnlySpan<float> source = weights.Values<float>();
        int channels = weights.Shape[axis];
        int inner = weights.Shape.Product(axis + 1, weights.Shape.Rank);
        double[] largest = new double[channels];
        for (int i = 0; i < source.Length; i++)
        {
            ref double channel = ref largest[i / inner % channels];
            channel = float.IsFinite(source[i])
                ? Math.Max(channel, Math.Abs(source[i]))
                : throw new ArgumentException($"Weights '{weights.Name}' hold {source[i]}; only finite values can be quantized.", nameof(weights));
        }

        _scales = new float[channels];
        for (int c = 0; c < channels; c++)
        {
            double scale = Math.Max(largest[c] / sbyte.MaxValue, bias.IsEmpty ? 0 : Math.Abs((double)bias[c]) / (inputScale * (wide ? MostWideBiasSteps : MostBiasSteps)));
            _scales[c] = scale > 1e-30 ? (float)scale : 1f / sbyte.MaxValue;
        }

        _values = new sbyte[source.Length];
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < source.Length; i++)
        {
            float scale = _scales[i / inner % channels];
            _values[i] = (sbyte)Math.Clamp(Math.Round((double)source[i] / scale, MidpointRounding.AwayFromZero), -sbyte.MaxValue, sbyte.MaxValue);
            double error = source[i] - ((double)_values[i] * scale);
            signal += (double)source[i] * source[i];
            noise += error * error;
        }

        Snr = noise == 0 ? double.PositiveInfinity : 10 * Math.Log10(signal / noise);
    }

    /// <summary>Signal-to-noise ratio in decibels.</summary>
    public double Snr { get; }

    /// <summary>Bytes of values and scales.</summary>
    public int Bytes => _values.Length + (_scales.Length * sizeof(float));

    public TensorSpec Spec => new(DataType.Int8, _source.Shape, new Quantization(_scales, [], _axis));

    public byte[] Data => MemoryMarshal.AsBytes<sbyte>(_values).ToArray();

    /// <summary>What rounding took away: w − scale · q.</summary>
    public float[] Error()
    {
        ReadOnlySpan<float> source = _source.Values<float>();
        int inner = _source.Shape.Product(_axis + 1, _source.Shape.Rank);
        float[] error = new float[source.Length];
        for (int i = 0; i < error.Length; i++)
        {
            error[i] = (float)(source[i] - ((double)_values[i] * _scales[i / inner % _scales.Length]));
        }

        return error;
    }

    /// <summary>The bias as int32, or int64 beside int16 data: scale = input scale · weight scale for each channel, zero point 0; the format states it for int32, for int64 it is understood.</summary>
    /// <param name="bias">Float32 values, one for each channel.</param>
    /// <param name="inputScale">Scale of the layer's input.</param>
    public (TensorSpec Spec, byte[] Data) Bias(ReadOnlySpan<float> bias, float inputScale)
    {
        long[] values = new long[bias.Length];
        (double lowest, double highest) = _wide ? (-MostWideBiasSteps, MostWideBiasSteps) : (int.MinValue, int.MaxValue);
        float[] scales = new float[bias.Length];
        for (int c = 0; c < bias.Length; c++)
        {
            scales[c] = inputScale * _scales[c];
            values[c] = (long)Math.Clamp(Math.Round(bias[c] / ((double)inputScale * _scales[c]), MidpointRounding.AwayFromZero), lowest, highest);
        }

        byte[] data = _wide ? MemoryMarshal.AsBytes<long>(values).ToArray() : MemoryMarshal.AsBytes<int>(Array.ConvertAll(values, static value => (int)value)).ToArray();
        return (_wide ? new TensorSpec(DataType.Int64, new Shape(bias.Length)) : new TensorSpec(DataType.Int32, new Shape(bias.Length), new Quantization(scales, [], 0)), data);
    }
}
