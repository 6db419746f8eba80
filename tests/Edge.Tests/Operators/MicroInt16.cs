using System.Numerics;

namespace Edge.Tests.Operators;

/// <summary>TensorFlow Lite's reference arithmetic for int16 data, transcribed plainly: numbers of any length, one loop a formula.</summary>
/// <remarks>Sources: TensorFlow Lite kernels/internal/common.cc, quantization_util.cc and gemmlowp fixedpoint.h.</remarks>
internal static class MicroInt16
{
    /// <summary>QuantizeMultiplier.</summary>
    public static (int Multiplier, int Shift) Quantize(double value)
    {
        if (value == 0)
        {
            return (0, 0);
        }

        int shift = 0;
        double fraction = value;
        for (; Math.Abs(fraction) >= 1; shift++)
        {
            fraction /= 2;
        }

        for (; Math.Abs(fraction) < 0.5; shift--)
        {
            fraction *= 2;
        }

        long multiplier = (long)Math.Round(fraction * (1L << 31), MidpointRounding.AwayFromZero);
        if (multiplier == 1L << 31)
        {
            multiplier /= 2;
            shift++;
        }

        return shift < -31 ? (0, 0) : ((int)multiplier, shift);
    }

    /// <summary>MultiplyByQuantizedMultiplier of an int32, rounded twice.</summary>
    public static int Narrow(int x, double scale)
    {
        (int multiplier, int shift) = Quantize(scale);
        int shifted = unchecked((int)(x * (1L << Math.Max(shift, 0))));
        long product = (long)shifted * multiplier;
        long high = (product + (product >= 0 ? 1L << 30 : 1 - (1L << 30))) / (1L << 31);
        if (shift >= 0)
        {
            return (int)high;
        }

        long unit = 1L << -shift, floor = (long)Math.Floor((double)high / unit), remainder = high - (floor * unit);
        return (int)(remainder > (unit / 2) - (high < 0 ? 0 : 1) ? floor + 1 : floor);
    }

    /// <summary>MultiplyByQuantizedMultiplier of an int64, with 16 bits of the multiplier.</summary>
    public static int Wide(long x, double scale)
    {
        (int multiplier, int shift) = Quantize(scale);
        int reduced = multiplier < 0x7FFF0000 ? (multiplier + (1 << 15)) >> 16 : 0x7FFF;
        BigInteger sum = ((BigInteger)x * reduced) + (BigInteger.One << (15 - shift - 1));
        return (int)(sum >> (15 - shift));
    }

    /// <summary>The bound of an activation, then the type's.</summary>
    public static short Clamp(int value, int activation, float scale)
    {
        int low = short.MinValue, high = short.MaxValue;
        if (activation is 1 or 2)
        {
            low = 0;
        }

        if (activation == 2)
        {
            high = Steps(6 / scale);
        }
        else if (activation == 3)
        {
            (low, high) = (Steps(-1 / scale), Steps(1 / scale));
        }

        return (short)Math.Min(Math.Max(value, low), high);
    }

    private static int Steps(float value) => (int)Math.Clamp(MathF.Round(value, MidpointRounding.AwayFromZero), short.MinValue, short.MaxValue);
}
