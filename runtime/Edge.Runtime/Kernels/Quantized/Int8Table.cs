using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>Functions of one 8-bit value as tables of 256 results, filled once by the reference arithmetic, so exact by construction.</summary>
/// <remarks>A table is indexed by the input's byte (two's complement for int8) and holds the output's byte.</remarks>
internal static unsafe class Int8Table
{
    /// <summary>Bytes of a table.</summary>
    public const int Bytes = 256;

    /// <summary>y = table[x] for every byte.</summary>
    /// <param name="table">256 bytes.</param>
    /// <param name="input">Input bytes.</param>
    /// <param name="output">Receives as many; may be the input.</param>
    public static void Apply(ReadOnlySpan<byte> table, ReadOnlySpan<byte> input, Span<byte> output)
    {
        Debug.Assert(table.Length == Bytes && output.Length >= input.Length);
        fixed (byte* t = table)
        fixed (byte* x = input)
        fixed (byte* y = output)
        {
            nint i = 0;
            nint count = input.Length;
            if (Avx512Vbmi.IsSupported && count >= 64)
            {
                // VPERMI2B looks up seven bits of the index in 128 bytes; the eighth bit chooses between the two halves of the table.
                Vector512<byte> t0 = Vector512.Load(t);
                Vector512<byte> t1 = Vector512.Load(t + 64);
                Vector512<byte> t2 = Vector512.Load(t + 128);
                Vector512<byte> t3 = Vector512.Load(t + 192);
                for (; i <= count - 64; i += 64)
                {
                    Vector512<byte> index = Vector512.Load(x + i);
                    Vector512<byte> lower = Avx512Vbmi.PermuteVar64x8x2(t0, index, t1);
                    Vector512<byte> upper = Avx512Vbmi.PermuteVar64x8x2(t2, index, t3);
                    Vector512.ConditionalSelect(Vector512.LessThan(index.AsSByte(), Vector512<sbyte>.Zero).AsByte(), upper, lower).Store(y + i);
                }
            }
            else if (AdvSimd.Arm64.IsSupported && count >= 16)
            {
                // TBL of 64 bytes gives 0 for a larger index, TBX keeps what was there: four steps, each with the index moved down by 64.
                (Vector128<byte>, Vector128<byte>, Vector128<byte>, Vector128<byte>) t0 = LoadQuarter(t);
                (Vector128<byte>, Vector128<byte>, Vector128<byte>, Vector128<byte>) t1 = LoadQuarter(t + 64);
                (Vector128<byte>, Vector128<byte>, Vector128<byte>, Vector128<byte>) t2 = LoadQuarter(t + 128);
                (Vector128<byte>, Vector128<byte>, Vector128<byte>, Vector128<byte>) t3 = LoadQuarter(t + 192);
                Vector128<byte> quarter = Vector128.Create((byte)64);
                for (; i <= count - 16; i += 16)
                {
                    Vector128<byte> index = Vector128.Load(x + i);
                    Vector128<byte> value = AdvSimd.Arm64.VectorTableLookup(t0, index);
                    value = AdvSimd.Arm64.VectorTableLookupExtension(value, t1, index -= quarter);
                    value = AdvSimd.Arm64.VectorTableLookupExtension(value, t2, index -= quarter);
                    AdvSimd.Arm64.VectorTableLookupExtension(value, t3, index - quarter).Store(y + i);
                }
            }

            for (; i < count; i++)
            {
                y[i] = t[x[i]];
            }
        }
    }

    /// <summary>An 8-bit value in another quantization: int8 or uint8 on either side.</summary>
    /// <remarks>Source: TensorFlow Lite kernels/internal/reference/requantize.h; effective scale from kernels/quantize.cc.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The ratio of the scales is not finite.</exception>
    public static void FillRequantize(
        float inputScale, int inputZeroPoint, bool inputSigned, float outputScale, int outputZeroPoint, bool outputSigned, Span<byte> table)
    {
        (int multiplier, int shift) = FixedPoint.QuantizeMultiplier((double)inputScale / outputScale);
        int min = outputSigned ? sbyte.MinValue : byte.MinValue;
        int max = outputSigned ? sbyte.MaxValue : byte.MaxValue;
        for (int i = 0; i < Bytes; i++)
        {
            int value = (inputSigned ? (sbyte)i : i) - inputZeroPoint;
            table[i] = (byte)Math.Max(Math.Min(FixedPoint.Multiply(value, multiplier, shift) + outputZeroPoint, max), min);
        }
    }

    /// <summary>A clamp (relu family) from one int8 quantization to another.</summary>
    /// <remarks>
    /// Source: ReluQuantized, TFLite Micro kernels/activations_common.cc, and QuantizedReluX, TensorFlow Lite kernels/activations.cc. TFLite
    /// Micro's relu6 does not rescale: it is the case of equal quantization, in which the multiplier is exactly 1.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The ratio of the scales is not finite.</exception>
    public static void FillClamp(
        Activation activation, float inputScale, int inputZeroPoint, float outputScale, int outputZeroPoint, Span<byte> table)
    {
        (float low, float high) = ActivationKernels.Bounds(activation);
        FillClamp(low, high, inputScale, inputZeroPoint, outputScale, outputZeroPoint, table);
    }

    /// <summary>The same between any two bounds, which may be infinite.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The ratio of the scales is not finite.</exception>
    public static void FillClamp(
        float low, float high, float inputScale, int inputZeroPoint, float outputScale, int outputZeroPoint, Span<byte> table)
    {
        (int multiplier, int shift) = FixedPoint.QuantizeMultiplier((double)inputScale / outputScale);
        Int8Range range = new(outputZeroPoint, FixedPoint.Bound(low, outputScale, outputZeroPoint), FixedPoint.Bound(high, outputScale, outputZeroPoint));
        for (int i = 0; i < Bytes; i++)
        {
            table[i] = (byte)Requantizer.Value((sbyte)i - inputZeroPoint, multiplier, shift, range);
        }
    }

    /// <summary>x for x ≥ 0, alpha · x below.</summary>
    /// <remarks>
    /// Source: QuantizeLeakyRelu, TensorFlow Lite kernels/internal/reference/leaky_relu.h; multipliers from TFLite Micro
    /// kernels/leaky_relu_common.cc, computed in float32. Alpha may be negative.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">A multiplier is not finite.</exception>
    public static void FillLeakyRelu(
        float alpha, float inputScale, int inputZeroPoint, float outputScale, int outputZeroPoint, Span<byte> table)
    {
        (int multiplierBelow, int shiftBelow) = FixedPoint.QuantizeMultiplier(inputScale * alpha / outputScale);
        (int multiplier, int shift) = FixedPoint.QuantizeMultiplier(inputScale / outputScale);
        Int8Range range = new(outputZeroPoint, sbyte.MinValue, sbyte.MaxValue);
        for (int i = 0; i < Bytes; i++)
        {
            int value = (sbyte)i - inputZeroPoint;
            table[i] = (byte)(value >= 0
                ? Requantizer.Value(value, multiplier, shift, range)
                : Requantizer.Value(value, multiplierBelow, shiftBelow, range));
        }
    }

    /// <summary>1 / (1 + e^−x); the output has scale 1/256 and zero point −128.</summary>
    /// <remarks>Source: TensorFlow Lite kernels/internal/reference/integer_ops/logistic.h; multiplier and radius from TFLite Micro kernels/logistic_common.cc.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The scale is not finite.</exception>
    public static void FillLogistic(float inputScale, int inputZeroPoint, Span<byte> table)
    {
        (int multiplier, int shift) = FixedPoint.Decompose(inputScale * (double)(1 << (31 - SigmoidIntegerBits)));
        int radius = FixedPoint.InputRadius(SigmoidIntegerBits, shift);
        for (int i = 0; i < Bytes; i++)
        {
            int value = (sbyte)i - inputZeroPoint;
            int result = value <= -radius ? sbyte.MinValue
                : value >= radius ? sbyte.MaxValue
                : FixedPoint.RoundingDivideByPowerOfTwo(
                    FixedPointFunctions.Logistic(FixedPoint.Multiply(value, multiplier, shift), SigmoidIntegerBits), 31 - 8) + sbyte.MinValue;
            table[i] = (byte)Math.Clamp(result, sbyte.MinValue, sbyte.MaxValue);
        }
    }

    /// <summary>tanh x; the output has scale 1/128 and zero point 0.</summary>
    /// <remarks>Source: TensorFlow Lite kernels/internal/reference/integer_ops/tanh.h; multiplier and radius from TFLite Micro kernels/tanh.cc.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The scale is not finite.</exception>
    public static void FillTanh(float inputScale, int inputZeroPoint, Span<byte> table)
    {
        (int multiplier, int shift) = FixedPoint.Decompose(inputScale * (double)(1 << (31 - SigmoidIntegerBits)));
        int radius = FixedPoint.InputRadius(SigmoidIntegerBits, shift);
        for (int i = 0; i < Bytes; i++)
        {
            int value = (sbyte)i - inputZeroPoint;
            int result = value <= -radius ? sbyte.MinValue
                : value >= radius ? sbyte.MaxValue
                : FixedPoint.RoundingDivideByPowerOfTwo(
                    FixedPointFunctions.Tanh(FixedPoint.Multiply(value, multiplier, shift), SigmoidIntegerBits), 31 - 7);
            table[i] = (byte)Math.Clamp(result, sbyte.MinValue, sbyte.MaxValue);
        }
    }

    /// <summary>x · clamp(x + 3, 0, 6) / 6.</summary>
    /// <remarks>
    /// Source: TensorFlow Lite kernels/internal/reference/hard_swish.h; multipliers from TFLite Micro kernels/hard_swish_common.cc, computed
    /// in float32. All int16 steps and their saturations are the reference's.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The output's scale is so small against the input's (below 1/128 or so) that the reference refuses it too.</exception>
    public static void FillHardSwish(float inputScale, int inputZeroPoint, float outputScale, int outputZeroPoint, Span<byte> table)
    {
        const float ReluishScale = 3f / 32768f;                          // 3 is the int16 value 32768 on this scale
        float fineScale = 1f / 128f * inputScale;
        (short outputMultiplier, int outputExponent) = QuantizeToInt16(fineScale / outputScale);
        (short reluishMultiplier, int reluishExponent) = QuantizeToInt16(fineScale / ReluishScale);
        if (outputExponent > 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(outputScale), outputScale, $"Int8 hard-swish needs input scale / output scale below 128; the input's scale is {inputScale}.");
        }

        for (int i = 0; i < Bytes; i++)
        {
            short fine = (short)(((sbyte)i - inputZeroPoint) * (1 << 7));
            short onOutputScale = FixedPoint.SaturatingRoundingDoublingHighMul(fine, outputMultiplier);
            short reluish = fine;
            if (reluishExponent > 0)
            {
                reluish = SaturatingShiftLeft(reluish, reluishExponent - 1);
            }

            reluish = FixedPoint.SaturatingRoundingDoublingHighMul(reluish, reluishMultiplier);
            if (reluishExponent > 0)
            {
                reluish = SaturatingShiftLeft(reluish, 1);
            }
            else if (reluishExponent < 0)
            {
                reluish = RoundingDivideByPowerOfTwo(reluish, -reluishExponent);
            }

            reluish = (short)((reluish + (1 << 15)) >> 1);               // [−1, 1] to [0, 1]
            short product = (short)(reluish * onOutputScale / (1 << 15));   // truncates; the bias of both roundings cancels
            int result = (short)(RoundingDivideByPowerOfTwo(product, -outputExponent) + outputZeroPoint);
            table[i] = (byte)Math.Clamp(result, sbyte.MinValue, sbyte.MaxValue);
        }
    }

    /// <summary>Integer bits of the inputs of logistic and tanh: beyond ±16 both are constant in 8 bits.</summary>
    private const int SigmoidIntegerBits = 4;

    /// <summary>QuantizeMultiplier, then DownScaleInt32ToInt16Multiplier of TensorFlow Lite kernels/internal/common.h.</summary>
    private static (short Multiplier, int Exponent) QuantizeToInt16(double value)
    {
        (int multiplier, int shift) = FixedPoint.QuantizeMultiplier(value);
        const int Half = 1 << 15;
        return (multiplier >= int.MaxValue - Half ? short.MaxValue : (short)((multiplier + Half) >> 16), shift);
    }

    private static short SaturatingShiftLeft(short value, int amount) =>
        (short)Math.Clamp((long)value * (1 << amount), short.MinValue, short.MaxValue);

    /// <summary>gemmlowp's RoundingDivideByPOT for int16, whose mask is cut to 16 bits: exponents above 15 give what they give there.</summary>
    private static short RoundingDivideByPowerOfTwo(short x, int exponent)
    {
        short mask = (short)((1L << exponent) - 1);
        short remainder = (short)(x & mask);
        short threshold = (short)((mask >> 1) + (x < 0 ? 1 : 0));
        return (short)((x >> exponent) + (remainder > threshold ? 1 : 0));
    }

    private static (Vector128<byte>, Vector128<byte>, Vector128<byte>, Vector128<byte>) LoadQuarter(byte* table) =>
        (Vector128.Load(table), Vector128.Load(table + 16), Vector128.Load(table + 32), Vector128.Load(table + 48));
}
