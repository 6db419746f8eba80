using Edge.Runtime.Operators;

namespace Edge.Tests.Kernels.Quantized;

/// <summary>TensorFlow Lite's quantized reductions and row functions, followed line by line. It shares no code with the kernels under test.</summary>
/// <remarks>
/// Sources: TensorFlow Lite kernels/internal/reference/{reduce,log_softmax,prelu}.h, integer_ops/l2normalization.h, kernels/internal/common.{h,cc}; TFLite Micro
/// kernels/log_softmax.cc, prelu_common.cc.
/// </remarks>
internal static class TfliteReductions
{
    /// <summary>QuantizedReduceProd.</summary>
    internal static sbyte Product(List<double> group, Quantization from, Quantization to)
    {
        double scaling = from.Scale / Math.Pow(to.Scale, 1.0 / group.Count);
        (int multiplier, int shift) = TfliteReference.QuantizeMultiplier(scaling);
        int product = (int)group[0] - from.ZeroPoint;
        for (int i = 1; i < group.Count; i++)
        {
            product = MultiplyLong((long)product * ((int)group[i] - from.ZeroPoint), multiplier, shift);
        }

        return (sbyte)Math.Min(Math.Max(MultiplyLong(product, multiplier, shift) + to.ZeroPoint, -128), 127);
    }

    internal static sbyte PRelu(sbyte x, sbyte alpha, Quantization input, Quantization slope, Quantization output)
    {
        (int multiplier1, int shift1) = TfliteReference.QuantizeMultiplier((double)input.Scale / (double)output.Scale);
        (int multiplier2, int shift2) = TfliteReference.QuantizeMultiplier((double)input.Scale * (double)slope.Scale / (double)output.Scale);
        int value = x - input.ZeroPoint;
        int result = value >= 0
            ? TfliteReference.Multiply(value, multiplier1, shift1)
            : TfliteReference.Multiply(value * (alpha - slope.ZeroPoint), multiplier2, shift2);
        return (sbyte)Math.Min(Math.Max(result + output.ZeroPoint, -128), 127);
    }

    internal static sbyte[] L2Normalization(sbyte[] input, int depth, int zeroPoint)
    {
        sbyte[] output = new sbyte[input.Length];
        for (int start = 0; start < input.Length; start += depth)
        {
            int acc = 0;
            for (int c = 0; c < depth; c++)
            {
                acc += (input[start + c] - zeroPoint) * (input[start + c] - zeroPoint);
            }

            (int multiplier, int shift) = TfliteFunctions.InverseSquareRoot(acc);
            for (int c = 0; c < depth; c++)
            {
                int value = TfliteReference.Multiply(input[start + c] - zeroPoint, multiplier, shift + 7);
                output[start + c] = (sbyte)Math.Min(127, Math.Max(-128, value));
            }
        }

        return output;
    }

    internal static sbyte[] LogSoftmax(sbyte[] input, int depth, float scale)
    {
        double real = Math.Min(1.0 * (double)scale * (1 << 26), (1L << 31) - 1.0);
        (int multiplier, int leftShift) = TfliteReference.QuantizeMultiplier(real);
        (int divisor, int divisorShift) = TfliteReference.QuantizeMultiplier((1 << (31 - leftShift)) / (double)multiplier);
        int diffMin = -(int)Math.Floor(1.0 * ((1 << 5) - 1) * (1L << 26) / (1L << leftShift));
        sbyte[] output = new sbyte[input.Length];
        for (int start = 0; start < input.Length; start += depth)
        {
            int max = -128;
            for (int c = 0; c < depth; c++)
            {
                max = Math.Max(max, input[start + c]);
            }

            int sum = 0;
            for (int c = 0; c < depth; c++)
            {
                int diff = input[start + c] - max;
                if (diff >= diffMin)
                {
                    sum += TfliteReference.DivideByPot(TfliteReference.ExpOnNegative(TfliteReference.Multiply(diff, multiplier, leftShift), 5), 12);
                }
            }

            int log = Log(sum);
            int adjustedDiffMin = Math.Max(diffMin - 1, TfliteReference.Multiply(unchecked(log + int.MinValue), divisor, divisorShift));
            for (int c = 0; c < depth; c++)
            {
                int diff = input[start + c] - max;
                output[start + c] = -128;
                if (diff > adjustedDiffMin)
                {
                    int value = TfliteReference.DivideByPot(TfliteReference.Multiply(diff, multiplier, leftShift) - log, 31 - 5 - 4) + 127;
                    output[start + c] = (sbyte)Math.Max(Math.Min(value, 127), -128);
                }
            }
        }

        return output;
    }

    /// <summary>log_x_for_x_greater_than_or_equal_to_1 with 12 integer bits in and 5 out.</summary>
    internal static int Log(int input)
    {
        int shiftedQuarter = TfliteReference.DivideByPot(536870912, 6);
        int zA = input;
        int zAHeadroomPlus1 = LeadingZeros(zA);
        int rATmp = ByPot(zA, zAHeadroomPlus1 - 1);
        int rARaw = ByPot(TfliteReference.HighMul(rATmp, 1518500250), 1);
        int zAPow2Adj = ByPot(12 - zAHeadroomPlus1, 31 - 6) + shiftedQuarter;
        int zB = TfliteReference.HighMul(zA, 1518500250);
        int zBHeadroom = LeadingZeros(zB) - 1;
        int rBRaw = ByPot(zA, zBHeadroom);
        int zBPow2Adj = ByPot(12 - zBHeadroom, 31 - 6) - shiftedQuarter;
        int r = Math.Min(rARaw, rBRaw);
        int zPow2Adj = Math.Max(zAPow2Adj, zBPow2Adj);
        long halfSum = (long)r + 1805811301;
        int p = (int)((halfSum + (halfSum >= 0 ? 1 : -1)) / 2);
        int q = r - 1805811301;
        q += q;
        int commonSq = TfliteReference.HighMul(q, q);
        int num = TfliteReference.HighMul(q, r) + TfliteReference.HighMul(TfliteReference.HighMul(q, commonSq), 117049297);
        int denomMinusOne = TfliteReference.HighMul(p, 1057819769 + q + TfliteReference.HighMul(127690142, commonSq)) + TfliteReference.HighMul(638450708, q);
        int recipDenom = TfliteReference.OneOverOnePlus(denomMinusOne);
        int numScaled = TfliteReference.DivideByPot(num, 6);
        return ByPot(TfliteReference.HighMul(zPow2Adj, 1488522236) + TfliteReference.HighMul(numScaled, recipDenom), 1);
    }

    private static int MultiplyLong(long x, int multiplier, int shift)
    {
        int reduced = multiplier < 0x7FFF0000 ? (multiplier + (1 << 15)) >> 16 : 0x7FFF;
        int totalShift = 15 - shift;
        return unchecked((int)(((x * reduced) + (1L << (totalShift - 1))) >> totalShift));
    }

    private static int ByPot(int x, int exponent)
    {
        long result = (long)x << exponent;
        return result > int.MaxValue ? int.MaxValue : result < int.MinValue ? int.MinValue : (int)result;
    }

    private static int LeadingZeros(int x)
    {
        int count = 0;
        while (count < 32 && ((uint)x & (0x80000000u >> count)) == 0)
        {
            count++;
        }

        return count;
    }
}
