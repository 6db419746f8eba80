namespace Edge.Runtime.Kernels;

/// <summary>The gradient of one image, for a block of channels, a part: windows may overlap, so rows cannot be divided without two threads meeting.</summary>
internal unsafe struct PoolGradient<TPooling> : IWidthJob where TPooling : unmanaged, IPooling
{
    internal ConvGeometry Geometry;
    internal float* X;
    internal float* Y;
    internal float* Gradient;
    internal float* InputGradient;
    internal bool CountIncludePad;
    internal bool Accumulate;
    internal int Blocks;
    internal int BlockChannels;

    /// <inheritdoc/>
    public readonly void Execute<TVector>(int part) where TVector : unmanaged, IVector<TVector>
    {
        ConvGeometry g = Geometry;
        (int image, int block) = Math.DivRem(part, Blocks);
        int first = block * BlockChannels, end = Math.Min(first + BlockChannels, g.InputChannels);
        nint inputs = (nint)g.InputHeight * g.InputWidth * g.InputChannels, outputs = (nint)g.OutputHeight * g.OutputWidth * g.OutputChannels;
        if (!Accumulate)
        {
            Clear(InputGradient + (image * inputs), first, end);
        }

        for (int oy = 0; oy < g.OutputHeight; oy++)
        {
            WindowSpan rows = WindowSpan.Of(oy, g.StrideHeight, g.DilationHeight, g.PadTop, g.KernelHeight, g.InputHeight);
            for (int ox = 0; ox < g.OutputWidth; ox++)
            {
                WindowSpan columns = WindowSpan.Of(ox, g.StrideWidth, g.DilationWidth, g.PadLeft, g.KernelWidth, g.InputWidth);
                nint input = (image * inputs) + ((((nint)rows.Start * g.InputWidth) + columns.Start) * g.InputChannels);
                nint output = (image * outputs) + ((((nint)oy * g.OutputWidth) + ox) * g.OutputChannels);
                float scale = TPooling.Scale(CountIncludePad ? g.KernelHeight * g.KernelWidth : rows.Count * columns.Count);
                int channel = Window<TVector>(input, output, rows, columns, first, end, scale);
                channel = TVector.Count > 4 ? Window<Lanes4>(input, output, rows, columns, channel, end, scale) : channel;
                Window<Lanes1>(input, output, rows, columns, channel, end, scale);
            }
        }
    }

    private readonly int Window<TVector>(nint input, nint output, WindowSpan rows, WindowSpan columns, int channel, int end, float scale)
        where TVector : unmanaged, IVector<TVector>
    {
        nint step = (nint)Geometry.DilationWidth * Geometry.InputChannels;
        nint line = (nint)Geometry.DilationHeight * Geometry.InputWidth * Geometry.InputChannels;
        for (; channel + TVector.Count <= end; channel += TVector.Count)
        {
            TVector rest = TVector.Load(Gradient + output + channel);
            TVector y = TPooling.Selects ? TVector.Load(Y + output + channel) : TVector.Zero;
            rest = TPooling.Selects ? rest : TVector.Multiply(rest, TVector.Broadcast(scale));
            for (int ky = rows.First; ky < rows.End; ky++)
            {
                nint at = input + (ky * line) + (columns.First * step) + channel;
                for (int kx = columns.First; kx < columns.End; kx++)
                {
                    TVector share = rest;
                    if (TPooling.Selects)
                    {
                        // The first equal value takes the lane's gradient; nothing is left for later ones.
                        TVector x = TVector.Load(X + at);
                        share = TVector.SelectEqual(x, y, rest, TVector.Zero);
                        rest = TVector.SelectEqual(x, y, TVector.Zero, rest);
                    }

                    TVector.Store(TVector.Add(TVector.Load(InputGradient + at), share), InputGradient + at);
                    at += step;
                }
            }
        }

        return channel;
    }

    private readonly void Clear(float* image, int first, int end)
    {
        int pixels = Geometry.InputHeight * Geometry.InputWidth;
        if (end - first == Geometry.InputChannels)
        {
            new Span<float>(image, checked(pixels * Geometry.InputChannels)).Clear();
            return;
        }

        for (int pixel = 0; pixel < pixels; pixel++)
        {
            new Span<float>(image + ((nint)pixel * Geometry.InputChannels) + first, end - first).Clear();
        }
    }
}
