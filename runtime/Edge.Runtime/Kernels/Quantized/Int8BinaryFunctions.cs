using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>The smaller of two int8 values of the same quantization.</summary>
internal readonly struct Int8Minimum : IInt8Binary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Apply(int x0, int x1) => Math.Min(x0, x1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Apply<TLanes>(TLanes x0, TLanes x1) where TLanes : struct, IInt32Lanes<TLanes> => TLanes.Min(x0, x1);
}

/// <summary>The larger of two int8 values of the same quantization.</summary>
internal readonly struct Int8Maximum : IInt8Binary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Apply(int x0, int x1) => Math.Max(x0, x1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Apply<TLanes>(TLanes x0, TLanes x1) where TLanes : struct, IInt32Lanes<TLanes> => TLanes.Max(x0, x1);
}

/// <summary>(x0 − x1)² in int8: both brought to a common scale with 7 more bits, so that the square stays within int32.</summary>
/// <remarks>Source: TensorFlow Lite Micro kernels/squared_difference.cc. The last denominator is computed in float32, as there.</remarks>
internal readonly struct Int8SquaredDifference : IInt8Binary
{
    private const int LeftShift = 7;
    private readonly int _zeroPoint0;
    private readonly int _multiplier0;
    private readonly int _shift0;
    private readonly int _zeroPoint1;
    private readonly int _multiplier1;
    private readonly int _shift1;
    private readonly int _multiplier;
    private readonly int _shift;
    private readonly int _outputZeroPoint;

    /// <summary>Folds the scales.</summary>
    public Int8SquaredDifference(Quantization left, Quantization right, Quantization output)
    {
        double common = 2.0 * Math.Max(left.Scale, right.Scale);
        (_multiplier0, _shift0) = FixedPoint.QuantizeMultiplier(left.Scale / common);
        (_multiplier1, _shift1) = FixedPoint.QuantizeMultiplier(right.Scale / common);
        (_multiplier, _shift) = FixedPoint.QuantizeMultiplier(common * common / ((1 << (2 * LeftShift)) * output.Scale));
        (_zeroPoint0, _zeroPoint1, _outputZeroPoint) = (left.ZeroPoint, right.ZeroPoint, output.ZeroPoint);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Apply(int x0, int x1)
    {
        int difference = FixedPoint.Multiply((x0 - _zeroPoint0) << LeftShift, _multiplier0, _shift0) - FixedPoint.Multiply((x1 - _zeroPoint1) << LeftShift, _multiplier1, _shift1);
        return Math.Clamp(unchecked(FixedPoint.Multiply(difference * difference, _multiplier, _shift) + _outputZeroPoint), sbyte.MinValue, sbyte.MaxValue);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Apply<TLanes>(TLanes x0, TLanes x1) where TLanes : struct, IInt32Lanes<TLanes>
    {
        TLanes first = TLanes.Multiply((x0 - TLanes.Broadcast(_zeroPoint0)) << LeftShift, TLanes.Broadcast(_multiplier0), TLanes.Broadcast(_shift0));
        TLanes second = TLanes.Multiply((x1 - TLanes.Broadcast(_zeroPoint1)) << LeftShift, TLanes.Broadcast(_multiplier1), TLanes.Broadcast(_shift1));
        TLanes difference = first - second;
        TLanes value = TLanes.Multiply(difference * difference, TLanes.Broadcast(_multiplier), TLanes.Broadcast(_shift)) + TLanes.Broadcast(_outputZeroPoint);
        return TLanes.Min(TLanes.Max(value, TLanes.Broadcast(sbyte.MinValue)), TLanes.Broadcast(sbyte.MaxValue));
    }
}

/// <summary>x0 / x1 in int8, one pair at a time: a reciprocal by Newton-Raphson has no vector form that pays.</summary>
/// <remarks>
/// Source: DivElementwise, TensorFlow Lite kernels/internal/reference/div.h; the multiplier is computed in float32, as in TFLite Micro kernels/div.cc. A division by 0, which is
/// undefined there, saturates toward the sign of x0; 0 / 0 is 0.
/// </remarks>
internal readonly struct Int8Quotient : IScalarBinary<sbyte, sbyte>
{
    /// <summary>Bits by which a quotient is shifted to the right at least: a numerator below 2^8 is first shifted left by 22 or more.</summary>
    internal const int MostShift = 22;

    private readonly int _zeroPoint0;
    private readonly int _zeroPoint1;
    private readonly int _outputZeroPoint;
    private readonly int _multiplier;
    private readonly int _shift;

    /// <summary>Folds the scales.</summary>
    public Int8Quotient(Quantization left, Quantization right, Quantization output)
    {
        (_multiplier, _shift) = FixedPoint.QuantizeMultiplier(Real(left, right, output));
        (_zeroPoint0, _zeroPoint1, _outputZeroPoint) = (left.ZeroPoint, right.ZeroPoint, output.ZeroPoint);
    }

    /// <summary>The real multiplier of a quotient.</summary>
    internal static float Real(Quantization left, Quantization right, Quantization output) => left.Scale / (right.Scale * output.Scale);

    public sbyte Value(sbyte left, sbyte right)
    {
        int numerator = left - _zeroPoint0, denominator = right - _zeroPoint1;
        if (denominator == 0)
        {
            return (sbyte)(numerator > 0 ? sbyte.MaxValue : numerator < 0 ? sbyte.MinValue : _outputZeroPoint);
        }

        if (denominator < 0)
        {
            (numerator, denominator) = (-numerator, -denominator);
        }

        (int inverse, int inverseShift) = FixedPointFunctions.Invert(denominator, 31);
        int headroom = numerator == 0 ? 31 : BitOperations.LeadingZeroCount((uint)(numerator < 0 ? ~numerator : numerator)) - 1;
        int quotient = FixedPoint.SaturatingRoundingDoublingHighMul(unchecked(numerator << headroom), inverse);
        int rightShift = headroom + inverseShift - _shift;
        int product = FixedPoint.SaturatingRoundingDoublingHighMul(quotient, _multiplier);
        int result = rightShift > 31 ? 0 : FixedPoint.RoundingDivideByPowerOfTwo(product, rightShift);
        return (sbyte)Math.Clamp(result + (long)_outputZeroPoint, sbyte.MinValue, sbyte.MaxValue);
    }
}

/// <summary>A comparison of two int8 values of different quantization: both scaled to a common fixed point.</summary>
/// <remarks>Source: ComparisonWithScaling, TensorFlow Lite kernels/internal/reference/comparisons.h; multipliers from TFLite Micro kernels/comparisons.cc, which takes scales below 1.</remarks>
internal readonly struct Int8Comparison : IScalarBinary<sbyte, byte>
{
    private const int LeftShift = 8;
    private readonly Comparison _comparison;
    private readonly int _zeroPoint0;
    private readonly int _multiplier0;
    private readonly int _shift0;
    private readonly int _zeroPoint1;
    private readonly int _multiplier1;
    private readonly int _shift1;

    /// <summary>Folds the scales.</summary>
    public Int8Comparison(Comparison comparison, Quantization left, Quantization right)
    {
        _comparison = comparison;
        (_multiplier0, _shift0) = FixedPoint.QuantizeMultiplier(left.Scale);
        (_multiplier1, _shift1) = FixedPoint.QuantizeMultiplier(right.Scale);
        (_zeroPoint0, _zeroPoint1) = (left.ZeroPoint, right.ZeroPoint);
    }

    public byte Value(sbyte left, sbyte right)
    {
        int a = FixedPoint.Multiply((left - _zeroPoint0) << LeftShift, _multiplier0, _shift0);
        int b = FixedPoint.Multiply((right - _zeroPoint1) << LeftShift, _multiplier1, _shift1);
        bool holds = _comparison switch
        {
            Comparison.Equal => a == b,
            Comparison.NotEqual => a != b,
            Comparison.Less => a < b,
            Comparison.LessOrEqual => a <= b,
            Comparison.Greater => a > b,
            _ => a >= b,
        };
        return holds ? (byte)1 : (byte)0;
    }
}
