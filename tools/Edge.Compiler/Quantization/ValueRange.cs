using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>The real values that a quantized tensor has to stand for.</summary>
/// <param name="Min">Smallest.</param>
/// <param name="Max">Largest.</param>
public readonly record struct ValueRange(float Min, float Max)
{
    // A range narrower than this is noise; a smaller scale would only push requantization multipliers out of their fixed-point range.
    private const double Narrowest = 1e-6;

    /// <summary>The range that holds both.</summary>
    /// <param name="other">Another range.</param>
    public ValueRange Union(ValueRange other) => new(Math.Min(Min, other.Min), Math.Max(Max, other.Max));

    /// <summary>The int16 parameters of the range: symmetric, scale = largest magnitude / 32,767.</summary>
    /// <remarks>Source: TensorFlow Lite's 16x8 quantization.</remarks>
    public Quantization ToInt16() => new((float)(Math.Max(Math.Max(-(double)Min, Max), Narrowest) / short.MaxValue), 0);

    /// <summary>The int8 parameters of the range: it is widened to hold 0, and 0 becomes an integer.</summary>
    /// <remarks>
    /// scale = (max − min) / 255; the zero point is −128 − min / scale, rounded: the end with the smaller error of the two decides. Source: TFLite 8-bit
    /// quantization specification; Jacob et al. 2018, arXiv:1712.05877, section 3.
    /// </remarks>
    public Quantization ToInt8()
    {
        double min = Math.Min(0, (double)Min);
        double max = Math.Max(0, (double)Max);
        if (max - min < Narrowest)
        {
            max = min + Narrowest;
        }

        float scale = (float)((max - min) / 255);
        double fromMin = sbyte.MinValue - (min / scale);
        double fromMax = sbyte.MaxValue - (max / scale);
        double errorFromMin = sbyte.MaxValue + Math.Abs(min / scale);
        double errorFromMax = sbyte.MaxValue + Math.Abs(max / scale);
        double zeroPoint = Math.Round(errorFromMin <= errorFromMax ? fromMin : fromMax, MidpointRounding.AwayFromZero);
        return new Quantization(scale, (int)Math.Clamp(zeroPoint, sbyte.MinValue, sbyte.MaxValue));
    }
}
