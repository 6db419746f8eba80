using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>One row of a depthwise convolution's output a part.</summary>
internal unsafe struct DepthwiseForward : IWidthJob
{
    internal ConvGeometry Geometry;
    internal float* X;
    internal float* Weights;
    internal float* Bias;
    internal float* Y;
    internal float Low;
    internal float High;

    /// <inheritdoc/>
    public readonly void Execute<TVector>(int part) where TVector : unmanaged, IVector<TVector>
    {
        ConvGeometry g = Geometry;
        (int image, int oy) = Math.DivRem(part, g.OutputHeight);
        WindowSpan rows = WindowSpan.Of(oy, g.StrideHeight, g.DilationHeight, g.PadTop, g.KernelHeight, g.InputHeight);
        float* x = X + ((((nint)image * g.InputHeight) + rows.Start) * g.InputWidth * g.InputChannels);
        float* y = Y + ((nint)part * g.OutputWidth * g.OutputChannels);
        (int firstInside, int endInside) = WindowSpan.Inside(g.OutputWidth, g.StrideWidth, g.DilationWidth, g.PadLeft, g.KernelWidth, g.InputWidth);
        int ox = 0;
        while (ox < g.OutputWidth)
        {
            WindowSpan columns = WindowSpan.Of(ox, g.StrideWidth, g.DilationWidth, g.PadLeft, g.KernelWidth, g.InputWidth);
            float* from = x + ((nint)columns.Start * g.InputChannels);
            float* to = y + ((nint)ox * g.OutputChannels);
            if (g.OutputChannels != g.InputChannels)
            {
                Multiplied<TVector>(g, from, to, rows, columns);
                ox++;
            }
            else if (ox >= firstInside && ox + 4 <= endInside)
            {
                int channel = Four<TVector>(g, from, to, rows, 0);
                channel = TVector.Count > 4 ? Four<Lanes4>(g, from, to, rows, channel) : channel;
                Four<Lanes1>(g, from, to, rows, channel);
                ox += 4;
            }
            else
            {
                int channel = One<TVector>(g, from, to, rows, columns, 0);
                channel = TVector.Count > 4 ? One<Lanes4>(g, from, to, rows, columns, channel) : channel;
                One<Lanes1>(g, from, to, rows, columns, channel);
                ox++;
            }
        }
    }

    /// <summary>Four neighbouring outputs share the load of each weight.</summary>
    private readonly int Four<TVector>(in ConvGeometry g, float* x, float* y, WindowSpan rows, int channel) where TVector : unmanaged, IVector<TVector>
    {
        nint channels = g.InputChannels, step = g.StrideWidth * channels, dilation = g.DilationWidth * channels;
        nint line = (nint)g.DilationHeight * g.InputWidth * channels;
        for (; channel + TVector.Count <= g.InputChannels; channel += TVector.Count)
        {
            TVector s0 = TVector.Zero, s1 = TVector.Zero, s2 = TVector.Zero, s3 = TVector.Zero;
            for (int ky = rows.First; ky < rows.End; ky++)
            {
                float* from = x + (ky * line) + channel;
                float* weight = Weights + ((nint)ky * g.KernelWidth * channels) + channel;
                for (int kx = 0; kx < g.KernelWidth; kx++)
                {
                    TVector w = TVector.Load(weight);
                    s0 = TVector.MultiplyAdd(TVector.Load(from), w, s0);
                    s1 = TVector.MultiplyAdd(TVector.Load(from + step), w, s1);
                    s2 = TVector.MultiplyAdd(TVector.Load(from + (2 * step)), w, s2);
                    s3 = TVector.MultiplyAdd(TVector.Load(from + (3 * step)), w, s3);
                    from += dilation;
                    weight += channels;
                }
            }

            Store(s0, y + channel, channel);
            Store(s1, y + channels + channel, channel);
            Store(s2, y + (2 * channels) + channel, channel);
            Store(s3, y + (3 * channels) + channel, channel);
        }

        return channel;
    }

    private readonly int One<TVector>(in ConvGeometry g, float* x, float* y, WindowSpan rows, WindowSpan columns, int channel)
        where TVector : unmanaged, IVector<TVector>
    {
        nint channels = g.InputChannels, dilation = g.DilationWidth * channels, line = (nint)g.DilationHeight * g.InputWidth * channels;
        for (; channel + TVector.Count <= g.InputChannels; channel += TVector.Count)
        {
            TVector sum = TVector.Zero;
            for (int ky = rows.First; ky < rows.End; ky++)
            {
                float* from = x + (ky * line) + (columns.First * dilation) + channel;
                float* weight = Weights + ((((nint)ky * g.KernelWidth) + columns.First) * channels) + channel;
                for (int kx = columns.First; kx < columns.End; kx++)
                {
                    sum = TVector.MultiplyAdd(TVector.Load(from), TVector.Load(weight), sum);
                    from += dilation;
                    weight += channels;
                }
            }

            Store(sum, y + channel, channel);
        }

        return channel;
    }

    /// <summary>Several outputs from one input channel: vectors run over the multiplier.</summary>
    private readonly void Multiplied<TVector>(in ConvGeometry g, float* x, float* y, WindowSpan rows, WindowSpan columns)
        where TVector : unmanaged, IVector<TVector>
    {
        int multiplier = g.OutputChannels / g.InputChannels;
        for (int channel = 0; channel < g.InputChannels; channel++)
        {
            int output = channel * multiplier, end = output + multiplier;
            output = Outputs<TVector>(g, x + channel, y, rows, columns, output, end);
            output = TVector.Count > 4 ? Outputs<Lanes4>(g, x + channel, y, rows, columns, output, end) : output;
            Outputs<Lanes1>(g, x + channel, y, rows, columns, output, end);
        }
    }

    private readonly int Outputs<TVector>(in ConvGeometry g, float* x, float* y, WindowSpan rows, WindowSpan columns, int output, int end)
        where TVector : unmanaged, IVector<TVector>
    {
        nint dilation = (nint)g.DilationWidth * g.InputChannels, line = (nint)g.DilationHeight * g.InputWidth * g.InputChannels;
        for (; output + TVector.Count <= end; output += TVector.Count)
        {
            TVector sum = TVector.Zero;
            for (int ky = rows.First; ky < rows.End; ky++)
            {
                float* from = x + (ky * line) + (columns.First * dilation);
                float* weight = Weights + ((((nint)ky * g.KernelWidth) + columns.First) * g.OutputChannels) + output;
                for (int kx = columns.First; kx < columns.End; kx++)
                {
                    sum = TVector.MultiplyAdd(TVector.Broadcast(*from), TVector.Load(weight), sum);
                    from += dilation;
                    weight += g.OutputChannels;
                }
            }

            Store(sum, y + output, output);
        }

        return output;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Store<TVector>(TVector sum, float* y, int channel) where TVector : unmanaged, IVector<TVector>
    {
        sum = Bias == null ? sum : TVector.Add(sum, TVector.Load(Bias + channel));
        TVector.Store(TVector.Clamp(sum, TVector.Broadcast(Low), TVector.Broadcast(High)), y);
    }
}
