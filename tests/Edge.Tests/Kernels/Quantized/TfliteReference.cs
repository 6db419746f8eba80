using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;

namespace Edge.Tests.Kernels.Quantized;

/// <summary>The reference kernels of TensorFlow Lite, followed line by line in naive loops. It shares no code with the kernels under test.</summary>
/// <remarks>
/// Sources: gemmlowp fixedpoint/fixedpoint.h; TensorFlow Lite kernels/internal/{common,quantization_util}, reference/integer_ops/*.h,
/// reference/{softmax,hard_swish,leaky_relu,requantize,quantize,sub}.h; TFLite Micro kernels/*_common.cc for the preparation.
/// </remarks>
internal static class TfliteReference
{
    internal static int HighMul(int a, int b)
    {
        if (a == b && a == int.MinValue)
        {
            return int.MaxValue;
        }

        long product = (long)a * b;
        long nudge = product >= 0 ? 1L << 30 : 1 - (1L << 30);
        return (int)((product + nudge) / (1L << 31));                    // C++ and C# both truncate
    }

    internal static int DivideByPot(int x, int exponent)
    {
        int mask = (int)((1L << exponent) - 1);
        int remainder = x & mask;
        int threshold = (mask >> 1) + (x < 0 ? 1 : 0);
        return (x >> exponent) + (remainder > threshold ? 1 : 0);
    }

    internal static int Multiply(int x, int multiplier, int shift)
    {
        int left = shift > 0 ? shift : 0;
        int right = shift > 0 ? 0 : -shift;
        return DivideByPot(HighMul(unchecked(x * (1 << left)), multiplier), right);
    }

    internal static (int, int) QuantizeMultiplier(double value)
    {
        if (value == 0)
        {
            return (0, 0);
        }

        // frexp by repeated halving and doubling
        int shift = 0;
        double q = value;
        while (Math.Abs(q) >= 1)
        {
            q /= 2;
            shift++;
        }

        while (Math.Abs(q) < 0.5)
        {
            q *= 2;
            shift--;
        }

        long mantissa = (long)Math.Round(q * (1L << 31), MidpointRounding.AwayFromZero);
        if (mantissa == 1L << 31)
        {
            mantissa /= 2;
            shift++;
        }

        if (shift < -31)
        {
            shift = 0;
            mantissa = 0;
        }

        return ((int)mantissa, shift);
    }

    internal static sbyte[] Conv(
        ConvGeometry g, sbyte[] input, sbyte[] weights, int[] bias, float[] weightScales, float inputScale, int inputZeroPoint, float outputScale, Int8Range range,
        int weightZeroPoint = 0)
    {
        sbyte[] output = new sbyte[g.Batch * g.OutputHeight * g.OutputWidth * g.OutputChannels];
        int depth = g.InputChannels / g.Groups;
        int filtersPerGroup = g.OutputChannels / g.Groups;
        int o = 0;
        for (int b = 0; b < g.Batch; b++)
        {
            for (int outY = 0; outY < g.OutputHeight; outY++)
            {
                for (int outX = 0; outX < g.OutputWidth; outX++)
                {
                    for (int channel = 0; channel < g.OutputChannels; channel++)
                    {
                        int group = channel / filtersPerGroup;
                        int acc = 0;
                        for (int ky = 0; ky < g.KernelHeight; ky++)
                        {
                            for (int kx = 0; kx < g.KernelWidth; kx++)
                            {
                                int inY = outY * g.StrideHeight - g.PadTop + ky * g.DilationHeight;
                                int inX = outX * g.StrideWidth - g.PadLeft + kx * g.DilationWidth;
                                if (inX < 0 || inX >= g.InputWidth || inY < 0 || inY >= g.InputHeight)
                                {
                                    continue;
                                }

                                for (int c = 0; c < depth; c++)
                                {
                                    int x = input[((b * g.InputHeight + inY) * g.InputWidth + inX) * g.InputChannels + c + group * depth];
                                    int w = weights[((channel * g.KernelHeight + ky) * g.KernelWidth + kx) * depth + c];
                                    acc = unchecked(acc + (w - weightZeroPoint) * (x - inputZeroPoint));
                                }
                            }
                        }

                        acc = unchecked(acc + (bias.Length == 0 ? 0 : bias[channel]));
                        float scale = weightScales.Length == 1 ? weightScales[0] : weightScales[channel];
                        (int multiplier, int shift) = QuantizeMultiplier((double)inputScale * (double)scale / (double)outputScale);
                        output[o++] = Clamp(Multiply(acc, multiplier, shift) + range.ZeroPoint, range);
                    }
                }
            }
        }

        return output;
    }

    /// <summary>reference_integer_ops::TransposeConv, with groups and dilation; the geometry's input is what is spread.</summary>
    internal static sbyte[] TransposeConv(
        ConvGeometry g, sbyte[] input, sbyte[] weights, int[] bias, float[] weightScales, float inputScale, int inputZeroPoint, float outputScale, Int8Range range,
        int weightZeroPoint = 0)
    {
        int[] scratch = new int[g.Batch * g.OutputHeight * g.OutputWidth * g.OutputChannels];
        int depth = g.InputChannels / g.Groups, filtersPerGroup = g.OutputChannels / g.Groups, i = 0;
        for (int b = 0; b < g.Batch; b++)
        {
            for (int inY = 0; inY < g.InputHeight; inY++)
            {
                for (int inX = 0; inX < g.InputWidth; inX++)
                {
                    for (int inC = 0; inC < g.InputChannels; inC++, i++)
                    {
                        for (int ky = 0; ky < g.KernelHeight; ky++)
                        {
                            for (int kx = 0; kx < g.KernelWidth; kx++)
                            {
                                int outY = inY * g.StrideHeight - g.PadTop + ky * g.DilationHeight, outX = inX * g.StrideWidth - g.PadLeft + kx * g.DilationWidth;
                                if (outY < 0 || outY >= g.OutputHeight || outX < 0 || outX >= g.OutputWidth)
                                {
                                    continue;
                                }

                                for (int f = 0; f < filtersPerGroup; f++)
                                {
                                    int channel = inC / depth * filtersPerGroup + f;
                                    int w = weights[((channel * g.KernelHeight + ky) * g.KernelWidth + kx) * depth + inC % depth];
                                    scratch[((b * g.OutputHeight + outY) * g.OutputWidth + outX) * g.OutputChannels + channel] += (input[i] - inputZeroPoint) * (w - weightZeroPoint);
                                }
                            }
                        }
                    }
                }
            }
        }

        sbyte[] output = new sbyte[scratch.Length];
        for (int o = 0; o < output.Length; o++)
        {
            int channel = o % g.OutputChannels;
            float scale = weightScales.Length == 1 ? weightScales[0] : weightScales[channel];
            (int multiplier, int shift) = QuantizeMultiplier((double)inputScale * (double)scale / (double)outputScale);
            output[o] = Clamp(Multiply(scratch[o] + (bias.Length == 0 ? 0 : bias[channel]), multiplier, shift) + range.ZeroPoint, range);
        }

        return output;
    }

    /// <summary>reference_ops::ResizeBilinear for int8.</summary>
    internal static sbyte[] ResizeBilinear(
        sbyte[] input, (int Batch, int Height, int Width, int Rows, int Columns, int Channels) g, bool alignCorners, bool halfPixelCenters)
    {
        int heightScale = (1024 * g.Height + g.Rows / 2) / g.Rows, widthScale = (1024 * g.Width + g.Columns / 2) / g.Columns;
        if (alignCorners && g.Rows > 1)
        {
            heightScale = (1024 * (g.Height - 1) + (g.Rows - 1) / 2) / (g.Rows - 1);
        }

        if (alignCorners && g.Columns > 1)
        {
            widthScale = (1024 * (g.Width - 1) + (g.Columns - 1) / 2) / (g.Columns - 1);
        }

        (int Scaled, int Lower, int Upper) Interpolation(int value, int scale, int size)
        {
            int scaled = halfPixelCenters ? value * scale + scale / 2 - 512 : value * scale;
            return (scaled, Math.Max(scaled / 1024, 0), Math.Min((scaled + 1023) / 1024, size - 1));
        }

        sbyte[] output = new sbyte[g.Batch * g.Rows * g.Columns * g.Channels];
        int o = 0;
        for (int b = 0; b < g.Batch; b++)
        {
            for (int y = 0; y < g.Rows; y++)
            {
                (int inputY, int y0, int y1) = Interpolation(y, heightScale, g.Height);
                for (int x = 0; x < g.Columns; x++)
                {
                    (int inputX, int x0, int x1) = Interpolation(x, widthScale, g.Width);
                    for (int c = 0; c < g.Channels; c++)
                    {
                        long At(int row, int column) => input[((b * g.Height + row) * g.Width + column) * g.Channels + c];
                        long sum = At(y0, x0) * (1024 - (inputY - 1024 * y0)) * (1024 - (inputX - 1024 * x0));
                        sum += At(y1, x0) * (inputY - 1024 * y0) * (1024 - (inputX - 1024 * x0));
                        sum += At(y0, x1) * (1024 - (inputY - 1024 * y0)) * (inputX - 1024 * x0);
                        sum += At(y1, x1) * (inputY - 1024 * y0) * (inputX - 1024 * x0);
                        output[o++] = (sbyte)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
                    }
                }
            }
        }

        return output;
    }

    /// <summary>reference_ops::ResizeNearestNeighbor.</summary>
    internal static sbyte[] ResizeNearest(
        sbyte[] input, (int Batch, int Height, int Width, int Rows, int Columns, int Channels) g, bool alignCorners, bool halfPixelCenters)
    {
        int Nearest(int value, int inputSize, int outputSize)
        {
            float scale = alignCorners && outputSize > 1 ? (inputSize - 1) / (float)(outputSize - 1) : inputSize / (float)outputSize;
            float offset = halfPixelCenters ? 0.5f : 0;
            float place = (value + offset) * scale;
            int rounded = Math.Min((int)(alignCorners ? MathF.Round(place, MidpointRounding.AwayFromZero) : MathF.Floor(place)), inputSize - 1);
            return halfPixelCenters ? Math.Max(0, rounded) : rounded;
        }

        sbyte[] output = new sbyte[g.Batch * g.Rows * g.Columns * g.Channels];
        for (int o = 0; o < output.Length; o++)
        {
            int c = o % g.Channels, x = o / g.Channels % g.Columns, y = o / g.Channels / g.Columns % g.Rows, b = o / g.Channels / g.Columns / g.Rows;
            output[o] = input[((b * g.Height + Nearest(y, g.Height, g.Rows)) * g.Width + Nearest(x, g.Width, g.Columns)) * g.Channels + c];
        }

        return output;
    }

    internal static sbyte[] Depthwise(
        ConvGeometry g, sbyte[] input, sbyte[] weights, int[] bias, float[] weightScales, float inputScale, int inputZeroPoint, float outputScale, Int8Range range,
        int weightZeroPoint = 0)
    {
        sbyte[] output = new sbyte[g.Batch * g.OutputHeight * g.OutputWidth * g.OutputChannels];
        int depthMultiplier = g.OutputChannels / g.InputChannels;
        for (int b = 0; b < g.Batch; b++)
        {
            for (int outY = 0; outY < g.OutputHeight; outY++)
            {
                for (int outX = 0; outX < g.OutputWidth; outX++)
                {
                    for (int inChannel = 0; inChannel < g.InputChannels; inChannel++)
                    {
                        for (int m = 0; m < depthMultiplier; m++)
                        {
                            int channel = m + inChannel * depthMultiplier;
                            int acc = 0;
                            for (int ky = 0; ky < g.KernelHeight; ky++)
                            {
                                for (int kx = 0; kx < g.KernelWidth; kx++)
                                {
                                    int inY = outY * g.StrideHeight - g.PadTop + ky * g.DilationHeight;
                                    int inX = outX * g.StrideWidth - g.PadLeft + kx * g.DilationWidth;
                                    if (inX < 0 || inX >= g.InputWidth || inY < 0 || inY >= g.InputHeight)
                                    {
                                        continue;
                                    }

                                    int x = input[((b * g.InputHeight + inY) * g.InputWidth + inX) * g.InputChannels + inChannel];
                                    acc += (weights[(ky * g.KernelWidth + kx) * g.OutputChannels + channel] - weightZeroPoint) * (x - inputZeroPoint);
                                }
                            }

                            acc += bias.Length == 0 ? 0 : bias[channel];
                            float scale = weightScales.Length == 1 ? weightScales[0] : weightScales[channel];
                            (int multiplier, int shift) = QuantizeMultiplier((double)inputScale * (double)scale / (double)outputScale);
                            output[((b * g.OutputHeight + outY) * g.OutputWidth + outX) * g.OutputChannels + channel] =
                                Clamp(Multiply(acc, multiplier, shift) + range.ZeroPoint, range);
                        }
                    }
                }
            }
        }

        return output;
    }

    internal static sbyte[] Pool(ConvGeometry g, bool average, sbyte[] input, int min, int max)
    {
        sbyte[] output = new sbyte[g.Batch * g.OutputHeight * g.OutputWidth * g.OutputChannels];
        int o = 0;
        for (int b = 0; b < g.Batch; b++)
        {
            for (int outY = 0; outY < g.OutputHeight; outY++)
            {
                for (int outX = 0; outX < g.OutputWidth; outX++)
                {
                    for (int channel = 0; channel < g.OutputChannels; channel++)
                    {
                        int acc = average ? 0 : sbyte.MinValue;
                        int count = 0;
                        for (int ky = 0; ky < g.KernelHeight; ky++)
                        {
                            for (int kx = 0; kx < g.KernelWidth; kx++)
                            {
                                int inY = outY * g.StrideHeight - g.PadTop + ky * g.DilationHeight;
                                int inX = outX * g.StrideWidth - g.PadLeft + kx * g.DilationWidth;
                                if (inX >= 0 && inX < g.InputWidth && inY >= 0 && inY < g.InputHeight)
                                {
                                    int x = input[((b * g.InputHeight + inY) * g.InputWidth + inX) * g.InputChannels + channel];
                                    acc = average ? acc + x : Math.Max(acc, x);
                                    count++;
                                }
                            }
                        }

                        if (average)
                        {
                            acc = acc > 0 ? (acc + count / 2) / count : (acc - count / 2) / count;
                        }

                        output[o++] = (sbyte)Math.Min(Math.Max(acc, min), max);
                    }
                }
            }
        }

        return output;
    }

    /// <summary>AveragePool for uint8, reference/pooling.h.</summary>
    internal static byte[] AveragePoolUInt8(ConvGeometry g, byte[] input, int min, int max)
    {
        byte[] output = new byte[g.Batch * g.OutputHeight * g.OutputWidth * g.OutputChannels];
        for (int o = 0; o < output.Length; o++)
        {
            (int position, int channel) = Math.DivRem(o, g.OutputChannels);
            (position, int outX) = Math.DivRem(position, g.OutputWidth);
            (int b, int outY) = Math.DivRem(position, g.OutputHeight);
            int acc = 0, count = 0;
            for (int ky = 0; ky < g.KernelHeight; ky++)
            {
                for (int kx = 0; kx < g.KernelWidth; kx++)
                {
                    int inY = outY * g.StrideHeight - g.PadTop + ky;
                    int inX = outX * g.StrideWidth - g.PadLeft + kx;
                    if (inX >= 0 && inX < g.InputWidth && inY >= 0 && inY < g.InputHeight)
                    {
                        acc += input[((b * g.InputHeight + inY) * g.InputWidth + inX) * g.InputChannels + channel];
                        count++;
                    }
                }
            }

            output[o] = (byte)Math.Min(Math.Max((acc + count / 2) / count, min), max);
        }

        return output;
    }

    /// <summary>One result of Mean (equal parameters) or QuantizedMeanOrSum, reference/reduce.h, as TFLite Micro kernels/reduce_common.cc chooses.</summary>
    internal static sbyte MeanOrSum(sbyte[] values, bool mean, float inputScale, int inputZero, float outputScale, int outputZero)
    {
        int sum = 0;
        foreach (sbyte value in values)
        {
            sum += value;
        }

        if (mean && inputScale == outputScale && inputZero == outputZero)
        {
            return (sbyte)(sum / values.Length);
        }

        (int multiplier, int shift) = QuantizeMultiplier((double)inputScale / (double)outputScale);
        if (mean)
        {
            int bits = 0;
            while (values.Length >> (bits + 1) != 0)
            {
                bits++;
            }

            bits = Math.Min(Math.Min(bits, 32), 31 + shift);
            multiplier = (int)(((long)multiplier << bits) / values.Length);
            shift -= bits;
        }

        return (sbyte)Math.Min(Math.Max(Multiply(sum - inputZero * values.Length, multiplier, shift) + outputZero, sbyte.MinValue), sbyte.MaxValue);
    }

    internal static sbyte Add(sbyte x, sbyte y, float scale1, int zero1, float scale2, int zero2, float outputScale, Int8Range range, bool subtract)
    {
        double real1, real2, realOutput;
        if (subtract)
        {
            float twice = 2 * Math.Max(scale1, scale2);
            real1 = scale1 / twice;
            real2 = scale2 / twice;
            realOutput = twice / ((1 << 20) * outputScale);
        }
        else
        {
            double twice = 2 * (double)Math.Max(scale1, scale2);
            real1 = (double)scale1 / twice;
            real2 = (double)scale2 / twice;
            realOutput = twice / ((1 << 20) * (double)outputScale);
        }

        (int m1, int s1) = QuantizeMultiplier(real1);
        (int m2, int s2) = QuantizeMultiplier(real2);
        (int m, int s) = QuantizeMultiplier(realOutput);
        int scaled1 = DivideByPot(HighMul((x - zero1) * (1 << 20), m1), -s1);
        int scaled2 = DivideByPot(HighMul((y - zero2) * (1 << 20), m2), -s2);
        int raw = subtract ? scaled1 - scaled2 : scaled1 + scaled2;
        return Clamp(DivideByPot(HighMul(raw, m), -s) + range.ZeroPoint, range);
    }

    internal static sbyte Mul(sbyte x, sbyte y, float scale1, int zero1, float scale2, int zero2, float outputScale, Int8Range range)
    {
        (int m, int s) = QuantizeMultiplier((double)scale1 * (double)scale2 / (double)outputScale);
        return Clamp(range.ZeroPoint + Multiply((x - zero1) * (y - zero2), m, s), range);
    }

    // gemmlowp's SaturatingRoundingMultiplyByPOT<e> for e > 0.
    private static int ShiftSaturating(int x, int e)
    {
        long wide = (long)x << e;
        return (int)Math.Clamp(wide, int.MinValue, int.MaxValue);
    }

    internal static int ExpOnNegative(int a, int integerBits)
    {
        int fractional = 31 - integerBits;
        int oneQuarter = 1 << (fractional - 2);
        int mask = oneQuarter - 1;
        int aMod = (a & mask) - oneQuarter;

        int f = ShiftSaturating(aMod, integerBits);
        int x = f + (1 << 28);
        int x2 = HighMul(x, x);
        int x3 = HighMul(x2, x);
        int x4 = HighMul(x2, x2);
        int x4Over4 = DivideByPot(x4, 2);
        int sum = DivideByPot(HighMul(x4Over4 + x3, 715827883) + x2, 1);
        int result = 1895147668 + HighMul(1895147668, x + sum);

        int remainder = aMod - a;
        void Barrel(int exponent, int factor)
        {
            if (integerBits > exponent && (remainder & (1 << (fractional + exponent))) != 0)
            {
                result = HighMul(result, factor);
            }
        }

        Barrel(-2, 1672461947);
        Barrel(-1, 1302514674);
        Barrel(0, 790015084);
        Barrel(1, 290630308);
        Barrel(2, 39332535);
        Barrel(3, 720401);
        Barrel(4, 242);
        return a == 0 ? int.MaxValue : result;
    }

    private static int NewtonRaphson(int a)
    {
        long sum = (long)a + int.MaxValue;
        int half = (int)((sum + (sum >= 0 ? 1 : -1)) / 2);
        int x = 1515870810 + HighMul(half, -1010580540);
        for (int i = 0; i < 3; i++)
        {
            int halfTimesX = HighMul(half, x);
            int oneMinus = (1 << 29) - halfTimesX;
            x += ShiftSaturating(HighMul(x, oneMinus), 2);
        }

        return x;
    }

    internal static int OneOverOnePlus(int a) => ShiftSaturating(NewtonRaphson(a), 1);

    internal static int LogisticQ(int a, int integerBits)
    {
        int absolute = a > 0 ? a : -a;
        int positive = OneOverOnePlus(ExpOnNegative(-absolute, integerBits));
        return a == 0 ? 1 << 30 : a > 0 ? positive : int.MaxValue - positive;
    }

    internal static int TanhQ(int a, int integerBits)
    {
        int n = a < 0 ? a : -a;
        int t = ShiftSaturating(NewtonRaphson(ExpOnNegative(n, integerBits + 1)) - (1 << 29), 2);
        return a == 0 ? 0 : a < 0 ? -t : t;
    }

    internal static sbyte Logistic(sbyte q, float scale, int zeroPoint, bool tanh)
    {
        (int multiplier, int shift) = QuantizeMultiplier((double)scale * (1 << 27));
        int radius = (int)Math.Floor(1.0 * ((1 << 4) - 1) * (1L << 27) / Math.Pow(2, shift));
        int input = q - zeroPoint;
        if (input <= -radius)
        {
            return sbyte.MinValue;
        }

        if (input >= radius)
        {
            return sbyte.MaxValue;
        }

        int inQ4 = Multiply(input, multiplier, shift);
        int result = tanh ? DivideByPot(TanhQ(inQ4, 4), 24) : DivideByPot(LogisticQ(inQ4, 4), 23) - 128;
        return (sbyte)Math.Min(Math.Max(result, -128), 127);
    }

    internal static sbyte[] Softmax(sbyte[] input, int depth, float beta, float scale)
    {
        double real = Math.Min((double)beta * (double)scale * (1 << 26), (1L << 31) - 1.0);
        (int multiplier, int leftShift) = QuantizeMultiplier(real);
        int diffMin = -(int)Math.Floor(1.0 * ((1 << 5) - 1) * (1L << 26) / (1L << leftShift));
        sbyte[] output = new sbyte[input.Length];
        for (int start = 0; start < input.Length; start += depth)
        {
            int max = -128;
            for (int c = 0; c < depth; c++)
            {
                max = Math.Max(max, input[start + c]);
            }

            int sumOfExps = 0;
            for (int c = 0; c < depth; c++)
            {
                int diff = input[start + c] - max;
                if (diff >= diffMin)
                {
                    sumOfExps += DivideByPot(ExpOnNegative(HighMul(diff * (1 << leftShift), multiplier), 5), 12);
                }
            }

            int headroom = 0;
            while (((uint)sumOfExps & (0x80000000u >> headroom)) == 0)
            {
                headroom++;
            }

            int bitsOverUnit = 12 - headroom;
            int shiftedScale = OneOverOnePlus((int)(((uint)sumOfExps << headroom) - (1u << 31)));
            int exponent = bitsOverUnit + 31 - 8;
            for (int c = 0; c < depth; c++)
            {
                int diff = input[start + c] - max;
                int value = -128;
                if (diff >= diffMin)
                {
                    int exp = ExpOnNegative(HighMul(diff * (1 << leftShift), multiplier), 5);
                    value = DivideByPot(HighMul(shiftedScale, exp), exponent) - 128;
                }

                output[start + c] = (sbyte)Math.Max(Math.Min(value, 127), -128);
            }
        }

        return output;
    }

    internal static sbyte LeakyRelu(sbyte q, float alpha, float inputScale, int inputZero, float outputScale, int outputZero)
    {
        (int alphaMultiplier, int alphaShift) = QuantizeMultiplier((double)(inputScale * alpha / outputScale));
        (int multiplier, int shift) = QuantizeMultiplier((double)(inputScale / outputScale));
        int value = q - inputZero;
        int result = value >= 0
            ? outputZero + Multiply(value, multiplier, shift)
            : outputZero + Multiply(value, alphaMultiplier, alphaShift);
        return (sbyte)Math.Min(127, Math.Max(-128, result));
    }

    internal static sbyte Relu(sbyte q, float actMin, float actMax, float inputScale, int inputZero, float outputScale, int outputZero)
    {
        (int multiplier, int shift) = QuantizeMultiplier((double)inputScale / (double)outputScale);
        int min = float.IsInfinity(actMin) ? -128 : Math.Max(-128, outputZero + (int)MathF.Round(actMin / outputScale, MidpointRounding.AwayFromZero));
        int max = float.IsInfinity(actMax) ? 127 : Math.Min(127, outputZero + (int)MathF.Round(actMax / outputScale, MidpointRounding.AwayFromZero));
        int clamped = outputZero + Multiply(q - inputZero, multiplier, shift);
        return (sbyte)Math.Min(Math.Max(min, clamped), max);
    }

    internal static int Requantize(int q, float inputScale, int inputZero, float outputScale, int outputZero, int min, int max)
    {
        (int multiplier, int shift) = QuantizeMultiplier((double)inputScale / (double)outputScale);
        return Math.Max(Math.Min(Multiply(q - inputZero, multiplier, shift) + outputZero, max), min);
    }

    internal static sbyte HardSwish(sbyte q, float inputScale, int inputZero, float outputScale, int outputZero)
    {
        static short HighMul16(short a, short b)
        {
            int ab = a * b;
            short nudge = (short)(ab >= 0 ? 1 << 14 : 1 - (1 << 14));
            return a == b && a == short.MinValue ? short.MaxValue : (short)((ab + nudge) / (1 << 15));
        }

        static short Pot16(short x, int e)
        {
            short mask = (short)((1L << e) - 1);
            short remainder = (short)(x & mask);
            short threshold = (short)((short)(mask >> 1) + (short)(x < 0 ? 1 : 0));
            return (short)((short)(x >> e) + (short)(remainder > threshold ? 1 : 0));
        }

        static short LeftSaturating(short v, int amount) => (short)Math.Max(Math.Min((long)v * (1 << amount), short.MaxValue), short.MinValue);
        static short Down(int m) => m >= int.MaxValue - (1 << 15) ? short.MaxValue : (short)((m + (1 << 15)) >> 16);

        float hires = 1.0f / 128.0f * inputScale;
        (int outputM32, int outputExponent) = QuantizeMultiplier((double)(hires / outputScale));
        (int reluishM32, int reluishExponent) = QuantizeMultiplier((double)(hires / (3.0f / 32768.0f)));
        short outputM = Down(outputM32);
        short reluishM = Down(reluishM32);

        short inputValue = (short)(q - inputZero);
        short hiresValue = (short)(inputValue * (1 << 7));
        short preshift = HighMul16(hiresValue, outputM);
        short reluish = hiresValue;
        if (reluishExponent > 0)
        {
            reluish = LeftSaturating(reluish, reluishExponent - 1);
        }

        reluish = HighMul16(reluish, reluishM);
        if (reluishExponent > 0)
        {
            reluish = LeftSaturating(reluish, 1);
        }

        if (reluishExponent < 0)
        {
            reluish = Pot16(reluish, -reluishExponent);
        }

        reluish = (short)((reluish + (1 << 15)) >> 1);
        short product = (short)(reluish * preshift / (1 << 15));
        short result = Pot16(product, -outputExponent);
        result += (short)outputZero;
        return (sbyte)Math.Max(Math.Min(result, (short)127), (short)-128);
    }

    internal static int Quantize(float x, float scale, int zeroPoint, int min, int max)
    {
        float quotient = x / scale;
        if (float.IsNaN(quotient))
        {
            return Math.Clamp(zeroPoint, min, max);
        }

        double rounded = Math.Round((double)quotient, MidpointRounding.AwayFromZero);
        return (int)Math.Clamp(rounded + zeroPoint, min, max);
    }

    /// <summary>LstmStep of TFLite Micro's lstm_eval.h for each sample and step; changes the states.</summary>
    internal static sbyte[] Lstm(
        Lstm op, int batch, int time, int features, int hidden, sbyte[] input, Quantization x, sbyte[] weights, Quantization w, sbyte[] recurrent, Quantization r, int[]? bias,
        sbyte[] state, Quantization h, short[] cell, int cellPower)
    {
        sbyte[] output = new sbyte[batch * time * hidden];
        double cellScale = Math.Pow(2, cellPower);
        for (int b = 0; b < batch; b++)
        {
            for (int k = 0; k < time; k++)
            {
                int t = op.Reverse ? time - 1 - k : k;
                short[] i = Gate(0, false), f = Gate(1, false), o = Gate(3, false);
                short[] g = Gate(2, op.Candidate.Function != RecurrentFunction.Sigmoid);
                for (int n = 0; n < hidden; n++)
                {
                    int at = (b * hidden) + n;
                    short forgotten = Mul(f[n], cell[at], cellScale / 32768 / cellScale);
                    short added = Mul(i[n], g[n], 1 / 32768.0 / 32768.0 / cellScale);
                    cell[at] = Int16(forgotten + added);
                    if (op.CellClip > 0)
                    {
                        short clip = (short)Math.Min(Math.Max(op.CellClip / cellScale, -32768.0), 32767.0);
                        cell[at] = Math.Max(Math.Min(clip, cell[at]), (short)-clip);
                    }

                    (int multiplier, int shift) = QuantizeMultiplier(1 / 32768.0 / 32768.0 / h.Scale);
                    int value = Multiply(Tanh(cell[at], 15 + cellPower - 3) * o[n], multiplier, shift) + h.ZeroPoint;
                    state[at] = (sbyte)Math.Min(Math.Max(value, -128), 127);
                }

                Array.Copy(state, b * hidden, output, ((b * time) + t) * hidden, hidden);

                short[] Gate(int gate, bool tanh)
                {
                    short[] result = new short[hidden];
                    for (int n = 0; n < hidden; n++)
                    {
                        int row = (gate * hidden) + n;
                        int first = bias is null ? 0 : bias[row], second = 0;
                        for (int d = 0; d < features; d++)
                        {
                            first += weights[(row * features) + d] * (input[(((b * time) + t) * features) + d] - x.ZeroPoint);
                        }

                        for (int d = 0; d < hidden; d++)
                        {
                            second += recurrent[(row * hidden) + d] * (state[(b * hidden) + d] - h.ZeroPoint);
                        }

                        short sum = Int16(FullyConnected(first, x.Scale, w, row) + FullyConnected(second, h.Scale, r, row));
                        result[n] = tanh ? Tanh(sum, 0) : Logistic(sum);
                    }

                    return result;
                }
            }
        }

        return output;

        static short FullyConnected(int sum, float scale, Quantization weights, int row)
        {
            double product = scale * weights.Scales[weights.Axis < 0 ? 0 : row];
            (int multiplier, int shift) = QuantizeMultiplier(product / 0.000244140625f);
            return Int16(Multiply(sum, multiplier, shift));
        }

        static short Mul(short a, short b, double scale)
        {
            (int multiplier, int shift) = QuantizeMultiplier(scale);
            return Int16(Multiply(a * b, multiplier, shift));
        }

        static short Logistic(short value)
        {
            int input = value * 3;
            uint abs = (uint)Math.Abs(input), uh = abs >> 9, result;
            if (uh >= 255)
            {
                result = 0x7FFF << 10;
            }
            else
            {
                uint ua = Int16Functions.Table[(int)uh], ub = Int16Functions.Table[(int)uh + 1], ut = abs & 0x1ff;
                result = (ua << 9) + (ut * (ub - ua));
            }

            result = input >= 0 ? result + (1 << 9) : unchecked((1u << (16 + 9)) - result + (1 << 9) - 1);
            return (short)(result >> 10);
        }

        static short Tanh(short value, int leftShift)
        {
            int multiplier = 0;
            if (leftShift < 0)
            {
                leftShift = -leftShift;
                multiplier = 3;
            }

            if (multiplier == 0)
            {
                multiplier = 3 << leftShift;
                leftShift = 0;
            }

            int round = leftShift > 0 ? 1 << (leftShift - 1) : 0;
            int input = ((value * multiplier) + round) >> leftShift;
            uint abs = (uint)Math.Abs(input), uh = abs >> 8;
            int result;
            if (uh >= 255)
            {
                result = 0xFFFF << 8;
            }
            else
            {
                uint ua = Int16Functions.Table[(int)uh], ub = Int16Functions.Table[(int)uh + 1];
                byte ut = (byte)(abs & 0xFF);
                result = (int)((ua << 8) + (ut * (ub - ua)));
            }

            result = input >= 0 ? result - (1 << (14 + 9)) + (1 << (9 - 2)) : -result + (1 << (14 + 9)) + (1 << (9 - 2)) - 1;
            return (short)(result >> (9 - 1));
        }
    }

    private static short Int16(int value) => (short)Math.Min(Math.Max(value, short.MinValue), short.MaxValue);

    /// <summary>EvalIntegerSvdfReference of TFLite Micro; moves the state on.</summary>
    internal static sbyte[] Svdf(
        int rank, int batch, int inputs, int filters, int memory, sbyte[] input, Quantization x, sbyte[] features, float featureScale, int[] time, float timeScale, int[]? bias,
        int[] state, Quantization s, int least, int most, Quantization y)
    {
        (int firstMultiplier, int firstShift) = QuantizeMultiplier(x.Scale * featureScale / s.Scale);
        (int secondMultiplier, int secondShift) = QuantizeMultiplier(s.Scale * timeScale / y.Scale);
        Array.Copy(state, 1, state, 0, state.Length - 1);
        int result = memory - 1;
        for (int b = 0; b < batch; b++)
        {
            for (int f = 0; f < filters; f++)
            {
                int dot = 0;
                for (int c = 0; c < inputs; c++)
                {
                    dot += features[(f * inputs) + c] * (input[(b * inputs) + c] - x.ZeroPoint);
                }

                dot = s.ZeroPoint + Multiply(dot, firstMultiplier, firstShift);
                state[result] = Math.Min(Math.Max(least, dot), most);
                result += memory;
            }
        }

        int units = filters / rank;
        sbyte[] output = new sbyte[batch * units];
        for (int b = 0; b < batch; b++)
        {
            for (int u = 0; u < units; u++)
            {
                int sum = bias is null ? 0 : bias[u];
                for (int f = u * rank; f < (u + 1) * rank; f++)
                {
                    for (int k = 0; k < memory; k++)
                    {
                        sum += time[(f * memory) + k] * (state[(((b * filters) + f) * memory) + k] - s.ZeroPoint);
                    }
                }

                output[(b * units) + u] = (sbyte)Math.Min(Math.Max(Multiply(sum, secondMultiplier, secondShift) + y.ZeroPoint, -128), 127);
            }
        }

        return output;
    }

    private static sbyte Clamp(int value, Int8Range range) => (sbyte)Math.Min(Math.Max(value, range.Min), range.Max);
}
