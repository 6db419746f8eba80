using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Edge.Runtime.Kernels;

/// <summary>A matrix that is never stored: one row for each position of a sliding window, one column for each value the window covers
/// (window row, window column, channel), zero where the window hangs over the edge.</summary>
/// <remarks>The forward pass slides over x, the input gradient over dy (with taps in descending order, so that positions ascend).</remarks>
internal unsafe struct PatchGrid
{
    /// <summary>First value of the first image, at the group's first channel.</summary>
    public float* Data;

    /// <summary>Rows of an image.</summary>
    public int Height;

    /// <summary>Columns of an image.</summary>
    public int Width;

    /// <summary>Elements between pixels.</summary>
    public int PixelStride;

    /// <summary>Channels of the group.</summary>
    public int Channels;

    /// <summary>Columns of the window.</summary>
    public int TapsWidth;

    /// <summary>Distance between window rows.</summary>
    public int DilationHeight;

    /// <summary>Distance between window columns.</summary>
    public int DilationWidth;

    /// <summary>Window positions in a column of an image.</summary>
    public int GridHeight;

    /// <summary>Window positions in a row of an image.</summary>
    public int GridWidth;

    /// <summary>Step of the window between rows of the grid.</summary>
    public int StrideHeight;

    /// <summary>Step of the window between columns of the grid.</summary>
    public int StrideWidth;

    /// <summary>Image row of the first window's first row; negative with padding.</summary>
    public int OriginY;

    /// <summary>Image column of the first window's first column.</summary>
    public int OriginX;

    /// <summary>The windows of a convolution's forward pass.</summary>
    internal static PatchGrid Forward(in ConvGeometry g, float* x, int group)
    {
        int channels = g.InputChannels / g.Groups;
        return new()
        {
            Data = x + ((nint)group * channels),
            Height = g.InputHeight,
            Width = g.InputWidth,
            PixelStride = g.InputChannels,
            Channels = channels,
            TapsWidth = g.KernelWidth,
            DilationHeight = g.DilationHeight,
            DilationWidth = g.DilationWidth,
            GridHeight = g.OutputHeight,
            GridWidth = g.OutputWidth,
            StrideHeight = g.StrideHeight,
            StrideWidth = g.StrideWidth,
            OriginY = -g.PadTop,
            OriginX = -g.PadLeft,
        };
    }

    /// <summary>Writes columns [column, column + columns) of rows [row, row + rows), each row <paramref name="stride"/> after the last.</summary>
    internal readonly void Copy(int row, int rows, int column, int columns, float* destination, nint stride)
    {
        (int plane, int gridX) = Math.DivRem(row, GridWidth);
        (int image, int gridY) = Math.DivRem(plane, GridHeight);
        int rowLength = TapsWidth * Channels;
        (int tapY, int offset) = Math.DivRem(column, rowLength);
        float* data = Data + ((nint)image * Height * Width * PixelStride);
        bool contiguous = DilationWidth == 1 && Channels == PixelStride;
        while (rows > 0)
        {
            int y = OriginY + (gridY * StrideHeight) + (tapY * DilationHeight);
            int x = OriginX + (gridX * StrideWidth);
            if (contiguous)
            {
                CopyContiguous(data, y, x, offset, columns, rowLength, destination);
            }
            else
            {
                CopyTaps(data, y, x, offset, columns, rowLength, destination);
            }

            destination += stride;
            rows--;
            if (++gridX == GridWidth)
            {
                gridX = 0;
                if (++gridY == GridHeight)
                {
                    gridY = 0;
                    data += (nint)Height * Width * PixelStride;
                }
            }
        }
    }

    /// <summary>A window row is one run of memory, cut by the image's edges.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void CopyContiguous(float* data, int y, int x, int offset, int columns, int rowLength, float* destination)
    {
        int imageRow = Width * Channels;
        while (columns > 0)
        {
            int length = Math.Min(rowLength - offset, columns);
            int start = (x * Channels) + offset;
            if ((uint)y >= (uint)Height)
            {
                Clear(destination, length);
            }
            else if (start >= 0 && start + length <= imageRow)
            {
                Move(data + ((nint)y * imageRow) + start, destination, length);
            }
            else
            {
                int before = Math.Clamp(-start, 0, length);
                int inside = Math.Clamp(imageRow - start - before, 0, length - before);
                Clear(destination, before);
                Move(data + ((nint)y * imageRow) + start + before, destination + before, inside);
                Clear(destination + before + inside, length - before - inside);
            }

            destination += length;
            columns -= length;
            offset = 0;
            y += DilationHeight;
        }
    }

    /// <summary>Each tap is a run of the group's channels.</summary>
    private readonly void CopyTaps(float* data, int y, int x, int offset, int columns, int rowLength, float* destination)
    {
        Debug.Assert(offset < rowLength || columns == 0);
        (int tapX, int channel) = Math.DivRem(offset, Channels);
        while (columns > 0)
        {
            int length = Math.Min(Channels - channel, columns);
            int at = x + (tapX * DilationWidth);
            if ((uint)y >= (uint)Height || (uint)at >= (uint)Width)
            {
                Clear(destination, length);
            }
            else
            {
                Move(data + ((((nint)y * Width) + at) * PixelStride) + channel, destination, length);
            }

            destination += length;
            columns -= length;
            channel = 0;
            if (++tapX == TapsWidth)
            {
                tapX = 0;
                y += DilationHeight;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Clear(float* destination, int length) => new Span<float>(destination, length).Clear();

    /// <summary>Copies a run; most are far shorter than what a call of memmove pays off for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move(float* source, float* destination, int length)
    {
        if (!Vector128.IsHardwareAccelerated || length > 256)
        {
            new ReadOnlySpan<float>(source, length).CopyTo(new Span<float>(destination, length));
            return;
        }

        int i = 0;
        for (; i + 8 <= length; i += 8)
        {
            Vector256.Load(source + i).Store(destination + i);
        }

        if (i + 4 <= length)
        {
            Vector128.Load(source + i).Store(destination + i);
            i += 4;
        }

        for (; i < length; i++)
        {
            destination[i] = source[i];
        }
    }
}
