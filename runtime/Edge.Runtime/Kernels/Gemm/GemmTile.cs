using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>What happens to a register tile before it is stored.</summary>
internal unsafe struct TileEnd
{
    /// <summary>Add to what is stored.</summary>
    public bool Accumulate;

    /// <summary>The sum is complete: add the bias and clamp.</summary>
    public bool Finish;

    /// <summary>Bias of the tile's first column, or null.</summary>
    public float* Bias;

    /// <summary>Bounds of the fused activation; infinite when there is none.</summary>
    public float Low;

    /// <inheritdoc cref="Low"/>
    public float High;
}

/// <summary>The innermost loops of the matrix product: C[rows, 1 or 2 vectors] = Σ A[row, p] · B[p, columns], sums held in registers.</summary>
/// <remarks>
/// Every element is summed over p in order, one multiply-add at a time, whatever the tile's height or width: so a matrix product's bits
/// depend on its blocking in k alone, and neither on tiles nor on threads.
/// Twelve rows use 24 of 32 registers (AVX-512, NEON), six rows 12 of 16. A is read in place through two strides; four base pointers and the
/// offsets of one and two rows reach all twelve rows through addressing modes, without a pointer for each.
/// </remarks>
internal static unsafe class GemmTile<TVector> where TVector : unmanaged, IVector<TVector>
{
    /// <summary>Columns of a full tile.</summary>
    internal static int Columns => 2 * TVector.Count;

    /// <summary>Computes <paramref name="rows"/> × (1 or 2 vectors).</summary>
    /// <param name="rows">1 … <c>TVector.TileRows</c>.</param>
    /// <param name="wide">Two vectors of columns, otherwise one.</param>
    /// <param name="a">A[0, 0].</param>
    /// <param name="aRow">Elements between rows of A.</param>
    /// <param name="aColumn">Elements between columns of A.</param>
    /// <param name="b">B[0, 0].</param>
    /// <param name="bRow">Elements between rows of B.</param>
    /// <param name="k">Length of the sum.</param>
    /// <param name="c">C[0, 0].</param>
    /// <param name="cRow">Elements between rows of C.</param>
    /// <param name="end">What to do with the sums.</param>
    internal static void Run(int rows, bool wide, float* a, nint aRow, nint aColumn, float* b, nint bRow, int k, float* c, nint cRow, in TileEnd end)
    {
        if (TVector.TileRows == 12 && rows == 12)
        {
            if (wide)
            {
                Twelve<Wide>(a, aRow, aColumn, b, bRow, k, c, cRow, end);
            }
            else
            {
                Twelve<Narrow>(a, aRow, aColumn, b, bRow, k, c, cRow, end);
            }

            return;
        }

        while (rows > 0)
        {
            int height;
            // 8 as 4 + 4 and 9 as 4 + 4 + 1: a single row waits for its own sum at every step.
            if (rows >= 6 && rows is not (8 or 9))
            {
                height = 6;
                if (wide)
                {
                    Six<Wide>(a, aRow, aColumn, b, bRow, k, c, cRow, end);
                }
                else
                {
                    Six<Narrow>(a, aRow, aColumn, b, bRow, k, c, cRow, end);
                }
            }
            else if (rows >= 4)
            {
                height = 4;
                if (wide)
                {
                    Four<Wide>(a, aRow, aColumn, b, bRow, k, c, cRow, end);
                }
                else
                {
                    Four<Narrow>(a, aRow, aColumn, b, bRow, k, c, cRow, end);
                }
            }
            else
            {
                height = 1;
                if (wide)
                {
                    One<Wide>(a, aColumn, b, bRow, k, c, end);
                }
                else
                {
                    One<Narrow>(a, aColumn, b, bRow, k, c, end);
                }
            }

            a += height * aRow;
            c += height * cRow;
            rows -= height;
        }
    }

    private static void Twelve<TWidth>(float* a, nint aRow, nint aColumn, float* b, nint bRow, int k, float* c, nint cRow, in TileEnd end)
        where TWidth : struct, IWidth
    {
        TVector c00 = TVector.Zero, c01 = TVector.Zero;
        TVector c10 = TVector.Zero, c11 = TVector.Zero;
        TVector c20 = TVector.Zero, c21 = TVector.Zero;
        TVector c30 = TVector.Zero, c31 = TVector.Zero;
        TVector c40 = TVector.Zero, c41 = TVector.Zero;
        TVector c50 = TVector.Zero, c51 = TVector.Zero;
        TVector c60 = TVector.Zero, c61 = TVector.Zero;
        TVector c70 = TVector.Zero, c71 = TVector.Zero;
        TVector c80 = TVector.Zero, c81 = TVector.Zero;
        TVector c90 = TVector.Zero, c91 = TVector.Zero;
        TVector c100 = TVector.Zero, c101 = TVector.Zero;
        TVector c110 = TVector.Zero, c111 = TVector.Zero;
        float* a3 = a + (3 * aRow);
        float* a6 = a + (6 * aRow);
        float* a9 = a + (9 * aRow);
        nint aRow2 = 2 * aRow;
        for (; k > 0; k--)
        {
            TVector b0 = TVector.Load(b);
            TVector b1 = TWidth.Two ? TVector.Load(b + TVector.Count) : TVector.Zero;

            TVector v0 = TVector.Broadcast(a[0]);
            c00 = TVector.MultiplyAdd(v0, b0, c00);
            c01 = TWidth.Two ? TVector.MultiplyAdd(v0, b1, c01) : c01;

            TVector v1 = TVector.Broadcast(a[aRow]);
            c10 = TVector.MultiplyAdd(v1, b0, c10);
            c11 = TWidth.Two ? TVector.MultiplyAdd(v1, b1, c11) : c11;

            TVector v2 = TVector.Broadcast(a[aRow2]);
            c20 = TVector.MultiplyAdd(v2, b0, c20);
            c21 = TWidth.Two ? TVector.MultiplyAdd(v2, b1, c21) : c21;

            TVector v3 = TVector.Broadcast(a3[0]);
            c30 = TVector.MultiplyAdd(v3, b0, c30);
            c31 = TWidth.Two ? TVector.MultiplyAdd(v3, b1, c31) : c31;

            TVector v4 = TVector.Broadcast(a3[aRow]);
            c40 = TVector.MultiplyAdd(v4, b0, c40);
            c41 = TWidth.Two ? TVector.MultiplyAdd(v4, b1, c41) : c41;

            TVector v5 = TVector.Broadcast(a3[aRow2]);
            c50 = TVector.MultiplyAdd(v5, b0, c50);
            c51 = TWidth.Two ? TVector.MultiplyAdd(v5, b1, c51) : c51;

            TVector v6 = TVector.Broadcast(a6[0]);
            c60 = TVector.MultiplyAdd(v6, b0, c60);
            c61 = TWidth.Two ? TVector.MultiplyAdd(v6, b1, c61) : c61;

            TVector v7 = TVector.Broadcast(a6[aRow]);
            c70 = TVector.MultiplyAdd(v7, b0, c70);
            c71 = TWidth.Two ? TVector.MultiplyAdd(v7, b1, c71) : c71;

            TVector v8 = TVector.Broadcast(a6[aRow2]);
            c80 = TVector.MultiplyAdd(v8, b0, c80);
            c81 = TWidth.Two ? TVector.MultiplyAdd(v8, b1, c81) : c81;

            TVector v9 = TVector.Broadcast(a9[0]);
            c90 = TVector.MultiplyAdd(v9, b0, c90);
            c91 = TWidth.Two ? TVector.MultiplyAdd(v9, b1, c91) : c91;

            TVector v10 = TVector.Broadcast(a9[aRow]);
            c100 = TVector.MultiplyAdd(v10, b0, c100);
            c101 = TWidth.Two ? TVector.MultiplyAdd(v10, b1, c101) : c101;

            TVector v11 = TVector.Broadcast(a9[aRow2]);
            c110 = TVector.MultiplyAdd(v11, b0, c110);
            c111 = TWidth.Two ? TVector.MultiplyAdd(v11, b1, c111) : c111;

            a += aColumn;
            a3 += aColumn;
            a6 += aColumn;
            a9 += aColumn;
            b += bRow;
        }

        Ending ending = new(end, TWidth.Two);
        Store<TWidth>(c, c00, c01, ending);
        Store<TWidth>(c + cRow, c10, c11, ending);
        Store<TWidth>(c + (2 * cRow), c20, c21, ending);
        Store<TWidth>(c + (3 * cRow), c30, c31, ending);
        Store<TWidth>(c + (4 * cRow), c40, c41, ending);
        Store<TWidth>(c + (5 * cRow), c50, c51, ending);
        Store<TWidth>(c + (6 * cRow), c60, c61, ending);
        Store<TWidth>(c + (7 * cRow), c70, c71, ending);
        Store<TWidth>(c + (8 * cRow), c80, c81, ending);
        Store<TWidth>(c + (9 * cRow), c90, c91, ending);
        Store<TWidth>(c + (10 * cRow), c100, c101, ending);
        Store<TWidth>(c + (11 * cRow), c110, c111, ending);
    }

    private static void Six<TWidth>(float* a, nint aRow, nint aColumn, float* b, nint bRow, int k, float* c, nint cRow, in TileEnd end)
        where TWidth : struct, IWidth
    {
        TVector c00 = TVector.Zero, c01 = TVector.Zero;
        TVector c10 = TVector.Zero, c11 = TVector.Zero;
        TVector c20 = TVector.Zero, c21 = TVector.Zero;
        TVector c30 = TVector.Zero, c31 = TVector.Zero;
        TVector c40 = TVector.Zero, c41 = TVector.Zero;
        TVector c50 = TVector.Zero, c51 = TVector.Zero;
        float* a3 = a + (3 * aRow);
        nint aRow2 = 2 * aRow;
        for (; k > 0; k--)
        {
            TVector b0 = TVector.Load(b);
            TVector b1 = TWidth.Two ? TVector.Load(b + TVector.Count) : TVector.Zero;

            TVector v0 = TVector.Broadcast(a[0]);
            c00 = TVector.MultiplyAdd(v0, b0, c00);
            c01 = TWidth.Two ? TVector.MultiplyAdd(v0, b1, c01) : c01;

            TVector v1 = TVector.Broadcast(a[aRow]);
            c10 = TVector.MultiplyAdd(v1, b0, c10);
            c11 = TWidth.Two ? TVector.MultiplyAdd(v1, b1, c11) : c11;

            TVector v2 = TVector.Broadcast(a[aRow2]);
            c20 = TVector.MultiplyAdd(v2, b0, c20);
            c21 = TWidth.Two ? TVector.MultiplyAdd(v2, b1, c21) : c21;

            TVector v3 = TVector.Broadcast(a3[0]);
            c30 = TVector.MultiplyAdd(v3, b0, c30);
            c31 = TWidth.Two ? TVector.MultiplyAdd(v3, b1, c31) : c31;

            TVector v4 = TVector.Broadcast(a3[aRow]);
            c40 = TVector.MultiplyAdd(v4, b0, c40);
            c41 = TWidth.Two ? TVector.MultiplyAdd(v4, b1, c41) : c41;

            TVector v5 = TVector.Broadcast(a3[aRow2]);
            c50 = TVector.MultiplyAdd(v5, b0, c50);
            c51 = TWidth.Two ? TVector.MultiplyAdd(v5, b1, c51) : c51;

            a += aColumn;
            a3 += aColumn;
            b += bRow;
        }

        Ending ending = new(end, TWidth.Two);
        Store<TWidth>(c, c00, c01, ending);
        Store<TWidth>(c + cRow, c10, c11, ending);
        Store<TWidth>(c + (2 * cRow), c20, c21, ending);
        Store<TWidth>(c + (3 * cRow), c30, c31, ending);
        Store<TWidth>(c + (4 * cRow), c40, c41, ending);
        Store<TWidth>(c + (5 * cRow), c50, c51, ending);
    }

    private static void Four<TWidth>(float* a, nint aRow, nint aColumn, float* b, nint bRow, int k, float* c, nint cRow, in TileEnd end)
        where TWidth : struct, IWidth
    {
        TVector c00 = TVector.Zero, c01 = TVector.Zero;
        TVector c10 = TVector.Zero, c11 = TVector.Zero;
        TVector c20 = TVector.Zero, c21 = TVector.Zero;
        TVector c30 = TVector.Zero, c31 = TVector.Zero;
        float* a3 = a + (3 * aRow);
        nint aRow2 = 2 * aRow;
        for (; k > 0; k--)
        {
            TVector b0 = TVector.Load(b);
            TVector b1 = TWidth.Two ? TVector.Load(b + TVector.Count) : TVector.Zero;

            TVector v0 = TVector.Broadcast(a[0]);
            c00 = TVector.MultiplyAdd(v0, b0, c00);
            c01 = TWidth.Two ? TVector.MultiplyAdd(v0, b1, c01) : c01;

            TVector v1 = TVector.Broadcast(a[aRow]);
            c10 = TVector.MultiplyAdd(v1, b0, c10);
            c11 = TWidth.Two ? TVector.MultiplyAdd(v1, b1, c11) : c11;

            TVector v2 = TVector.Broadcast(a[aRow2]);
            c20 = TVector.MultiplyAdd(v2, b0, c20);
            c21 = TWidth.Two ? TVector.MultiplyAdd(v2, b1, c21) : c21;

            TVector v3 = TVector.Broadcast(a3[0]);
            c30 = TVector.MultiplyAdd(v3, b0, c30);
            c31 = TWidth.Two ? TVector.MultiplyAdd(v3, b1, c31) : c31;

            a += aColumn;
            a3 += aColumn;
            b += bRow;
        }

        Ending ending = new(end, TWidth.Two);
        Store<TWidth>(c, c00, c01, ending);
        Store<TWidth>(c + cRow, c10, c11, ending);
        Store<TWidth>(c + (2 * cRow), c20, c21, ending);
        Store<TWidth>(c + (3 * cRow), c30, c31, ending);
    }

    private static void One<TWidth>(float* a, nint aColumn, float* b, nint bRow, int k, float* c, in TileEnd end)
        where TWidth : struct, IWidth
    {
        TVector c00 = TVector.Zero, c01 = TVector.Zero;
        for (; k > 0; k--)
        {
            TVector b0 = TVector.Load(b);
            TVector b1 = TWidth.Two ? TVector.Load(b + TVector.Count) : TVector.Zero;

            TVector v0 = TVector.Broadcast(a[0]);
            c00 = TVector.MultiplyAdd(v0, b0, c00);
            c01 = TWidth.Two ? TVector.MultiplyAdd(v0, b1, c01) : c01;

            a += aColumn;
            b += bRow;
        }

        Ending ending = new(end, TWidth.Two);
        Store<TWidth>(c, c00, c01, ending);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TWidth>(float* c, TVector left, TVector right, in Ending end)
        where TWidth : struct, IWidth
    {
        if (end.Accumulate)
        {
            left = TVector.Add(TVector.Load(c), left);
            right = TWidth.Two ? TVector.Add(TVector.Load(c + TVector.Count), right) : right;
        }

        if (end.Finish)
        {
            left = TVector.Clamp(TVector.Add(left, end.Bias0), end.Low, end.High);
            right = TWidth.Two ? TVector.Clamp(TVector.Add(right, end.Bias1), end.Low, end.High) : right;
        }

        TVector.Store(left, c);
        if (TWidth.Two)
        {
            TVector.Store(right, c + TVector.Count);
        }
    }

    private readonly struct Ending
    {
        public readonly bool Accumulate;
        public readonly bool Finish;
        public readonly TVector Bias0;
        public readonly TVector Bias1;
        public readonly TVector Low;
        public readonly TVector High;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Ending(in TileEnd end, bool two)
        {
            Accumulate = end.Accumulate;
            Finish = end.Finish;
            bool biased = end.Finish && end.Bias != null;
            Bias0 = biased ? TVector.Load(end.Bias) : TVector.Zero;
            Bias1 = biased && two ? TVector.Load(end.Bias + TVector.Count) : TVector.Zero;
            Low = TVector.Broadcast(end.Low);
            High = TVector.Broadcast(end.High);
        }
    }

    private interface IWidth
    {
        static abstract bool Two { get; }
    }

    private readonly struct Wide : IWidth
    {
        public static bool Two => true;
    }

    private readonly struct Narrow : IWidth
    {
        public static bool Two => false;
    }
}
