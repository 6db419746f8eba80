using System.Runtime.CompilerServices;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Products of few rows with a row-major B: rows of B are scaled and added, each read once, in place and in order.</summary>
internal unsafe struct GemmRow : IWidthJob
{
    /// <summary>Columns of a part: a piece of C and of four rows of B fit the first-level cache together.</summary>
    private const int PartColumns = 512;

    private float* _a;
    private float* _b;
    private float* _c;
    private nint _aRow;
    private nint _aColumn;
    private nint _bRow;
    private nint _cRow;
    private int _m;
    private int _n;
    private int _k;
    private TileEnd _end;

    internal static void Run(
        int m, int n, int k, float* a, nint aRow, nint aColumn, float* b, nint bRow, float* c, nint cRow, in TileEnd end, WorkerTeam team)
    {
        GemmRow job = new()
        {
            _a = a, _b = b, _c = c, _aRow = aRow, _aColumn = aColumn, _bRow = bRow, _cRow = cRow, _m = m, _n = n, _k = k, _end = end,
        };
        WidthJob.Run(team, (n + PartColumns - 1) / PartColumns, (long)m * n * k, job);
    }

    /// <inheritdoc/>
    public readonly void Execute<TVector>(int part) where TVector : unmanaged, IVector<TVector>
    {
        int column = part * PartColumns;
        int columns = Math.Min(PartColumns, _n - column);
        if (!_end.Accumulate)
        {
            for (int row = 0; row < _m; row++)
            {
                new Span<float>(_c + (row * _cRow) + column, columns).Clear();
            }
        }

        int p = 0;
        for (; p + 4 <= _k; p += 4)
        {
            for (int row = 0; row < _m; row++)
            {
                AddFour<TVector>(_a + (row * _aRow) + (p * _aColumn), _b + (p * _bRow) + column, _c + (row * _cRow) + column, columns);
            }
        }

        for (; p < _k; p++)
        {
            for (int row = 0; row < _m; row++)
            {
                AddOne<TVector>(_a[(row * _aRow) + (p * _aColumn)], _b + (p * _bRow) + column, _c + (row * _cRow) + column, columns);
            }
        }

        for (int row = 0; row < _m; row++)
        {
            Finish<TVector>(_c + (row * _cRow) + column, _end.Bias == null ? null : _end.Bias + column, columns);
        }
    }

    private readonly void AddFour<TVector>(float* a, float* b, float* c, int columns) where TVector : unmanaged, IVector<TVector>
    {
        float* b1 = b + _bRow;
        float* b2 = b1 + _bRow;
        float* b3 = b2 + _bRow;
        float a0 = a[0], a1 = a[_aColumn], a2 = a[2 * _aColumn], a3 = a[3 * _aColumn];
        int j = AddFour<TVector>(a0, a1, a2, a3, b, b1, b2, b3, c, 0, columns);
        AddFour<Lanes1>(a0, a1, a2, a3, b, b1, b2, b3, c, j, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int AddFour<TVector>(
        float a0, float a1, float a2, float a3, float* b, float* b1, float* b2, float* b3, float* c, nint j, int columns)
        where TVector : unmanaged, IVector<TVector>
    {
        TVector v0 = TVector.Broadcast(a0), v1 = TVector.Broadcast(a1), v2 = TVector.Broadcast(a2), v3 = TVector.Broadcast(a3);
        for (; j <= columns - TVector.Count; j += TVector.Count)
        {
            TVector sum = TVector.MultiplyAdd(v0, TVector.Load(b + j), TVector.Load(c + j));
            sum = TVector.MultiplyAdd(v1, TVector.Load(b1 + j), sum);
            sum = TVector.MultiplyAdd(v2, TVector.Load(b2 + j), sum);
            TVector.Store(TVector.MultiplyAdd(v3, TVector.Load(b3 + j), sum), c + j);
        }

        return (int)j;
    }

    private static void AddOne<TVector>(float a, float* b, float* c, int columns) where TVector : unmanaged, IVector<TVector>
    {
        TVector v = TVector.Broadcast(a);
        nint j = 0;
        for (; j <= columns - TVector.Count; j += TVector.Count)
        {
            TVector.Store(TVector.MultiplyAdd(v, TVector.Load(b + j), TVector.Load(c + j)), c + j);
        }

        for (; j < columns; j++)
        {
            Lanes1.Store(Lanes1.MultiplyAdd(new(a), Lanes1.Load(b + j), Lanes1.Load(c + j)), c + j);
        }
    }

    private readonly void Finish<TVector>(float* c, float* bias, int columns) where TVector : unmanaged, IVector<TVector>
    {
        int j = Finish<TVector>(c, bias, 0, columns);
        Finish<Lanes1>(c, bias, j, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int Finish<TVector>(float* c, float* bias, int j, int columns) where TVector : unmanaged, IVector<TVector>
    {
        TVector low = TVector.Broadcast(_end.Low), high = TVector.Broadcast(_end.High);
        for (; j <= columns - TVector.Count; j += TVector.Count)
        {
            TVector value = TVector.Load(c + j);
            value = bias == null ? value : TVector.Add(value, TVector.Load(bias + j));
            TVector.Store(TVector.Clamp(value, low, high), c + j);
        }

        return j;
    }
}
