namespace Edge.Runtime.Kernels;

/// <summary>Windows as the left matrix: one row a position.</summary>
internal readonly unsafe struct PatchLeft(PatchGrid grid) : ILeftOperand
{
    private readonly PatchGrid _grid = grid;

    public float* Sliver(int row, int rows, int k0, int k, float* buffer, out nint rowStride, out nint columnStride)
    {
        rowStride = k;
        columnStride = 1;
        _grid.Copy(row, rows, k0, k, buffer, k);
        return buffer;
    }
}

/// <summary>Windows as the right matrix: the sum of a weight gradient runs over positions.</summary>
/// <param name="grid">The windows.</param>
/// <param name="firstPosition">The position that is row 0.</param>
internal readonly unsafe struct PatchRight(PatchGrid grid, int firstPosition) : IRightOperand
{
    private readonly PatchGrid _grid = grid;
    private readonly int _firstPosition = firstPosition;

    public static bool Packed => false;

    public float* Panels(int k0, int k, int column, int columns, float* buffer, out int panelRows, out int firstRow)
    {
        panelRows = k;
        firstRow = 0;
        float* panel = buffer;
        while (columns > 0)
        {
            int width = GemmBlocking.LastPanelWidth(columns);
            int filled = Math.Min(columns, width);
            if (filled < width)
            {
                new Span<float>(panel, width * k).Clear();
            }

            _grid.Copy(_firstPosition + k0, k, column, filled, panel, width);
            panel += (nint)width * k;
            column += width;
            columns -= width;
        }

        return buffer;
    }
}

/// <summary>Weights as the right matrix of the input gradient: rows (window row, window column, output channel), columns input channels.</summary>
/// <remarks>Only taps that reach the phase: window rows LastRow, LastRow − RowStep, …; columns likewise.</remarks>
internal unsafe struct TapRight : IRightOperand
{
    /// <summary>The group's first weight.</summary>
    public float* Weights;

    /// <summary>Input channels of the group.</summary>
    public int Channels;

    /// <summary>Output channels of the group.</summary>
    public int OutputChannels;

    /// <summary>Rows of the whole window.</summary>
    public int KernelHeight;

    /// <summary>Columns of the whole window.</summary>
    public int KernelWidth;

    /// <summary>Window rows that reach the phase.</summary>
    public GradientTaps Rows;

    /// <summary>Window columns that reach the phase.</summary>
    public GradientTaps Columns;

    public static bool Packed => false;

    public readonly float* Panels(int k0, int k, int column, int columns, float* buffer, out int panelRows, out int firstRow)
    {
        panelRows = k;
        firstRow = 0;
        float* panel = buffer;
        nint weightRow = (nint)KernelHeight * KernelWidth * Channels;
        while (columns > 0)
        {
            int width = GemmBlocking.LastPanelWidth(columns);
            int filled = Math.Min(columns, width);
            float* destination = panel;
            for (int done = 0; done < k;)
            {
                (int tap, int output) = Math.DivRem(k0 + done, OutputChannels);
                (int tapY, int tapX) = Math.DivRem(tap, Columns.Count);
                int rows = Math.Min(OutputChannels - output, k - done);
                int kernelY = Rows.Last - (tapY * Rows.Step), kernelX = Columns.Last - (tapX * Columns.Step);
                float* source = Weights + (output * weightRow) + ((((nint)kernelY * KernelWidth) + kernelX) * Channels) + column;
                RightPanel.Pack(source, weightRow, 1, rows, filled, width, destination);
                destination += (nint)rows * width;
                done += rows;
            }

            panel += (nint)width * k;
            column += width;
            columns -= width;
        }

        return buffer;
    }
}

/// <summary>Along one axis: which taps connect an input position with an output, for the positions i·stride + phase.</summary>
/// <remarks>
/// Tap t reaches input i·stride + phase from output o when o·stride = i·stride + phase + pad − t·dilation. So t·dilation ≡ phase + pad
/// (mod stride): if any t solves it, all t ≡ first (mod stride / gcd(stride, dilation)) do. Taken in descending order, the outputs ascend by
/// <see cref="Spacing"/> from i + <see cref="Shift"/>. Dividing positions by phase makes every product dense: no multiplication by inserted zeros.
/// </remarks>
internal struct GradientTaps
{
    /// <summary>Taps that reach the phase.</summary>
    public int Count;

    /// <summary>The largest of them.</summary>
    public int Last;

    /// <summary>Distance between them.</summary>
    public int Step;

    /// <summary>Output position of the largest tap at i = 0.</summary>
    public int Shift;

    /// <summary>Distance between the output positions of neighbouring taps.</summary>
    public int Spacing;

    internal static GradientTaps Of(int phase, int taps, int stride, int dilation, int pad)
    {
        int divisor = stride;
        for (int rest = dilation; rest != 0;)
        {
            (divisor, rest) = (rest, divisor % rest);
        }

        int step = stride / divisor;
        int first = 0;
        while (first < Math.Min(step, taps) && (phase + pad - (first * dilation)) % stride != 0)
        {
            first++;
        }

        if (first >= Math.Min(step, taps))
        {
            return new() { Step = step, Spacing = 1 };
        }

        int count = ((taps - 1 - first) / step) + 1;
        int last = first + ((count - 1) * step);
        return new()
        {
            Count = count,
            Last = last,
            Step = step,
            Shift = (phase + pad - (last * dilation)) / stride,
            Spacing = step * dilation / stride,
        };
    }
}

/// <summary>Every stride-th pixel of an image in both directions.</summary>
internal unsafe struct PhaseTarget : IGemmTarget
{
    /// <summary>The group's first channel of the phase's first pixel.</summary>
    public float* Data;

    /// <summary>Positions in a column of an image.</summary>
    public int GridHeight;

    /// <summary>Positions in a row of an image.</summary>
    public int GridWidth;

    /// <summary>Elements between positions.</summary>
    public nint ColumnStride;

    /// <summary>Elements between rows of positions.</summary>
    public nint LineStride;

    /// <summary>Elements between images.</summary>
    public nint ImageStride;

    public static bool Strided => false;

    public readonly nint RowStride => 0;

    public readonly float* Row(int row)
    {
        (int line, int x) = Math.DivRem(row, GridWidth);
        (int image, int y) = Math.DivRem(line, GridHeight);
        return Data + (image * ImageStride) + (y * LineStride) + (x * ColumnStride);
    }
}
