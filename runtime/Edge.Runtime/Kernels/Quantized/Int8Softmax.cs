using System.Diagnostics;

namespace Edge.Runtime.Kernels;

/// <summary>Int8 softmax over the last dimension; the output has scale 1/256 and zero point −128.</summary>
/// <remarks>
/// Source: TensorFlow Lite kernels/internal/reference/softmax.h; scaling from TFLite Micro kernels/softmax_common.cc and
/// PreprocessSoftmaxScaling, kernels/internal/quantization_util.cc. e^(scale · beta · difference) depends on one of 256 differences to the row's
/// largest value, so preparation tabulates it.
/// </remarks>
internal static class Int8Softmax
{
    /// <summary>Entries of the prepared table: e^(−i · scale · beta) in Q0.31, 0 where the reference skips the element.</summary>
    public const int TableLength = 256;

    /// <summary>Integer bits of a scaled difference: e^−32 is nothing.</summary>
    private const int DifferenceIntegerBits = 5;

    /// <summary>Integer bits of a sum of exponentials.</summary>
    private const int SumIntegerBits = 12;

    /// <summary>Whether a table exists: beta · scale is finite and above 2^-26; the reference refuses other scales too.</summary>
    /// <param name="beta">Factor of the input.</param>
    /// <param name="inputScale">Scale of the input.</param>
    public static bool Accepts(float beta, float inputScale) => float.IsFinite(beta) && (double)beta * inputScale * (1 << (31 - DifferenceIntegerBits)) > 1;

    /// <summary>Fills the table.</summary>
    /// <param name="beta">Factor of the input, usually 1.</param>
    /// <param name="inputScale">Scale of the input.</param>
    /// <param name="table">Receives <see cref="TableLength"/> values.</param>
    /// <exception cref="ArgumentOutOfRangeException">beta · scale is not finite or not above 2^-26; the reference refuses such a scale too.</exception>
    public static void Prepare(float beta, float inputScale, Span<int> table)
    {
        Debug.Assert(table.Length == TableLength);
        double real = Math.Min((double)beta * inputScale * (1 << (31 - DifferenceIntegerBits)), (1L << 31) - 1.0);
        if (!Accepts(beta, inputScale))
        {
            throw new ArgumentOutOfRangeException(
                nameof(inputScale), inputScale, $"Int8 softmax needs beta times input scale above 2^-26; beta is {beta}.");
        }

        (int multiplier, int shift) = FixedPoint.Decompose(real);
        int radius = FixedPoint.InputRadius(DifferenceIntegerBits, shift);
        for (int i = 0; i < TableLength; i++)
        {
            table[i] = i > radius
                ? 0
                : FixedPointFunctions.ExpOnNegative(
                    FixedPoint.SaturatingRoundingDoublingHighMul(-i << shift, multiplier), DifferenceIntegerBits);
        }
    }

    /// <summary>Softmax of each row.</summary>
    /// <param name="table">What <see cref="Prepare"/> wrote.</param>
    /// <param name="depth">Values of a row.</param>
    /// <param name="input">Rows.</param>
    /// <param name="output">Receives as many values; may be the input.</param>
    /// <remarks>Where the exponentials sum to 512 or more the reference stops; every share is below 1/512 then and rounds to 0, value −128.</remarks>
    public static void Run(ReadOnlySpan<int> table, int depth, ReadOnlySpan<sbyte> input, Span<sbyte> output)
    {
        Debug.Assert(table.Length == TableLength && input.Length % depth == 0 && output.Length >= input.Length);
        for (int start = 0; start < input.Length; start += depth)
        {
            ReadOnlySpan<sbyte> x = input.Slice(start, depth);
            Span<sbyte> y = output.Slice(start, depth);
            int largest = sbyte.MinValue;
            foreach (sbyte value in x)
            {
                largest = Math.Max(largest, value);
            }

            long sum = 0;
            foreach (sbyte value in x)
            {
                sum += FixedPoint.RoundingDivideByPowerOfTwo(table[largest - value], SumIntegerBits);
            }

            if (sum >= 1 << 28)
            {
                y.Fill(sbyte.MinValue);
                continue;
            }

            (int scale, int bitsOverUnit) = FixedPointFunctions.Invert((int)sum, SumIntegerBits);
            for (int i = 0; i < depth; i++)
            {
                int share = FixedPoint.RoundingDivideByPowerOfTwo(
                    FixedPoint.SaturatingRoundingDoublingHighMul(scale, table[largest - x[i]]), bitsOverUnit + 31 - 8);
                y[i] = (sbyte)Math.Clamp(share + sbyte.MinValue, sbyte.MinValue, sbyte.MaxValue);
            }
        }
    }
}
