using System.Diagnostics;
using System.Runtime.CompilerServices;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>C (+)= A · B over operands that are read in place, packed or gathered: the one loop nest of matrix products and convolutions.</summary>
/// <remarks>
/// After Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (ACM TOMS 34, 2008), with the panel of B on the stack.
/// How the result is divided among threads may follow the team's size: an element is summed in the same order wherever its tile begins.
/// </remarks>
internal unsafe struct GemmDriver<TLeft, TRight, TTarget> : IWidthJob
    where TLeft : unmanaged, ILeftOperand
    where TRight : unmanaged, IRightOperand
    where TTarget : unmanaged, IGemmTarget
{
    private TLeft _left;
    private TRight _right;
    private TTarget _target;
    private float* _bias;
    private float _low;
    private float _high;
    private bool _accumulate;
    private int _m;
    private int _n;
    private int _k;
    private int _blockRows;
    private int _blockColumns;
    private int _columnBlocks;

    /// <summary>Computes the product.</summary>
    /// <param name="m">Rows of A and C.</param>
    /// <param name="n">Columns of B and C.</param>
    /// <param name="k">Columns of A, rows of B.</param>
    /// <param name="left">A.</param>
    /// <param name="right">B.</param>
    /// <param name="target">C.</param>
    /// <param name="end">Accumulation, bias (of column 0) and clamp.</param>
    /// <param name="team">The threads.</param>
    internal static void Run(int m, int n, int k, in TLeft left, in TRight right, in TTarget target, in TileEnd end, WorkerTeam team)
    {
        if (m <= 0 || n <= 0)
        {
            return;
        }

        long work = (long)m * n * Math.Max(k, 1);
        int wanted = team.Threads == 1 ? 1 : 4 * team.Threads;

        // Wide blocks of a packed B reuse a gathered sliver of A most; columns are divided only when rows give too few parts.
        int rowParts = Parts(m, 24, wanted);
        int blockColumns = TRight.Packed && rowParts >= wanted ? RoundUp(n, GemmBlocking.PanelColumns) : GemmBlocking.BlockColumns;
        int columnBlocks = (n + blockColumns - 1) / blockColumns;
        rowParts = Parts(m, 24, (wanted + columnBlocks - 1) / columnBlocks);
        if (rowParts * columnBlocks < wanted && !TRight.Packed && m < 48)
        {
            blockColumns = GemmBlocking.PanelColumns;
            columnBlocks = (n + blockColumns - 1) / blockColumns;
        }

        int blockRows = Math.Min(GemmBlocking.MaxBlockRows, RoundUp((m + rowParts - 1) / rowParts, GemmBlocking.MaxTileRows));
        GemmDriver<TLeft, TRight, TTarget> job = new()
        {
            _left = left,
            _right = right,
            _target = target,
            _bias = end.Bias,
            _low = end.Low,
            _high = end.High,
            _accumulate = end.Accumulate,
            _m = m,
            _n = n,
            _k = k,
            _blockRows = blockRows,
            _blockColumns = blockColumns,
            _columnBlocks = columnBlocks,
        };
        WidthJob.Run(team, checked(columnBlocks * ((m + blockRows - 1) / blockRows)), work, job);
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public readonly void Execute<TVector>(int part) where TVector : unmanaged, IVector<TVector>
    {
        int row0 = part / _columnBlocks * _blockRows;
        int rowEnd = Math.Min(row0 + _blockRows, _m);
        int column0 = part % _columnBlocks * _blockColumns;
        int columns = Math.Min(_blockColumns, _n - column0);
        int tileRows = TVector.TileRows;
        Debug.Assert(TRight.Packed || columns <= GemmBlocking.BlockColumns);

        int depth = GemmBlocking.DepthBlock(_k);
        int rightFloats = TRight.Packed ? 0 : depth * RoundUp(columns, GemmBlocking.PanelColumns);
        float* stack = stackalloc float[rightFloats + GemmBlocking.LeftFloats + GemmBlocking.TileFloats + GemmBlocking.Slack];
        float* rightBuffer = GemmBlocking.Align(stack);
        float* leftBuffer = rightBuffer + rightFloats;
        float* tile = leftBuffer + GemmBlocking.LeftFloats;

        int k0 = 0;
        do
        {
            int k = Math.Min(depth, _k - k0);
            TileEnd end = new()
            {
                Accumulate = _accumulate || k0 > 0,
                Finish = k0 + k == _k,
                Low = _low,
                High = _high,
            };
            float* panels = _right.Panels(k0, k, column0, columns, rightBuffer, out int panelRows, out int firstRow);
            for (int row = row0; row < rowEnd; row += tileRows)
            {
                int rows = Math.Min(tileRows, rowEnd - row);
                float* a = _left.Sliver(row, rows, k0, k, leftBuffer, out nint aRow, out nint aColumn);
                float* panel = panels;
                for (int column = 0; column < columns;)
                {
                    int width = GemmBlocking.LastPanelWidth(columns - column);
                    float* b = panel + ((nint)firstRow * width);
                    int used = Math.Min(width, columns - column);
                    for (int sub = 0; sub < used; sub += GemmTile<TVector>.Columns)
                    {
                        Tile<TVector>(row, rows, column0 + column + sub, used - sub, a, aRow, aColumn, b + sub, width, k, ref end, tile);
                    }

                    panel += (nint)panelRows * width;
                    column += width;
                }
            }

            k0 += k;
        }
        while (k0 < _k);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Tile<TVector>(
        int row, int rows, int column, int columns, float* a, nint aRow, nint aColumn, float* b, nint bRow, int k, ref TileEnd end, float* tile)
        where TVector : unmanaged, IVector<TVector>
    {
        bool wide = columns > TVector.Count;
        columns = Math.Min(columns, GemmTile<TVector>.Columns);
        end.Bias = _bias == null ? null : _bias + column;
        if (TTarget.Strided && columns == (wide ? 2 * TVector.Count : TVector.Count))
        {
            GemmTile<TVector>.Run(rows, wide, a, aRow, aColumn, b, bRow, k, _target.Row(row) + column, _target.RowStride, end);
            return;
        }

        GemmTile<TVector>.Run(rows, wide, a, aRow, aColumn, b, bRow, k, tile, GemmTile<TVector>.Columns, default);
        for (int i = 0; i < rows; i++)
        {
            StoreRow<TVector>(tile + (i * GemmTile<TVector>.Columns), _target.Row(row + i) + column, columns, end);
        }
    }

    /// <summary>The same arithmetic as the tile's own store, for rows that are cut short or scattered.</summary>
    private static void StoreRow<TVector>(float* source, float* destination, int columns, in TileEnd end)
        where TVector : unmanaged, IVector<TVector>
    {
        int j = 0;
        for (; j + TVector.Count <= columns; j += TVector.Count)
        {
            StoreVector<TVector>(source + j, destination + j, end, j);
        }

        for (; j < columns; j++)
        {
            StoreVector<Lanes1>(source + j, destination + j, end, j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreVector<TVector>(float* source, float* destination, in TileEnd end, int column)
        where TVector : unmanaged, IVector<TVector>
    {
        TVector value = TVector.Load(source);
        if (end.Accumulate)
        {
            value = TVector.Add(TVector.Load(destination), value);
        }

        if (end.Finish)
        {
            TVector bias = end.Bias == null ? TVector.Zero : TVector.Load(end.Bias + column);
            value = TVector.Clamp(TVector.Add(value, bias), TVector.Broadcast(end.Low), TVector.Broadcast(end.High));
        }

        TVector.Store(value, destination);
    }

    private static int Parts(int size, int smallest, int wanted) => Math.Clamp(size / smallest, 1, wanted);

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
