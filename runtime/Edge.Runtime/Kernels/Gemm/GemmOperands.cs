using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Edge.Runtime.Kernels;

/// <summary>Where the left matrix comes from. The driver asks for one sliver (the rows of a register tile, one block of k) at a time.</summary>
internal unsafe interface ILeftOperand
{
    /// <summary>Gives rows [row, row + rows) and columns [k0, k0 + k), in place or written to <paramref name="buffer"/>.</summary>
    /// <param name="row">First row.</param>
    /// <param name="rows">Rows, at most <see cref="GemmBlocking.MaxTileRows"/>.</param>
    /// <param name="k0">First column.</param>
    /// <param name="k">Columns, at most <see cref="GemmBlocking.BlockK"/>.</param>
    /// <param name="buffer">Room for <see cref="GemmBlocking.LeftFloats"/>.</param>
    /// <param name="rowStride">Receives the elements between rows.</param>
    /// <param name="columnStride">Receives the elements between columns.</param>
    float* Sliver(int row, int rows, int k0, int k, float* buffer, out nint rowStride, out nint columnStride);
}

/// <summary>Where the right matrix comes from. It is read in panels of <see cref="GemmBlocking.PanelColumns"/> columns; the last panel of a
/// block is <see cref="GemmBlocking.LastPanelWidth"/> wide, its surplus columns zero. A panel holds its rows one after the other.</summary>
internal unsafe interface IRightOperand
{
    /// <summary>True when the panels exist already, so that blocks may be wider than the packing buffer.</summary>
    static abstract bool Packed { get; }

    /// <summary>Gives rows [k0, k0 + k) of columns [column, column + columns) as panels.</summary>
    /// <param name="k0">First row.</param>
    /// <param name="k">Rows.</param>
    /// <param name="column">First column: a multiple of the panel's width when <see cref="Packed"/>.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="buffer">Room for k times the panels' widths, unless <see cref="Packed"/>.</param>
    /// <param name="panelRows">Receives the rows every panel holds: k, or the whole depth.</param>
    /// <param name="firstRow">Receives where row k0 lies in each panel.</param>
    float* Panels(int k0, int k, int column, int columns, float* buffer, out int panelRows, out int firstRow);
}

/// <summary>Where the product goes.</summary>
internal unsafe interface IGemmTarget
{
    /// <summary>True when all rows lie <see cref="RowStride"/> apart.</summary>
    static abstract bool Strided { get; }

    /// <summary>Elements between rows, if <see cref="Strided"/>.</summary>
    nint RowStride { get; }

    /// <summary>The first element of a row.</summary>
    float* Row(int row);
}

/// <summary>A left matrix in memory with any strides.</summary>
internal readonly unsafe struct StridedLeft(float* data, nint rowStride, nint columnStride) : ILeftOperand
{
    private readonly float* _data = data;
    private readonly nint _rowStride = rowStride;
    private readonly nint _columnStride = columnStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Sliver(int row, int rows, int k0, int k, float* buffer, out nint rowStride, out nint columnStride)
    {
        float* source = _data + (row * _rowStride) + (k0 * _columnStride);
        if (_columnStride == 1)
        {
            rowStride = _rowStride;
            columnStride = 1;
            return source;
        }

        rowStride = 1;
        columnStride = rows;
        Pack(source, rows, k, buffer);
        return buffer;
    }

    private void Pack(float* source, int rows, int k, float* buffer)
    {
        if (_rowStride == 1)
        {
            for (int p = 0; p < k; p++)
            {
                int i = 0;
                for (; i + 4 <= rows; i += 4)
                {
                    Vector128.Load(source + i).Store(buffer + i);
                }

                for (; i < rows; i++)
                {
                    buffer[i] = source[i];
                }

                source += _columnStride;
                buffer += rows;
            }

            return;
        }

        for (int p = 0; p < k; p++)
        {
            for (int i = 0; i < rows; i++)
            {
                buffer[i] = source[i * _rowStride];
            }

            source += _columnStride;
            buffer += rows;
        }
    }
}

/// <summary>A right matrix in memory with any strides, packed block by block.</summary>
internal readonly unsafe struct StridedRight(float* data, nint rowStride, nint columnStride) : IRightOperand
{
    private readonly float* _data = data;
    private readonly nint _rowStride = rowStride;
    private readonly nint _columnStride = columnStride;

    public static bool Packed => false;

    public float* Panels(int k0, int k, int column, int columns, float* buffer, out int panelRows, out int firstRow)
    {
        panelRows = k;
        firstRow = 0;
        float* destination = buffer;
        float* source = _data + (k0 * _rowStride) + (column * _columnStride);
        while (columns > 0)
        {
            int width = GemmBlocking.LastPanelWidth(columns);
            int filled = Math.Min(columns, width);
            RightPanel.Pack(source, _rowStride, _columnStride, k, filled, width, destination);
            source += width * _columnStride;
            destination += (nint)width * k;
            columns -= width;
        }

        return buffer;
    }
}

/// <summary>A right matrix packed before, by <see cref="Gemm.PackRight"/>.</summary>
internal readonly unsafe struct PackedRight(float* data, int depth) : IRightOperand
{
    private readonly float* _data = data;
    private readonly int _depth = depth;

    public static bool Packed => true;

    public float* Panels(int k0, int k, int column, int columns, float* buffer, out int panelRows, out int firstRow)
    {
        Debug.Assert(column % GemmBlocking.PanelColumns == 0);
        panelRows = _depth;
        firstRow = k0;
        return _data + ((nint)column * _depth);
    }
}

/// <summary>A row-major result.</summary>
internal readonly unsafe struct StridedTarget(float* data, nint rowStride) : IGemmTarget
{
    private readonly float* _data = data;
    private readonly nint _rowStride = rowStride;

    public static bool Strided => true;

    public nint RowStride => _rowStride;

    public float* Row(int row) => _data + (row * _rowStride);
}

/// <summary>Copies one panel of the right matrix.</summary>
internal static unsafe class RightPanel
{
    /// <summary>Writes k rows of <paramref name="width"/> values, of which the first <paramref name="columns"/> come from the source and the rest are 0.</summary>
    internal static void Pack(float* source, nint rowStride, nint columnStride, int k, int columns, int width, float* destination)
    {
        if (columns < width)
        {
            new Span<float>(destination, checked(k * width)).Clear();
        }

        if (columnStride == 1)
        {
            if (columns == 32)
            {
                for (int p = 0; p < k; p++)
                {
                    Vector512.Load(source).Store(destination);
                    Vector512.Load(source + 16).Store(destination + 16);
                    source += rowStride;
                    destination += 32;
                }

                return;
            }

            for (int p = 0; p < k; p++)
            {
                new ReadOnlySpan<float>(source, columns).CopyTo(new Span<float>(destination, columns));
                source += rowStride;
                destination += width;
            }

            return;
        }

        int column = 0;
        if (rowStride == 1)
        {
            for (; column + 4 <= columns; column += 4)
            {
                Transpose4(source + (column * columnStride), columnStride, k, destination + column, width);
            }
        }

        for (; column < columns; column++)
        {
            float* from = source + (column * columnStride);
            float* to = destination + column;
            for (int p = 0; p < k; p++)
            {
                *to = *from;
                from += rowStride;
                to += width;
            }
        }
    }

    /// <summary>Turns four contiguous runs of k values into k rows of four.</summary>
    private static void Transpose4(float* source, nint stride, int k, float* destination, int width)
    {
        int p = 0;
        if (Sse.IsSupported || AdvSimd.Arm64.IsSupported)
        {
            for (; p + 4 <= k; p += 4)
            {
                Vector128<float> r0 = Vector128.Load(source);
                Vector128<float> r1 = Vector128.Load(source + stride);
                Vector128<float> r2 = Vector128.Load(source + (2 * stride));
                Vector128<float> r3 = Vector128.Load(source + (3 * stride));
                Vector128<float> low01 = Low(r0, r1), high01 = High(r0, r1), low23 = Low(r2, r3), high23 = High(r2, r3);
                Halves(low01, low23, out Vector128<float> t0, out Vector128<float> t1);
                Halves(high01, high23, out Vector128<float> t2, out Vector128<float> t3);
                t0.Store(destination);
                t1.Store(destination + width);
                t2.Store(destination + (2 * width));
                t3.Store(destination + (3 * width));
                source += 4;
                destination += 4 * width;
            }
        }

        for (; p < k; p++)
        {
            destination[0] = source[0];
            destination[1] = source[stride];
            destination[2] = source[2 * stride];
            destination[3] = source[3 * stride];
            source++;
            destination += width;
        }
    }

    /// <summary>a0 b0 a1 b1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    /// <summary>a2 b2 a3 b3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);

    /// <summary>The lower halves of both, and the upper halves of both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Halves(Vector128<float> a, Vector128<float> b, out Vector128<float> lower, out Vector128<float> upper)
    {
        if (Sse.IsSupported)
        {
            lower = Sse.MoveLowToHigh(a, b);
            upper = Sse.MoveHighToLow(b, a);
        }
        else
        {
            lower = Vector128.Create(a.GetLower(), b.GetLower());
            upper = Vector128.Create(a.GetUpper(), b.GetUpper());
        }
    }
}
