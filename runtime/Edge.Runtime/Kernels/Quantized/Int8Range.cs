namespace Edge.Runtime.Kernels;

/// <summary>Where int8 results lie: the zero point that is added and the interval they are clamped to.</summary>
/// <param name="ZeroPoint">The quantized value of 0, −128 … 127.</param>
/// <param name="Min">Smallest result, −128 or more.</param>
/// <param name="Max">Largest result, 127 or less.</param>
internal readonly record struct Int8Range(int ZeroPoint, int Min, int Max)
{
    /// <summary>The range that a fused activation leaves for a tensor of this quantization.</summary>
    public static Int8Range Of(Operators.Activation activation, float scale, int zeroPoint)
    {
        (int min, int max) = FixedPoint.ActivationRange(activation, scale, zeroPoint);
        return new(zeroPoint, min, max);
    }
}
