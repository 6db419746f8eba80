namespace Edge.Runtime.Kernels;

/// <summary>The interval to which int16 results are clamped; their zero point is 0.</summary>
/// <param name="Min">Smallest result, −32,768 or more.</param>
/// <param name="Max">Largest result, 32,767 or less.</param>
/// <remarks>Source: CalculateActivationRangeQuantized, TensorFlow Lite kernels/kernel_util.cc.</remarks>
internal readonly record struct Int16Range(int Min, int Max)
{
    /// <summary>The range that a fused activation leaves for a tensor of this scale.</summary>
    public static Int16Range Of(Operators.Activation activation, float scale)
    {
        (float low, float high) = ActivationKernels.Bounds(activation);
        return Of(low, high, scale);
    }

    /// <summary>The range between two real bounds, which may be infinite.</summary>
    public static Int16Range Of(float low, float high, float scale) => new(
        FixedPoint.Bound(low, scale, 0, short.MinValue, short.MaxValue), FixedPoint.Bound(high, scale, 0, short.MinValue, short.MaxValue));

    /// <summary>A value within the range.</summary>
    public short Clamp(int value) => (short)Math.Min(Math.Max(value, Min), Max);
}
