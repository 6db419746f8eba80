using System.Globalization;
using Edge.Compiler;
using Edge.Format;
using Edge.Learning.Data;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Cli.Images;

/// <summary>Makes the input of a model from a picture.</summary>
/// <remarks>
/// The whole picture is stretched to the input's size, bilinearly with half-pixel centres (output pixel i lies at (i + ½) · from / to − ½; beyond the edge the edge repeats): what
/// tf.image.resize does without antialiasing. Grey is 0.299 R + 0.587 G + 0.114 B; a grey picture gives three equal channels.
/// </remarks>
internal sealed class ImageInput
{
    private readonly TensorSpec _spec;
    private readonly bool _channelsFirst;
    private readonly bool _bgr;
    private readonly Normalization? _normalization;

    /// <summary>Finds out how a picture becomes an input.</summary>
    /// <param name="spec">The input.</param>
    /// <param name="normalization">What turns pixels 0 … 255 into real values; null where neither model nor caller says so, which is allowed for quantized inputs alone.</param>
    /// <param name="bgr">Whether blue comes first.</param>
    /// <exception cref="ShapeException">The input is no picture, or nothing says how pixels become float32.</exception>
    public ImageInput(TensorSpec spec, Normalization? normalization, bool bgr = false)
    {
        Shape shape = spec.Shape;
        bool last = shape.Rank == 4 && shape[0] == 1 && shape[3] is 1 or 3;
        _channelsFirst = !last && shape.Rank == 4 && shape[0] == 1 && shape[1] is 1 or 3;
        if (!last && !_channelsFirst)
        {
            throw new ShapeException($"The input is {spec}; a picture needs [1, height, width, 1 or 3] or [1, 1 or 3, height, width]. Give raw files with --input.");
        }

        bool bytes = spec.Type is DataType.UInt8 or DataType.Int8;
        if (!bytes && (spec.Type != DataType.Float32 || normalization is null))
        {
            throw new ShapeException(spec.Type != DataType.Float32
                ? $"The input is {spec}; pictures become float32, uint8 or int8."
                : "The model does not say how pixels become its float32 input. Give --scale and --offset (value = pixel · scale + offset: 0.00392157 for 0 … 1; 0.00784314 and -1 for −1 … 1; " +
                  "1 for 0 … 255) or --mean and --std, or store it in the file with 'edge convert --image-scale --image-mean'.");
        }

        int channels = _channelsFirst ? shape[1] : shape[3];
        if (normalization is not null && normalization.Channels != 1 && normalization.Channels != channels)
        {
            throw new ShapeException($"{normalization.Channels} scales are given for pictures of {channels} channels; one, or one for each channel, is allowed.");
        }

        _spec = spec;
        _bgr = bgr;
        _normalization = normalization;
    }

    /// <summary>What turns pixels into real values by options, as text: <c>scale</c> and <c>offset</c>, or <c>mean</c> and <c>std</c>; null where none is given.</summary>
    /// <exception cref="ArgumentException">Both pairs are given, or something is no list of numbers.</exception>
    public static Normalization? Stated(string? scale, string? offset, string? mean, string? deviation)
    {
        if ((scale ?? offset) is not null && (mean ?? deviation) is not null)
        {
            throw new ArgumentException("--scale or --offset and --mean or --std exclude each other: value = pixel · scale + offset, or (pixel − mean) / std.");
        }

        if ((scale ?? offset ?? mean ?? deviation) is null)
        {
            return null;
        }

        float[] factors = scale is not null ? Numbers("--scale", scale) : deviation is not null ? Array.ConvertAll(Numbers("--std", deviation), static value => 1 / value) : [1];
        float[] summands = offset is not null ? Numbers("--offset", offset) : mean is not null ? Numbers("--mean", mean) : [0];
        int channels = Math.Max(factors.Length, summands.Length);
        factors = Spread(factors, channels);
        summands = Spread(summands, channels);
        if (mean is not null)
        {
            summands = [.. summands.Zip(factors, static (value, factor) => -value * factor)];
        }

        return new Normalization(factors, summands);
    }

    /// <summary>Numbers separated by commas.</summary>
    public static float[] Numbers(string option, string text)
    {
        string[] parts = text.Split(',');
        float[] values = new float[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!float.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]) || !float.IsFinite(values[i]))
            {
                throw new ArgumentException($"{option} is '{text}'; finite numbers separated by commas are allowed.");
            }
        }

        return values;
    }

    /// <summary>One number for each channel.</summary>
    public static float[] Spread(float[] values, int channels) => values.Length == 1 ? [.. Enumerable.Repeat(values[0], channels)] : values;

    /// <summary>The real values that a picture becomes, in the input's layout.</summary>
    public float[] Values(Image image)
    {
        Shape shape = _spec.Shape;
        (int height, int width, int channels) = _channelsFirst ? (shape[2], shape[3], shape[1]) : (shape[1], shape[2], shape[3]);
        float[] resized = Resize(image, height, width);
        float[] values = new float[shape.ElementCount];
        for (int pixel = 0; pixel < height * width; pixel++)
        {
            for (int c = 0; c < channels; c++)
            {
                int from = _bgr ? channels - 1 - c : c;
                float raw = image.Channels == channels ? resized[(pixel * channels) + from]
                    : image.Channels == 1 ? resized[pixel]
                    : (0.299f * resized[pixel * 3]) + (0.587f * resized[(pixel * 3) + 1]) + (0.114f * resized[(pixel * 3) + 2]);
                values[_channelsFirst ? (c * height * width) + pixel : (pixel * channels) + c] = Real(raw, c);
            }
        }

        return values;
    }

    private float Real(float raw, int channel)
    {
        if (_normalization is { } stated)
        {
            int c = stated.Channels == 1 ? 0 : channel;
            return (raw * stated.Scale[c]) + stated.Offset[c];
        }

        // Nothing is said: the stored bytes are the pixels, moved by 128 for int8. As real values, so that quantization gives just these.
        float stored = MathF.Round(raw, MidpointRounding.AwayFromZero) - (_spec.Type == DataType.Int8 ? 128 : 0);
        return _spec.Quantization is { } quantization ? (stored - quantization.ZeroPoint) * quantization.Scale : stored;
    }

    /// <summary>Bilinear, half-pixel centres; the channels of the picture, row by row.</summary>
    internal static float[] Resize(Image image, int height, int width)
    {
        int channels = image.Channels;
        float[] target = new float[height * width * channels];
        for (int y = 0; y < height; y++)
        {
            (int top, int bottom, float down) = Between(y, image.Height, height);
            ReadOnlySpan<byte> upper = image.Row(top), lower = image.Row(bottom);
            for (int x = 0; x < width; x++)
            {
                (int left, int right, float across) = Between(x, image.Width, width);
                for (int c = 0; c < channels; c++)
                {
                    float above = upper[(left * channels) + c] + ((upper[(right * channels) + c] - upper[(left * channels) + c]) * across);
                    float below = lower[(left * channels) + c] + ((lower[(right * channels) + c] - lower[(left * channels) + c]) * across);
                    target[(((y * width) + x) * channels) + c] = above + ((below - above) * down);
                }
            }
        }

        return target;
    }

    private static (int Low, int High, float Share) Between(int index, int from, int to)
    {
        float place = Math.Max(0, ((index + 0.5f) * from / to) - 0.5f);
        int low = Math.Min((int)place, from - 1);
        return (low, Math.Min(low + 1, from - 1), place - low);
    }
}
