using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>What int8 addition and subtraction share: both inputs are brought to a common scale with 20 more bits, the sum to the output's.</summary>
/// <remarks>
/// Sources: TensorFlow Lite kernels/internal/reference/integer_ops/add.h, reference/sub.h; scales from TFLite Micro
/// kernels/add_common.cc and sub_common.cc. The common scale is twice the larger input scale, so each multiplier is at most 1/2; a value
/// is at most 255 · 2^20 &lt; 2^28, the scaled sum at most 2^28: nothing overflows.
/// </remarks>
internal readonly struct Int8Sum
{
    private const int LeftShift = 20;

    private readonly int _zeroPoint0;
    private readonly int _multiplier0;
    private readonly int _shift0;
    private readonly int _zeroPoint1;
    private readonly int _multiplier1;
    private readonly int _shift1;
    private readonly int _multiplier;
    private readonly int _shift;
    private readonly Int8Range _range;

    /// <summary>Folds the scales.</summary>
    /// <param name="real0">Real multiplier of the first input, at most 1/2.</param>
    /// <param name="real1">Real multiplier of the second input, at most 1/2.</param>
    /// <param name="real">Real multiplier of the sum.</param>
    /// <param name="zeroPoint0">Zero point of the first input.</param>
    /// <param name="zeroPoint1">Zero point of the second input.</param>
    /// <param name="range">Zero point and clamp of the output.</param>
    /// <exception cref="ArgumentOutOfRangeException">A multiplier is not above 0 and below 1: the reference refuses such scales too.</exception>
    public Int8Sum(double real0, double real1, double real, int zeroPoint0, int zeroPoint1, in Int8Range range)
    {
        (_multiplier0, _shift0) = Below1(real0, "first input");
        (_multiplier1, _shift1) = Below1(real1, "second input");
        (_multiplier, _shift) = Below1(real, "output");
        _zeroPoint0 = zeroPoint0;
        _zeroPoint1 = zeroPoint1;
        _range = range;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int First(int x) => FixedPoint.Multiply((x - _zeroPoint0) << LeftShift, _multiplier0, _shift0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Second(int x) => FixedPoint.Multiply((x - _zeroPoint1) << LeftShift, _multiplier1, _shift1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Finish(int sum) =>
        Math.Min(Math.Max(FixedPoint.Multiply(sum, _multiplier, _shift) + _range.ZeroPoint, _range.Min), _range.Max);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes First<TLanes>(TLanes x) where TLanes : struct, IInt32Lanes<TLanes> =>
        TLanes.Multiply((x - TLanes.Broadcast(_zeroPoint0)) << LeftShift, TLanes.Broadcast(_multiplier0), TLanes.Broadcast(_shift0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Second<TLanes>(TLanes x) where TLanes : struct, IInt32Lanes<TLanes> =>
        TLanes.Multiply((x - TLanes.Broadcast(_zeroPoint1)) << LeftShift, TLanes.Broadcast(_multiplier1), TLanes.Broadcast(_shift1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Finish<TLanes>(TLanes sum) where TLanes : struct, IInt32Lanes<TLanes>
    {
        TLanes value = TLanes.Multiply(sum, TLanes.Broadcast(_multiplier), TLanes.Broadcast(_shift)) + TLanes.Broadcast(_range.ZeroPoint);
        return TLanes.Min(TLanes.Max(value, TLanes.Broadcast(_range.Min)), TLanes.Broadcast(_range.Max));
    }

    /// <summary>Multipliers in double, as addition computes them.</summary>
    public static Int8Sum InDouble(float scale0, int zeroPoint0, float scale1, int zeroPoint1, float outputScale, in Int8Range range)
    {
        double common = 2 * (double)Math.Max(scale0, scale1);
        return new(scale0 / common, scale1 / common, common / ((1 << LeftShift) * (double)outputScale), zeroPoint0, zeroPoint1, range);
    }

    /// <summary>Multipliers in float32, as TFLite Micro's subtraction computes them.</summary>
    public static Int8Sum InSingle(float scale0, int zeroPoint0, float scale1, int zeroPoint1, float outputScale, in Int8Range range)
    {
        float common = 2 * Math.Max(scale0, scale1);
        return new(scale0 / common, scale1 / common, common / ((1 << LeftShift) * outputScale), zeroPoint0, zeroPoint1, range);
    }

    private static (int Multiplier, int Shift) Below1(double real, string tensor)
    {
        if (!(real > 0 && real < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(real), real,
                $"The rescaling of the {tensor} must be above 0 and below 1. Scales must be positive, and the output's at least 2^-19 of the larger input's.");
        }

        return FixedPoint.QuantizeMultiplier(real);
    }
}
