namespace Edge.Runtime.Kernels;

/// <summary>One row of the input's gradient a part: every pixel gathers from the outputs its value reached.</summary>
internal unsafe struct DepthwiseInputGradient : IWidthJob
{
    internal ConvGeometry Geometry;
    internal float* Gradient;
    internal float* Weights;
    internal float* InputGradient;
    internal bool Accumulate;

    /// <inheritdoc/>
    public readonly void Execute<TVector>(int part) where TVector : unmanaged, IVector<TVector>
    {
        ConvGeometry g = Geometry;
        (int image, int iy) = Math.DivRem(part, g.InputHeight);
        float* dx = InputGradient + ((nint)part * g.InputWidth * g.InputChannels);
        if (!Accumulate)
        {
            new Span<float>(dx, g.InputWidth * g.InputChannels).Clear();
        }

        for (int ky = 0; ky < g.KernelHeight; ky++)
        {
            int above = iy + g.PadTop - (ky * g.DilationHeight);
            if (above < 0 || above % g.StrideHeight != 0 || above / g.StrideHeight >= g.OutputHeight)
            {
                continue;
            }

            float* dy = Gradient + ((((nint)image * g.OutputHeight) + (above / g.StrideHeight)) * g.OutputWidth * g.OutputChannels);
            for (int kx = 0; kx < g.KernelWidth; kx++)
            {
                // Outputs whose tap kx lies inside: ix = ox·stride − pad + kx·dilation within [0, width).
                int offset = (kx * g.DilationWidth) - g.PadLeft;
                int first = offset >= 0 ? 0 : (-offset + g.StrideWidth - 1) / g.StrideWidth;
                int end = offset >= g.InputWidth ? 0 : Math.Min(g.OutputWidth, ((g.InputWidth - 1 - offset) / g.StrideWidth) + 1);
                float* weight = Weights + ((((nint)ky * g.KernelWidth) + kx) * g.OutputChannels);
                for (int ox = first; ox < end; ox++)
                {
                    float* from = dy + ((nint)ox * g.OutputChannels);
                    float* to = dx + ((nint)((ox * g.StrideWidth) + offset) * g.InputChannels);
                    if (g.OutputChannels == g.InputChannels)
                    {
                        int channel = Add<TVector>(from, weight, to, 0, g.InputChannels);
                        channel = TVector.Count > 4 ? Add<Lanes4>(from, weight, to, channel, g.InputChannels) : channel;
                        Add<Lanes1>(from, weight, to, channel, g.InputChannels);
                    }
                    else
                    {
                        AddMultiplied(from, weight, to, g.InputChannels, g.OutputChannels / g.InputChannels);
                    }
                }
            }
        }
    }

    private static int Add<TVector>(float* dy, float* weight, float* dx, int channel, int channels) where TVector : unmanaged, IVector<TVector>
    {
        for (; channel + TVector.Count <= channels; channel += TVector.Count)
        {
            TVector.Store(TVector.MultiplyAdd(TVector.Load(dy + channel), TVector.Load(weight + channel), TVector.Load(dx + channel)), dx + channel);
        }

        return channel;
    }

    private static void AddMultiplied(float* dy, float* weight, float* dx, int channels, int multiplier)
    {
        for (int channel = 0; channel < channels; channel++)
        {
            float sum = 0;
            for (int m = 0; m < multiplier; m++)
            {
                sum += dy[m] * weight[m];
            }

            dx[channel] += sum;
            dy += multiplier;
            weight += multiplier;
        }
    }
}
