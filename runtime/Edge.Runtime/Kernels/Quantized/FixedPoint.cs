using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>The fixed-point arithmetic of the TFLite 8-bit scheme: a real multiplier becomes int32 · 2^(shift − 31).</summary>
/// <remarks>
/// Sources: gemmlowp fixedpoint/fixedpoint.h (SaturatingRoundingDoublingHighMul, RoundingDivideByPOT); TensorFlow Lite
/// kernels/internal/quantization_util.cc (QuantizeMultiplier, CalculateInputRadius) and common.cc (MultiplyByQuantizedMultiplier,
/// the double-rounding form that TFLite Micro's reference kernels use).
/// </remarks>
internal static class FixedPoint
{
    /// <summary>Largest left shift that int32 arithmetic can carry out.</summary>
    private const int MaxShift = 30;

    /// <summary>A real multiplier as an int32 mantissa and a power of two: value ≈ multiplier · 2^(shift − 31).</summary>
    /// <param name="value">Any finite number; for scales it is positive.</param>
    /// <returns>The mantissa, of magnitude 2^30 … 2^31 − 1 (0 for 0), and the shift, −31 … 30; positive shifts to the left.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is NaN or infinite.</exception>
    /// <remarks>
    /// Below 2^-32 the result is 0, as in TFLite. Above 2^30 it saturates, where TFLite's double-rounding form is undefined (it shifts
    /// int32 by 31 or more) and its single-rounding form saturates to the same pair.
    /// </remarks>
    public static (int Multiplier, int Shift) QuantizeMultiplier(double value)
    {
        (int multiplier, int shift) = Decompose(value);
        return shift > MaxShift ? (value < 0 ? int.MinValue : int.MaxValue, MaxShift) : (multiplier, shift);
    }

    /// <summary><see cref="QuantizeMultiplier"/> with the shift left as large as it comes; for callers that bound the input by <see cref="InputRadius"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is NaN or infinite.</exception>
    public static (int Multiplier, int Shift) Decompose(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(
                nameof(value), value, "A quantization multiplier must be finite; check the scales of the operator's input, weights and output.");
        }

        if (value == 0)
        {
            return (0, 0);
        }

        // frexp: value = fraction · 2^exponent with 0.5 ≤ |fraction| < 1. Both steps are exact.
        int exponent = Math.ILogB(value) + 1;
        double fraction = Math.ScaleB(value, -exponent);
        long mantissa = (long)Math.Round(fraction * (1L << 31), MidpointRounding.AwayFromZero);
        if (mantissa == 1L << 31)
        {
            mantissa /= 2;
            exponent++;
        }

        return exponent < -31 ? (0, 0) : ((int)mantissa, exponent);
    }

    /// <summary>round(a · b / 2^31), halves toward +∞, −1 · −1 saturated: gemmlowp's SaturatingRoundingDoublingHighMul, Arm's SQRDMULH.</summary>
    /// <remarks>
    /// gemmlowp adds 2^30 (or 1 − 2^30 below zero) and divides truncating; an arithmetic shift after adding 2^30 gives the same for both
    /// signs: −2^30 goes to 0 and −2^30 − 1 to −1 either way.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SaturatingRoundingDoublingHighMul(int a, int b) =>
        a == int.MinValue && b == int.MinValue ? int.MaxValue : (int)(((long)a * b + (1L << 30)) >> 31);

    /// <summary>The same for int16 values in Q0.15.</summary>
    public static short SaturatingRoundingDoublingHighMul(short a, short b) =>
        a == short.MinValue && b == short.MinValue ? short.MaxValue : (short)((a * b + (1 << 14)) >> 15);

    /// <summary>round(x / 2^exponent), halves away from zero; 0 ≤ exponent ≤ 31.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int RoundingDivideByPowerOfTwo(int x, int exponent)
    {
        Debug.Assert(exponent is >= 0 and <= 31);
        int mask = (int)((1L << exponent) - 1);
        int remainder = x & mask;
        int threshold = (mask >> 1) + (x < 0 ? 1 : 0);
        return (x >> exponent) + (remainder > threshold ? 1 : 0);
    }

    /// <summary>x · multiplier · 2^(shift − 31), rounded twice: once by the high multiplication, once by the right shift.</summary>
    /// <remarks>A left shift wraps, as x · (1 &lt;&lt; shift) does in the reference on every common machine.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Multiply(int x, int multiplier, int shift)
    {
        int left = Math.Max(shift, 0);
        return RoundingDivideByPowerOfTwo(SaturatingRoundingDoublingHighMul(x << left, multiplier), left - shift);
    }

    /// <summary>x · multiplier · 2^(shift − 31) of a 48-bit number, with the multiplier cut to 16 bits and one rounding, halves upwards.</summary>
    /// <remarks>Source: MultiplyByQuantizedMultiplier for int64, TensorFlow Lite kernels/internal/common.cc. A result beyond int32 loses its upper bits, as there.</remarks>
    public static int MultiplyLong(long x, int multiplier, int shift)
    {
        int reduced = multiplier < 0x7FFF0000 ? (multiplier + (1 << 15)) >> 16 : 0x7FFF;
        int totalShift = 15 - shift;
        return totalShift > 0
            ? unchecked((int)(((x * reduced) + (1L << (totalShift - 1))) >> totalShift))
            : unchecked((int)((x * reduced) << -totalShift));
    }

    /// <summary>x · 2^exponent, saturated to int32; exponent &gt; 0. gemmlowp's SaturatingRoundingMultiplyByPOT for positive exponents.</summary>
    /// <remarks>gemmlowp's bound is symmetric, −threshold: it saturates exactly the values that would overflow and one that would not, −2^31 itself.</remarks>
    public static int SaturatingShiftLeft(int x, int exponent)
    {
        int threshold = (1 << (31 - exponent)) - 1;
        return x > threshold ? int.MaxValue : x < -threshold ? int.MinValue : x << exponent;
    }

    /// <summary>Largest |q − zero point| whose rescaled value still lies within the given integer bits; beyond it a function is constant.</summary>
    /// <remarks>Source: CalculateInputRadius with total_signed_bits = 31.</remarks>
    public static int InputRadius(int integerBits, int leftShift)
    {
        double radius = Math.Floor(Math.ScaleB((1 << integerBits) - 1, 31 - integerBits - leftShift));
        return (int)Math.Min(radius, int.MaxValue);
    }

    /// <summary>The int8 interval that a fused activation leaves, in the output's quantization.</summary>
    /// <remarks>Source: CalculateActivationRangeQuantized, kernels/kernel_util.cc; a bound outside int8 saturates.</remarks>
    public static (int Min, int Max) ActivationRange(Operators.Activation activation, float scale, int zeroPoint) => activation switch
    {
        Operators.Activation.Relu => (Bound(0f, scale, zeroPoint), sbyte.MaxValue),
        Operators.Activation.Relu6 => (Bound(0f, scale, zeroPoint), Bound(6f, scale, zeroPoint)),
        Operators.Activation.ReluN1To1 => (Bound(-1f, scale, zeroPoint), Bound(1f, scale, zeroPoint)),
        _ => (sbyte.MinValue, sbyte.MaxValue),
    };

    /// <summary>A real bound in the output's quantization; saturates where it lies outside the type (int8 unless stated), so infinities are no bound.</summary>
    public static int Bound(float value, float scale, int zeroPoint, int lowest = sbyte.MinValue, int highest = sbyte.MaxValue)
    {
        float steps = MathF.Round(value / scale, MidpointRounding.AwayFromZero);
        return (int)Math.Clamp(zeroPoint + (double)steps, lowest, highest);
    }
}
