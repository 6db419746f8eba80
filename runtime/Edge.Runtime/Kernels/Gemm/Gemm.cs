using System.Diagnostics;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Float32 matrix products: C[m, n] = clamp(A[m, k] · B[k, n] + bias[n]), or added to C.</summary>
/// <remarks>
/// No heap, no scratch from the caller; the same bits for any number of threads. The strides say which operand is transposed:
/// weights [n, k] of a dense layer are B with row stride 1 and column stride k.
/// </remarks>
internal static unsafe class Gemm
{
    /// <summary>Rows up to which B is streamed once instead of packed.</summary>
    internal const int FewRowsTransposed = 8;
    private const int FewRows = 3;

    /// <summary>Multiplies.</summary>
    /// <param name="m">Rows of A and C.</param>
    /// <param name="n">Columns of B and C.</param>
    /// <param name="k">Columns of A, rows of B; 0 gives the bias alone.</param>
    /// <param name="a">A, from its first element.</param>
    /// <param name="aRow">Elements between rows of A, ≥ 0.</param>
    /// <param name="aColumn">Elements between columns of A, ≥ 0.</param>
    /// <param name="b">B, from its first element.</param>
    /// <param name="bRow">Elements between rows of B, ≥ 0.</param>
    /// <param name="bColumn">Elements between columns of B, ≥ 0.</param>
    /// <param name="c">C, from its first element; overlaps neither A nor B.</param>
    /// <param name="cRow">Elements between rows of C, ≥ n.</param>
    /// <param name="accumulate">Adds the product to what C holds (before bias and clamp) instead of overwriting it.</param>
    /// <param name="bias">n values, or empty.</param>
    /// <param name="activation">The clamp applied last.</param>
    /// <param name="team">The threads.</param>
    internal static void Multiply(
        int m,
        int n,
        int k,
        ReadOnlySpan<float> a,
        int aRow,
        int aColumn,
        ReadOnlySpan<float> b,
        int bRow,
        int bColumn,
        Span<float> c,
        int cRow,
        bool accumulate,
        ReadOnlySpan<float> bias,
        Activation activation,
        WorkerTeam team)
    {
        AssertShapes(m, n, k, a, aRow, aColumn, c, cRow, bias);
        Debug.Assert(k == 0 || n == 0 || b.Length > ((k - 1L) * bRow) + ((n - 1L) * bColumn));
        fixed (float* pa = a, pb = b, pc = c, pBias = bias)
        {
            TileEnd end = End(pBias, accumulate, activation);
            if (m <= FewRowsTransposed && bRow == 1 && (aColumn == 1 || k == 1) && k > 0)
            {
                GemmDot.Run(m, n, k, pa, aRow, pb, bColumn, pc, cRow, end, team);
            }
            else if (m <= FewRows && bColumn == 1)
            {
                GemmRow.Run(m, n, k, pa, aRow, aColumn, pb, bRow, pc, cRow, end, team);
            }
            else
            {
                GemmDriver<StridedLeft, StridedRight, StridedTarget>.Run(
                    m, n, k, new(pa, aRow, aColumn), new(pb, bRow, bColumn), new(pc, cRow), end, team);
            }
        }
    }

    /// <summary>Floats that <see cref="PackRight"/> writes: n rounded up to 16, times k. The same on every machine.</summary>
    internal static int PackedFloats(int n, int k) => checked((n + 15) / 16 * 16 * k);

    /// <summary>Packs B[k, n] for <see cref="MultiplyPacked"/>: panels of 32 columns (the last one of 16 if that is enough), zero-filled.</summary>
    internal static void PackRight(int n, int k, ReadOnlySpan<float> b, int bRow, int bColumn, Span<float> packed)
    {
        Debug.Assert(packed.Length >= PackedFloats(n, k));
        Debug.Assert(k == 0 || n == 0 || b.Length > ((k - 1L) * bRow) + ((n - 1L) * bColumn));
        fixed (float* pb = b, pp = packed)
        {
            new StridedRight(pb, bRow, bColumn).Panels(0, k, 0, n, pp, out _, out _);
        }
    }

    /// <summary><see cref="Multiply"/> with a B packed by <see cref="PackRight"/>: the same bits as its blocked path.</summary>
    internal static void MultiplyPacked(
        int m,
        int n,
        int k,
        ReadOnlySpan<float> a,
        int aRow,
        int aColumn,
        ReadOnlySpan<float> packed,
        Span<float> c,
        int cRow,
        bool accumulate,
        ReadOnlySpan<float> bias,
        Activation activation,
        WorkerTeam team)
    {
        AssertShapes(m, n, k, a, aRow, aColumn, c, cRow, bias);
        Debug.Assert(packed.Length >= PackedFloats(n, k));
        fixed (float* pa = a, pp = packed, pc = c, pBias = bias)
        {
            GemmDriver<StridedLeft, PackedRight, StridedTarget>.Run(
                m, n, k, new(pa, aRow, aColumn), new(pp, k), new(pc, cRow), End(pBias, accumulate, activation), team);
        }
    }

    /// <summary>The end of a product whose sums are complete.</summary>
    internal static TileEnd End(float* bias, bool accumulate, Activation activation)
    {
        (float low, float high) = ActivationKernels.Bounds(activation);
        return new() { Accumulate = accumulate, Finish = true, Bias = bias, Low = low, High = high };
    }

    [Conditional("DEBUG")]
    private static void AssertShapes(
        int m, int n, int k, ReadOnlySpan<float> a, int aRow, int aColumn, ReadOnlySpan<float> c, int cRow, ReadOnlySpan<float> bias)
    {
        Debug.Assert(m >= 0 && n >= 0 && k >= 0);
        Debug.Assert(m == 0 || k == 0 || a.Length > ((m - 1L) * aRow) + ((k - 1L) * aColumn));
        Debug.Assert(m == 0 || n == 0 || c.Length >= ((m - 1L) * cRow) + n);
        Debug.Assert(bias.Length == 0 || bias.Length >= n);
    }
}
