using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Edge.Runtime.Kernels.Update;

/// <summary>Σ x² in double, always in the same order.</summary>
/// <remarks>Sixteen partial sums: sum j takes the elements j, j + 16, j + 32, … in that order; then the sums are added in pairs at distance 8, 4, 2, 1.
/// The order is fixed by the formula and not by the machine: 128-bit vectors exist on every target, and each square is exact in
/// double (24 + 24 significant bits), so a fused multiply-add would give the same bits. Eight registers of two hide the latency of the adds.</remarks>
internal static class SumOfSquaresKernel
{
    internal const int Sums = 16;

    internal static double Run(ReadOnlySpan<float> values)
    {
        Span<double> sums = stackalloc double[Sums];
        sums.Clear();
        ReadOnlySpan<Vector128<float>> lanes = MemoryMarshal.Cast<float, Vector128<float>>(values);
        int blocks = values.Length / Sums;
        Vector128<double> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        for (int i = 0; i < blocks; i++)
        {
            ReadOnlySpan<Vector128<float>> block = lanes.Slice(i * 4, 4);
            (Vector128<double> low, Vector128<double> high) = Vector128.Widen(block[0]);
            s0 += low * low;
            s1 += high * high;
            (low, high) = Vector128.Widen(block[1]);
            s2 += low * low;
            s3 += high * high;
            (low, high) = Vector128.Widen(block[2]);
            s4 += low * low;
            s5 += high * high;
            (low, high) = Vector128.Widen(block[3]);
            s6 += low * low;
            s7 += high * high;
        }

        s0.CopyTo(sums);
        s1.CopyTo(sums[2..]);
        s2.CopyTo(sums[4..]);
        s3.CopyTo(sums[6..]);
        s4.CopyTo(sums[8..]);
        s5.CopyTo(sums[10..]);
        s6.CopyTo(sums[12..]);
        s7.CopyTo(sums[14..]);
        for (int i = blocks * Sums; i < values.Length; i++)
        {
            double value = values[i];
            sums[i % Sums] += value * value;
        }

        for (int distance = Sums / 2; distance > 0; distance /= 2)
        {
            for (int j = 0; j < distance; j++)
            {
                sums[j] += sums[j + distance];
            }
        }

        return sums[0];
    }
}
