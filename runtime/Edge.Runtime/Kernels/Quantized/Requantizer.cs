using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>int32 accumulators to int8: times the channel's multiplier, plus the output's zero point, clamped.</summary>
internal static unsafe class Requantizer
{
    /// <summary>Real multipliers inputScale · weightScale[c] / outputScale as mantissas and shifts, one for each channel.</summary>
    /// <param name="inputScale">Scale of the input.</param>
    /// <param name="weightScales">One scale for each channel, or a single one.</param>
    /// <param name="outputScale">Scale of the output.</param>
    /// <param name="multipliers">Receives a mantissa for each channel.</param>
    /// <param name="shifts">Receives a shift for each channel.</param>
    /// <remarks>Source: PopulateConvolutionQuantizationParams, TensorFlow Lite kernels/kernel_util.cc: float32 scales, double arithmetic, in this order.</remarks>
    public static void QuantizeScales(
        float inputScale, ReadOnlySpan<float> weightScales, float outputScale, Span<int> multipliers, Span<int> shifts)
    {
        Debug.Assert(weightScales.Length == 1 || weightScales.Length == multipliers.Length);
        Debug.Assert(multipliers.Length == shifts.Length);
        for (int c = 0; c < multipliers.Length; c++)
        {
            float weightScale = weightScales[weightScales.Length == 1 ? 0 : c];
            (multipliers[c], shifts[c]) = FixedPoint.QuantizeMultiplier((double)inputScale * weightScale / outputScale);
        }
    }

    /// <summary>One row of channels.</summary>
    /// <param name="accumulators">Sums with the bias added.</param>
    /// <param name="multipliers">Mantissa of each channel, not negative.</param>
    /// <param name="shifts">Shift of each channel.</param>
    /// <param name="count">Channels.</param>
    /// <param name="range">Zero point and clamp of the output.</param>
    /// <param name="output">Receives <paramref name="count"/> values.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row(int* accumulators, int* multipliers, int* shifts, int count, in Int8Range range, sbyte* output)
    {
        int done = 0;
        if (Int32Lanes16.IsSupported)
        {
            done = Lanes<Int32Lanes16>(accumulators, multipliers, shifts, done, count, range, output);
        }

        if (Int32Lanes8.IsSupported)
        {
            done = Lanes<Int32Lanes8>(accumulators, multipliers, shifts, done, count, range, output);
        }

        if (Int32Lanes4.IsSupported)
        {
            done = Lanes<Int32Lanes4>(accumulators, multipliers, shifts, done, count, range, output);
        }

        for (; done < count; done++)
        {
            output[done] = Value(accumulators[done], multipliers[done], shifts[done], range);
        }
    }

    /// <summary>The specification of <see cref="Row"/>, one value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static sbyte Value(int accumulator, int multiplier, int shift, in Int8Range range) =>
        (sbyte)Math.Min(Math.Max(FixedPoint.Multiply(accumulator, multiplier, shift) + range.ZeroPoint, range.Min), range.Max);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Lanes<TLanes>(int* accumulators, int* multipliers, int* shifts, int from, int count, in Int8Range range, sbyte* output)
        where TLanes : struct, IInt32Lanes<TLanes>
    {
        if (count - from < TLanes.Count)
        {
            return from;
        }

        TLanes zeroPoint = TLanes.Broadcast(range.ZeroPoint);
        TLanes min = TLanes.Broadcast(range.Min);
        TLanes max = TLanes.Broadcast(range.Max);
        for (; from <= count - TLanes.Count; from += TLanes.Count)
        {
            TLanes value = TLanes.Multiply(TLanes.Load(accumulators + from), TLanes.Load(multipliers + from), TLanes.Load(shifts + from));
            TLanes.StoreInt8(TLanes.Min(TLanes.Max(value + zeroPoint, min), max), output + from);
        }

        return from;
    }
}
