namespace Edge.Learning.Data;

/// <summary>What turns raw values into features: feature = raw · scale + offset, for all values alike or per channel.</summary>
/// <remarks>Belongs into the metadata of a model trained on the features, for the device sees raw values. Immutable.</remarks>
public sealed class Normalization
{
    private readonly float[] _scale;
    private readonly float[] _offset;

    /// <summary>One factor and one summand for all values.</summary>
    public Normalization(float scale, float offset)
        : this([scale], [offset])
    {
    }

    /// <summary>A factor and a summand per channel, the last dimension of a sample.</summary>
    /// <exception cref="ArgumentException">Lengths differ or are 0, a value is not finite, or a factor is 0.</exception>
    public Normalization(ReadOnlySpan<float> scale, ReadOnlySpan<float> offset)
    {
        if (scale.Length != offset.Length || scale.IsEmpty)
        {
            throw new ArgumentException($"{scale.Length} scales and {offset.Length} offsets; give one of each, or one of each per channel.", nameof(scale));
        }

        for (int c = 0; c < scale.Length; c++)
        {
            if (!float.IsFinite(scale[c]) || scale[c] == 0 || !float.IsFinite(offset[c]))
            {
                throw new ArgumentException($"Channel {c} has scale {scale[c]} and offset {offset[c]}; both must be finite and the scale not 0.", nameof(scale));
            }
        }

        _scale = scale.ToArray();
        _offset = offset.ToArray();
    }

    /// <summary>Features are the raw values.</summary>
    public static Normalization Identity { get; } = new(1, 0);

    /// <summary>Bytes 0..255 become 0..1.</summary>
    public static Normalization UnitBytes { get; } = new(1f / 255, 0);

    /// <summary>1 value, or one per channel.</summary>
    public ReadOnlySpan<float> Scale => _scale;

    /// <summary>1 value, or one per channel.</summary>
    public ReadOnlySpan<float> Offset => _offset;

    /// <summary>1, or the number of channels.</summary>
    public int Channels => _scale.Length;

    /// <summary>Mean 0 and deviation 1 per channel of <paramref name="dataset"/>'s raw values; a constant channel keeps its spread.</summary>
    /// <remarks>Measure the training part only and give the result to the test part, or the test leaks into training.</remarks>
    public static Normalization Standardize(Dataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        int channels = dataset.SampleShape[^1];
        double[] mean = new double[channels];
        double[] squares = new double[channels];
        float[] raw = new float[dataset.SampleLength];
        long seen = 0;
        for (int i = 0; i < dataset.Count; i++)
        {
            dataset.CopyRaw(i, raw);
            for (int start = 0; start < raw.Length; start += channels)
            {
                // Welford 1962: the two-sum formula loses all digits when the mean is large against the deviation.
                seen++;
                for (int c = 0; c < channels; c++)
                {
                    double delta = raw[start + c] - mean[c];
                    mean[c] += delta / seen;
                    squares[c] += delta * (raw[start + c] - mean[c]);
                }
            }
        }

        float[] scale = new float[channels];
        float[] offset = new float[channels];
        for (int c = 0; c < channels; c++)
        {
            double deviation = seen == 0 ? 0 : Math.Sqrt(squares[c] / seen);
            double factor = deviation > 1e-12 * Math.Max(1, Math.Abs(mean[c])) ? 1 / deviation : 1;
            scale[c] = (float)factor;
            offset[c] = (float)(-mean[c] * factor);
        }

        return new Normalization(scale, offset);
    }

    /// <summary>Features of raw bytes; spans of one length, which is whole pixels.</summary>
    internal void Apply(ReadOnlySpan<byte> raw, Span<float> features)
    {
        if (_scale.Length == 1)
        {
            float scale = _scale[0], offset = _offset[0];
            for (int i = 0; i < raw.Length; i++)
            {
                features[i] = (raw[i] * scale) + offset;
            }

            return;
        }

        for (int i = 0, c = 0; i < raw.Length; i++, c = c + 1 == _scale.Length ? 0 : c + 1)
        {
            features[i] = (raw[i] * _scale[c]) + _offset[c];
        }
    }

    /// <summary>Features of raw floats; spans of one length, which is whole pixels.</summary>
    internal void Apply(ReadOnlySpan<float> raw, Span<float> features)
    {
        for (int i = 0, c = 0; i < raw.Length; i++, c = c + 1 == _scale.Length ? 0 : c + 1)
        {
            features[i] = (raw[i] * _scale[c]) + _offset[c];
        }
    }
}
