using System.Runtime.CompilerServices;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Products of few rows with a transposed B (weights [n, k]): dot products over rows of B read once, in place.</summary>
/// <remarks>A dense layer on one sample is bound by the memory its weights come from; packing would read them twice more.</remarks>
internal unsafe struct GemmDot : IWidthJob
{
    /// <summary>Rows of B that share the loads of A.</summary>
    private const int Group = 4;

    private float* _a;
    private float* _b;
    private float* _c;
    private nint _aRow;
    private nint _bColumn;
    private nint _cRow;
    private int _m;
    private int _n;
    private int _k;
    private int _columns;
    private TileEnd _end;

    internal static void Run(int m, int n, int k, float* a, nint aRow, float* b, nint bColumn, float* c, nint cRow, in TileEnd end, WorkerTeam team)
    {
        // About 16 K multiply-adds a part: several parts a thread for an ordinary layer, none too small to be worth claiming.
        int columns = Math.Max(Group, ((int)Math.Min(n, 16384 / k) + Group - 1) / Group * Group);
        GemmDot job = new()
        {
            _a = a, _b = b, _c = c, _aRow = aRow, _bColumn = bColumn, _cRow = cRow, _m = m, _n = n, _k = k, _columns = columns, _end = end,
        };
        WidthJob.Run(team, (n + columns - 1) / columns, (long)m * n * k, job);
    }

    /// <inheritdoc/>
    public readonly void Execute<TVector>(int part) where TVector : unmanaged, IVector<TVector>
    {
        int column = part * _columns;
        int columnEnd = Math.Min(column + _columns, _n);
        for (; column + Group <= columnEnd; column += Group)
        {
            int row = 0;
            for (; row + 2 <= _m; row += 2)
            {
                TwoByFour<TVector>(row, column);
            }

            if (row < _m)
            {
                OneByFour<TVector>(row, column);
            }
        }

        for (; column < columnEnd; column++)
        {
            for (int row = 0; row < _m; row++)
            {
                OneByOne<TVector>(row, column);
            }
        }
    }

    private readonly void TwoByFour<TVector>(int row, int column) where TVector : unmanaged, IVector<TVector>
    {
        float* a = _a + (row * _aRow);
        float* a1 = a + _aRow;
        float* b0 = _b + (column * _bColumn);
        float* b1 = b0 + _bColumn;
        float* b2 = b1 + _bColumn;
        float* b3 = b2 + _bColumn;
        TVector s0 = TVector.Zero, s1 = TVector.Zero, s2 = TVector.Zero, s3 = TVector.Zero;
        TVector t0 = TVector.Zero, t1 = TVector.Zero, t2 = TVector.Zero, t3 = TVector.Zero;
        nint p = 0;
        for (; p <= _k - TVector.Count; p += TVector.Count)
        {
            TVector x = TVector.Load(a + p);
            TVector x1 = TVector.Load(a1 + p);
            TVector w = TVector.Load(b0 + p);
            s0 = TVector.MultiplyAdd(x, w, s0);
            t0 = TVector.MultiplyAdd(x1, w, t0);
            w = TVector.Load(b1 + p);
            s1 = TVector.MultiplyAdd(x, w, s1);
            t1 = TVector.MultiplyAdd(x1, w, t1);
            w = TVector.Load(b2 + p);
            s2 = TVector.MultiplyAdd(x, w, s2);
            t2 = TVector.MultiplyAdd(x1, w, t2);
            w = TVector.Load(b3 + p);
            s3 = TVector.MultiplyAdd(x, w, s3);
            t3 = TVector.MultiplyAdd(x1, w, t3);
        }

        float* sums = stackalloc float[8]
        {
            TVector.Sum(s0), TVector.Sum(s1), TVector.Sum(s2), TVector.Sum(s3), TVector.Sum(t0), TVector.Sum(t1), TVector.Sum(t2), TVector.Sum(t3),
        };
        for (; p < _k; p++)
        {
            sums[0] += a[p] * b0[p];
            sums[1] += a[p] * b1[p];
            sums[2] += a[p] * b2[p];
            sums[3] += a[p] * b3[p];
            sums[4] += a1[p] * b0[p];
            sums[5] += a1[p] * b1[p];
            sums[6] += a1[p] * b2[p];
            sums[7] += a1[p] * b3[p];
        }

        for (int i = 0; i < Group; i++)
        {
            Store(row, column + i, sums[i]);
            Store(row + 1, column + i, sums[Group + i]);
        }
    }

    private readonly void OneByFour<TVector>(int row, int column) where TVector : unmanaged, IVector<TVector>
    {
        float* a = _a + (row * _aRow);
        float* b0 = _b + (column * _bColumn);
        float* b1 = b0 + _bColumn;
        float* b2 = b1 + _bColumn;
        float* b3 = b2 + _bColumn;
        TVector s0 = TVector.Zero, s1 = TVector.Zero, s2 = TVector.Zero, s3 = TVector.Zero;
        nint p = 0;
        for (; p <= _k - TVector.Count; p += TVector.Count)
        {
            TVector x = TVector.Load(a + p);
            s0 = TVector.MultiplyAdd(x, TVector.Load(b0 + p), s0);
            s1 = TVector.MultiplyAdd(x, TVector.Load(b1 + p), s1);
            s2 = TVector.MultiplyAdd(x, TVector.Load(b2 + p), s2);
            s3 = TVector.MultiplyAdd(x, TVector.Load(b3 + p), s3);
        }

        float y0 = TVector.Sum(s0), y1 = TVector.Sum(s1), y2 = TVector.Sum(s2), y3 = TVector.Sum(s3);
        for (; p < _k; p++)
        {
            y0 += a[p] * b0[p];
            y1 += a[p] * b1[p];
            y2 += a[p] * b2[p];
            y3 += a[p] * b3[p];
        }

        Store(row, column, y0);
        Store(row, column + 1, y1);
        Store(row, column + 2, y2);
        Store(row, column + 3, y3);
    }

    private readonly void OneByOne<TVector>(int row, int column) where TVector : unmanaged, IVector<TVector>
    {
        float* a = _a + (row * _aRow);
        float* b = _b + (column * _bColumn);
        TVector s = TVector.Zero;
        nint p = 0;
        for (; p <= _k - TVector.Count; p += TVector.Count)
        {
            s = TVector.MultiplyAdd(TVector.Load(a + p), TVector.Load(b + p), s);
        }

        float y = TVector.Sum(s);
        for (; p < _k; p++)
        {
            y += a[p] * b[p];
        }

        Store(row, column, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Store(int row, int column, float sum)
    {
        float* c = _c + (row * _cRow) + column;
        sum = _end.Accumulate ? *c + sum : sum;
        sum = _end.Bias == null ? sum : sum + _end.Bias[column];
        Lanes1.Store(Lanes1.Clamp(new(sum), new(_end.Low), new(_end.High)), c);
    }
}
