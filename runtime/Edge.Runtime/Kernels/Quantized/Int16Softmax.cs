using System.Numerics;

namespace Edge.Runtime.Kernels;

/// <summary>Int16 softmax over the last axis; the output has scale 1/32768 and zero point 0.</summary>
/// <remarks>
/// Source: SoftmaxInt16, TensorFlow Lite kernels/internal/reference/softmax.h; LUTPopulateInt16 and the interpolated look-up of kernels/internal/common.h; scaling and ranges of both
/// tables from TFLite Micro kernels/softmax_common.cc: e^x for −10 … 0 and 1 / (1 + x) for 0 … 1.
/// </remarks>
internal static class Int16Softmax
{
    /// <summary>Entries of a table: 512 and one more for the last slope.</summary>
    public const int TableLength = 513;

    /// <summary>The real difference of two inputs that the first table reaches, in steps of int16.</summary>
    private const double Step = 10.0 / 65535.0;

    /// <summary>Fills e^x and 1 / (1 + x).</summary>
    /// <param name="exp">Receives <see cref="TableLength"/> values.</param>
    /// <param name="reciprocal">Receives as many.</param>
    public static void Prepare(Span<short> exp, Span<short> reciprocal)
    {
        Fill(10f / 65535, short.MaxValue, static x => MathF.Exp(x), exp);
        Fill(1f / 65535, short.MinValue, static x => 1f / (1f + x), reciprocal);
    }

    /// <summary>Factor of the differences to a row's largest value.</summary>
    public static (int Multiplier, int Shift) Scaling(float beta, float inputScale) => FixedPoint.QuantizeMultiplier((double)inputScale * beta / Step);

    /// <summary>Softmax of each row.</summary>
    /// <param name="exp">What <see cref="Prepare"/> wrote.</param>
    /// <param name="reciprocal">The same.</param>
    /// <param name="multiplier">What <see cref="Scaling"/> gave.</param>
    /// <param name="shift">The same.</param>
    /// <param name="depth">Values of a row.</param>
    /// <param name="input">Rows.</param>
    /// <param name="output">Receives as many values; may be the input.</param>
    public static void Run(
        ReadOnlySpan<short> exp, ReadOnlySpan<short> reciprocal, int multiplier, int shift, int depth, ReadOnlySpan<short> input, Span<short> output)
    {
        for (int start = 0; start < input.Length; start += depth)
        {
            ReadOnlySpan<short> x = input.Slice(start, depth);
            Span<short> y = output.Slice(start, depth);
            int largest = short.MinValue;
            foreach (short value in x)
            {
                largest = Math.Max(largest, value);
            }

            // The sum is at least e^0 = 32767; beyond 65 536 columns the reference's int32 may wrap, this one saturates.
            long total = 0;
            for (int i = 0; i < depth; i++)
            {
                y[i] = Look(Int16Functions.Saturate(FixedPoint.Multiply(x[i] - largest, multiplier, shift) + short.MaxValue), exp);
                total += y[i];
            }

            int sum = (int)Math.Clamp(total, 1, int.MaxValue);
            int headroom = BitOperations.LeadingZeroCount((uint)sum);
            int shifted = (int)((((long)sum << (headroom - 1)) + (1 << 13)) >> 14);
            long share = Look(Int16Functions.Saturate(shifted - ((1 << 15) + (1 << 16))), reciprocal);
            int right = 31 - headroom;
            for (int i = 0; i < depth; i++)
            {
                y[i] = (short)Math.Clamp((int)(((y[i] * share) + (1L << (right - 1))) >> right), 0, short.MaxValue);
            }
        }
    }

    private static short Look(short value, ReadOnlySpan<short> table)
    {
        int index = 256 + (value >> 7), slope = (short)(table[index + 1] - table[index]);
        return (short)(table[index] + (((slope * (value & 0x7F)) + 64) >> 7));
    }

    private static void Fill(float scale, int zeroPoint, Func<float, float> function, Span<short> table)
    {
        const float OutputScale = 2f / 65535;
        float min = scale * (short.MinValue - zeroPoint), max = scale * (short.MaxValue - zeroPoint);
        float step = (max - min) / 512, halfStep = step / 2;
        float inverse = 65536f / ((OutputScale * short.MaxValue) - (OutputScale * short.MinValue));
        for (int i = 0; i < 512; i++)
        {
            float sample = Round(function(min + (i * step)) * inverse);
            float interpolated = Round(((function(min + ((i + 1) * step)) * inverse) + sample) / 2);
            float middle = Round(function(min + (i * step) + halfStep) * inverse);
            table[i] = Narrow(sample - Round((interpolated - middle) / 2));
        }

        table[512] = Narrow(Round(function(max) * inverse));
    }

    private static float Round(float value) => MathF.Round(value, MidpointRounding.AwayFromZero);

    private static short Narrow(float value) => (short)Math.Clamp(value, short.MinValue, short.MaxValue);
}
