using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>A row of outputs, for a block of channels, a part.</summary>
internal unsafe struct PoolForward<TPooling> : IWidthJob where TPooling : unmanaged, IPooling
{
    internal ConvGeometry Geometry;
    internal float* X;
    internal float* Y;
    internal bool CountIncludePad;
    internal float Low;
    internal float High;
    internal int Blocks;
    internal int BlockChannels;

    /// <inheritdoc/>
    public readonly void Execute<TVector>(int part) where TVector : unmanaged, IVector<TVector>
    {
        ConvGeometry g = Geometry;
        (int line, int block) = Math.DivRem(part, Blocks);
        (int image, int oy) = Math.DivRem(line, g.OutputHeight);
        int first = block * BlockChannels, end = Math.Min(first + BlockChannels, g.InputChannels);
        WindowSpan rows = WindowSpan.Of(oy, g.StrideHeight, g.DilationHeight, g.PadTop, g.KernelHeight, g.InputHeight);
        float* x = X + ((((nint)image * g.InputHeight) + rows.Start) * g.InputWidth * g.InputChannels);
        for (int ox = 0; ox < g.OutputWidth; ox++)
        {
            WindowSpan columns = WindowSpan.Of(ox, g.StrideWidth, g.DilationWidth, g.PadLeft, g.KernelWidth, g.InputWidth);
            float scale = TPooling.Scale(CountIncludePad ? g.KernelHeight * g.KernelWidth : rows.Count * columns.Count);
            float* from = x + ((nint)columns.Start * g.InputChannels);
            float* to = Y + ((((nint)line * g.OutputWidth) + ox) * g.OutputChannels);
            int channel = FourVectors<TVector>(from, to, rows, columns, first, end, scale);
            channel = OneVector<TVector>(from, to, rows, columns, channel, end, scale);
            channel = TVector.Count > 4 ? OneVector<Lanes4>(from, to, rows, columns, channel, end, scale) : channel;
            OneVector<Lanes1>(from, to, rows, columns, channel, end, scale);
        }
    }

    private readonly int FourVectors<TVector>(float* x, float* y, WindowSpan rows, WindowSpan columns, int channel, int end, float scale)
        where TVector : unmanaged, IVector<TVector>
    {
        nint step = (nint)Geometry.DilationWidth * Geometry.InputChannels;
        nint line = (nint)Geometry.DilationHeight * Geometry.InputWidth * Geometry.InputChannels;
        for (; channel + (4 * TVector.Count) <= end; channel += 4 * TVector.Count)
        {
            TVector s0 = TVector.Broadcast(TPooling.Initial), s1 = s0, s2 = s0, s3 = s0;
            for (int ky = rows.First; ky < rows.End; ky++)
            {
                float* from = x + (ky * line) + (columns.First * step) + channel;
                for (int kx = columns.First; kx < columns.End; kx++)
                {
                    s0 = TPooling.Combine(s0, TVector.Load(from));
                    s1 = TPooling.Combine(s1, TVector.Load(from + TVector.Count));
                    s2 = TPooling.Combine(s2, TVector.Load(from + (2 * TVector.Count)));
                    s3 = TPooling.Combine(s3, TVector.Load(from + (3 * TVector.Count)));
                    from += step;
                }
            }

            Store(s0, y + channel, scale);
            Store(s1, y + channel + TVector.Count, scale);
            Store(s2, y + channel + (2 * TVector.Count), scale);
            Store(s3, y + channel + (3 * TVector.Count), scale);
        }

        return channel;
    }

    private readonly int OneVector<TVector>(float* x, float* y, WindowSpan rows, WindowSpan columns, int channel, int end, float scale)
        where TVector : unmanaged, IVector<TVector>
    {
        nint step = (nint)Geometry.DilationWidth * Geometry.InputChannels;
        nint line = (nint)Geometry.DilationHeight * Geometry.InputWidth * Geometry.InputChannels;
        for (; channel + TVector.Count <= end; channel += TVector.Count)
        {
            TVector sum = TVector.Broadcast(TPooling.Initial);
            for (int ky = rows.First; ky < rows.End; ky++)
            {
                float* from = x + (ky * line) + (columns.First * step) + channel;
                for (int kx = columns.First; kx < columns.End; kx++)
                {
                    sum = TPooling.Combine(sum, TVector.Load(from));
                    from += step;
                }
            }

            Store(sum, y + channel, scale);
        }

        return channel;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Store<TVector>(TVector value, float* y, float scale) where TVector : unmanaged, IVector<TVector>
    {
        value = TPooling.Selects ? value : TVector.Multiply(value, TVector.Broadcast(scale));
        TVector.Store(TVector.Clamp(value, TVector.Broadcast(Low), TVector.Broadcast(High)), y);
    }
}
