using Edge.Runtime.Operators;

namespace Edge.Tests.Kernels.Quantized;

/// <summary>TensorFlow Lite's functions of two int8 values and its running sums, followed line by line. It shares no code with the kernels under test.</summary>
/// <remarks>Sources: TensorFlow Lite kernels/internal/reference/{div,comparisons,cumsum}.h, kernels/internal/common.h; TFLite Micro kernels/{div,squared_difference,comparisons,cumsum}.cc.</remarks>
internal static class TfliteBinary
{
    internal static sbyte Divide(sbyte x, sbyte y, Quantization a, Quantization b, Quantization output)
    {
        (int outputMultiplier, int outputShift) = TfliteReference.QuantizeMultiplier(a.Scale / (b.Scale * output.Scale));
        int input1 = x - a.ZeroPoint, input2 = y - b.ZeroPoint;
        if (input2 == 0)
        {
            return input1 > 0 ? (sbyte)127 : input1 < 0 ? (sbyte)-128 : (sbyte)output.ZeroPoint;
        }

        if (input2 < 0)
        {
            input1 = -input1;
            input2 = -input2;
        }

        int headroomPlusOne = 0;
        while (((uint)input2 & (0x80000000u >> headroomPlusOne)) == 0)
        {
            headroomPlusOne++;
        }

        int recipShift = 31 - headroomPlusOne;
        int inverse = TfliteReference.OneOverOnePlus((int)(((uint)input2 << headroomPlusOne) - (1u << 31)));

        // CountLeadingSignBits: bits below the sign that equal it.
        int headroom = 0;
        while (headroom < 31 && ((input1 >> (30 - headroom)) & 1) == (input1 < 0 ? 1 : 0))
        {
            headroom++;
        }

        int quotient = TfliteReference.HighMul(input1 * (1 << headroom), inverse);
        int totalShift = outputShift - recipShift - headroom;
        int scaled = TfliteReference.HighMul(quotient, outputMultiplier);
        int result = -totalShift > 31 ? 0 : TfliteReference.DivideByPot(scaled, -totalShift);
        return (sbyte)Math.Min(127L, Math.Max(-128L, (long)result + output.ZeroPoint));
    }

    internal static sbyte SquaredDifference(sbyte x, sbyte y, Quantization a, Quantization b, Quantization output)
    {
        double twiceMaxInputScale = 2.0 * (double)Math.Max(a.Scale, b.Scale);
        (int multiplier1, int shift1) = TfliteReference.QuantizeMultiplier((double)a.Scale / twiceMaxInputScale);
        (int multiplier2, int shift2) = TfliteReference.QuantizeMultiplier((double)b.Scale / twiceMaxInputScale);
        (int multiplier, int shift) = TfliteReference.QuantizeMultiplier(twiceMaxInputScale * twiceMaxInputScale / (double)((1 << 14) * output.Scale));
        int scaled1 = TfliteReference.DivideByPot(TfliteReference.HighMul((x - a.ZeroPoint) * (1 << 7), multiplier1), -shift1);
        int scaled2 = TfliteReference.DivideByPot(TfliteReference.HighMul((y - b.ZeroPoint) * (1 << 7), multiplier2), -shift2);
        int difference = scaled1 - scaled2;
        int raw = TfliteReference.Multiply(difference * difference, multiplier, shift) + output.ZeroPoint;
        return (sbyte)Math.Min(127, Math.Max(-128, raw));
    }

    internal static (int Left, int Right) Scaled(sbyte x, sbyte y, Quantization a, Quantization b)
    {
        (int multiplier1, int shift1) = TfliteReference.QuantizeMultiplier((double)a.Scale);
        (int multiplier2, int shift2) = TfliteReference.QuantizeMultiplier((double)b.Scale);
        return (TfliteReference.Multiply((x - a.ZeroPoint) * (1 << 8), multiplier1, shift1), TfliteReference.Multiply((y - b.ZeroPoint) * (1 << 8), multiplier2, shift2));
    }

    /// <summary>One line of a cumulative sum, already in the order of summation.</summary>
    internal static sbyte[] CumulativeSum(sbyte[] line, bool exclusive, Quantization from, Quantization to)
    {
        double twice = 2 * (double)from.Scale;
        (int inputMultiplier, int inputShift) = TfliteReference.QuantizeMultiplier((double)from.Scale / twice);
        (int outputMultiplier, int outputShift) = TfliteReference.QuantizeMultiplier(twice / ((1 << 20) * (double)to.Scale));
        int accumulator = TfliteReference.Multiply(-from.ZeroPoint * (1 << 20), inputMultiplier, inputShift);
        sbyte[] result = new sbyte[line.Length];
        for (int i = 0; i < line.Length; i++)
        {
            int scaled = TfliteReference.Multiply((line[i] - from.ZeroPoint) * (1 << 20), inputMultiplier, inputShift);
            int output = accumulator;
            accumulator = unchecked(accumulator + scaled);
            output = exclusive ? output : accumulator;
            int raw = TfliteReference.Multiply(output, outputMultiplier, outputShift) + to.ZeroPoint;
            result[i] = (sbyte)Math.Min(127, Math.Max(-128, raw));
        }

        return result;
    }
}
