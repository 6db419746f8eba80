using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Kernels.Quantized;

/// <summary>TensorFlow Lite's functions of one int8 value, followed line by line. It shares no code with the kernels under test.</summary>
/// <remarks>Sources: TFLite Micro kernels/elementwise.cc; TensorFlow Lite kernels/elementwise.cc (Sqrt) and kernels/internal/common.h and
/// kernels/internal/reference/gelu.h.</remarks>
internal static class TfliteFunctions
{
    internal static sbyte Abs(sbyte q, Quantization from, Quantization to)
    {
        int value = Math.Abs(q - from.ZeroPoint);
        if (from.Scale == to.Scale)
        {
            return (sbyte)Math.Min(Math.Max(value + to.ZeroPoint, -128), 127);
        }

        (int multiplier, int shift) = TfliteReference.QuantizeMultiplier((double)from.Scale / to.Scale);
        return (sbyte)Math.Min(Math.Max(TfliteReference.Multiply(value, multiplier, shift) + to.ZeroPoint, -128), 127);
    }

    internal static sbyte Sqrt(sbyte q, Quantization from, Quantization to)
    {
        float x = from.Scale * (q - from.ZeroPoint);
        int result = x < 0 ? to.ZeroPoint : (int)(MathF.Sqrt(x) / to.Scale) + to.ZeroPoint;
        return (sbyte)Math.Min(Math.Max(result, -128), 127);
    }

    internal static sbyte Rsqrt(sbyte q, Quantization from, Quantization to)
    {
        int value = q - from.ZeroPoint;
        if (value <= 0)
        {
            return 127;
        }

        const int Shift = 20;
        (int outputMultiplier, int outputShift) = TfliteReference.QuantizeMultiplier(1.0 / (Math.Sqrt(from.Scale) * to.Scale));
        (int multiplier, int shift) = InverseSquareRoot(value);
        int data = TfliteReference.Multiply(1, multiplier, shift + Shift);
        int output = TfliteReference.Multiply(data, outputMultiplier, outputShift - Shift) + to.ZeroPoint;
        return (sbyte)Math.Min(Math.Max(output, -128), 127);
    }

    /// <summary>GetInvSqrtQuantizedMultiplierExp with reverse_shift = −1; gemmlowp's F3 and F0 are raw Q3.28 and Q0.31 numbers.</summary>
    internal static (int Multiplier, int Shift) InverseSquareRoot(int input)
    {
        if (input <= 1)
        {
            return (int.MaxValue, 0);
        }

        int outputShift = 11;
        while (input >= 1 << 29)
        {
            input /= 4;
            ++outputShift;
        }

        int leadingZeros = 0;
        while ((input & (1 << (31 - leadingZeros))) == 0)
        {
            leadingZeros++;
        }

        int maxLeftShiftBits = leadingZeros - 1;
        int maxLeftShiftBitPairs = maxLeftShiftBits / 2;
        int leftShiftBitPairs = maxLeftShiftBitPairs - 1;
        outputShift -= leftShiftBitPairs;
        input <<= 2 * leftShiftBitPairs;
        Assert.InRange(input, 1 << 27, (1 << 29) - 1);
        int fixedpointInput = input >> 1;
        int fixedpointHalfInput = TfliteReference.DivideByPot(fixedpointInput, 1);
        const int HalfThree = (1 << 28) + (1 << 27);
        int x = 1 << 28;
        for (int i = 0; i < 5; i++)
        {
            int x3 = LeftSaturated(TfliteReference.HighMul(TfliteReference.HighMul(x, x), x), 6);
            x = LeftSaturated(TfliteReference.HighMul(HalfThree, x) - TfliteReference.HighMul(fixedpointHalfInput, x3), 3);
        }

        x = TfliteReference.HighMul(x, 1518500250);
        if (outputShift < 0)
        {
            x <<= -outputShift;
            outputShift = 0;
        }

        return (x, -outputShift);
    }

    /// <summary>GeluTransform and GeluTransformApproximate.</summary>
    internal static float Gelu(float x, bool approximate)
    {
        const float SqrtOf2DividedByPi = (float)(1.12837916709551257390 * 0.70710678118654752440);
        return approximate
            ? 0.5f * x * (1f + MathF.Tanh(SqrtOf2DividedByPi * (x + (0.044715f * x * x * x))))
            : 0.5f * x * (float)SpecialFunctions.ComplementaryError(x * (float)-0.70710678118654752440);
    }

    /// <summary>LUTPopulateInt8: what a function of real numbers becomes.</summary>
    internal static sbyte Table(sbyte q, Quantization from, Quantization to, Func<double, double> function)
    {
        float inverseScale = 1 / to.Scale;
        float dequantized = from.Scale * (q - from.ZeroPoint);
        float transformed = (float)function(dequantized);
        float rescaled = MathF.Round(transformed * inverseScale, MidpointRounding.AwayFromZero) + to.ZeroPoint;
        return float.IsNaN(rescaled) || rescaled < -128 ? (sbyte)-128 : rescaled > 127 ? (sbyte)127 : (sbyte)rescaled;
    }

    private static int LeftSaturated(int x, int bits)
    {
        long shifted = (long)x << bits;
        int threshold = (1 << (31 - bits)) - 1;
        return x > threshold ? int.MaxValue : x < -threshold ? int.MinValue : (int)shifted;
    }
}
