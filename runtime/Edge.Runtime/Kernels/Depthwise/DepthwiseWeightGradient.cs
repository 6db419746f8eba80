namespace Edge.Runtime.Kernels;

/// <summary>The gradient of one window tap, for a block of channels, a part.</summary>
/// <remarks>Sums run along a row of outputs first and over rows second, which keeps the rounding error of long sums small.</remarks>
internal unsafe struct DepthwiseWeightGradient : IWidthJob
{
    internal const int BlockChannels = 64;

    internal ConvGeometry Geometry;
    internal float* X;
    internal float* Gradient;
    internal float* WeightGradient;
    internal bool Accumulate;
    internal int Blocks;

    /// <inheritdoc/>
    public readonly void Execute<TVector>(int part) where TVector : unmanaged, IVector<TVector>
    {
        ConvGeometry g = Geometry;
        (int tap, int block) = Math.DivRem(part, Blocks);
        int channel = block * BlockChannels, end = Math.Min(channel + BlockChannels, g.InputChannels);
        int multiplier = g.OutputChannels / g.InputChannels;
        if (multiplier > 1)
        {
            for (; channel < end; channel++)
            {
                int output = channel * multiplier, outputEnd = output + multiplier;
                output = Outputs<TVector>(tap, channel, output, outputEnd);
                output = TVector.Count > 4 ? Outputs<Lanes4>(tap, channel, output, outputEnd) : output;
                Outputs<Lanes1>(tap, channel, output, outputEnd);
            }

            return;
        }

        for (; channel + (4 * TVector.Count) <= end; channel += 4 * TVector.Count)
        {
            FourVectors<TVector>(tap, channel);
        }

        channel = OneVector<TVector>(tap, channel, end);
        channel = TVector.Count > 4 ? OneVector<Lanes4>(tap, channel, end) : channel;
        OneVector<Lanes1>(tap, channel, end);
    }

    private readonly void FourVectors<TVector>(int tap, int channel) where TVector : unmanaged, IVector<TVector>
    {
        TVector t0 = TVector.Zero, t1 = TVector.Zero, t2 = TVector.Zero, t3 = TVector.Zero;
        TapRows rows = new(Geometry, tap);
        nint step = (nint)Geometry.StrideWidth * Geometry.InputChannels;
        while (rows.Next(X, Gradient, out float* x, out float* dy))
        {
            x += channel;
            dy += channel;
            TVector s0 = TVector.Zero, s1 = TVector.Zero, s2 = TVector.Zero, s3 = TVector.Zero;
            for (int i = rows.Columns; i > 0; i--)
            {
                s0 = TVector.MultiplyAdd(TVector.Load(x), TVector.Load(dy), s0);
                s1 = TVector.MultiplyAdd(TVector.Load(x + TVector.Count), TVector.Load(dy + TVector.Count), s1);
                s2 = TVector.MultiplyAdd(TVector.Load(x + (2 * TVector.Count)), TVector.Load(dy + (2 * TVector.Count)), s2);
                s3 = TVector.MultiplyAdd(TVector.Load(x + (3 * TVector.Count)), TVector.Load(dy + (3 * TVector.Count)), s3);
                x += step;
                dy += Geometry.OutputChannels;
            }

            t0 = TVector.Add(t0, s0);
            t1 = TVector.Add(t1, s1);
            t2 = TVector.Add(t2, s2);
            t3 = TVector.Add(t3, s3);
        }

        float* dw = WeightGradient + ((nint)tap * Geometry.OutputChannels) + channel;
        Store(t0, dw);
        Store(t1, dw + TVector.Count);
        Store(t2, dw + (2 * TVector.Count));
        Store(t3, dw + (3 * TVector.Count));
    }

    private readonly int OneVector<TVector>(int tap, int channel, int end) where TVector : unmanaged, IVector<TVector>
    {
        nint step = (nint)Geometry.StrideWidth * Geometry.InputChannels;
        for (; channel + TVector.Count <= end; channel += TVector.Count)
        {
            TVector total = TVector.Zero;
            TapRows rows = new(Geometry, tap);
            while (rows.Next(X, Gradient, out float* x, out float* dy))
            {
                x += channel;
                dy += channel;
                TVector sum = TVector.Zero;
                for (int i = rows.Columns; i > 0; i--)
                {
                    sum = TVector.MultiplyAdd(TVector.Load(x), TVector.Load(dy), sum);
                    x += step;
                    dy += Geometry.OutputChannels;
                }

                total = TVector.Add(total, sum);
            }

            Store(total, WeightGradient + ((nint)tap * Geometry.OutputChannels) + channel);
        }

        return channel;
    }

    private readonly int Outputs<TVector>(int tap, int channel, int output, int end) where TVector : unmanaged, IVector<TVector>
    {
        nint step = (nint)Geometry.StrideWidth * Geometry.InputChannels;
        for (; output + TVector.Count <= end; output += TVector.Count)
        {
            TVector total = TVector.Zero;
            TapRows rows = new(Geometry, tap);
            while (rows.Next(X, Gradient, out float* x, out float* dy))
            {
                x += channel;
                dy += output;
                TVector sum = TVector.Zero;
                for (int i = rows.Columns; i > 0; i--)
                {
                    sum = TVector.MultiplyAdd(TVector.Broadcast(*x), TVector.Load(dy), sum);
                    x += step;
                    dy += Geometry.OutputChannels;
                }

                total = TVector.Add(total, sum);
            }

            Store(total, WeightGradient + ((nint)tap * Geometry.OutputChannels) + output);
        }

        return output;
    }

    private readonly void Store<TVector>(TVector value, float* destination) where TVector : unmanaged, IVector<TVector> =>
        TVector.Store(Accumulate ? TVector.Add(TVector.Load(destination), value) : value, destination);

    /// <summary>Walks the rows of outputs whose tap lies inside the image.</summary>
    private struct TapRows
    {
        private readonly ConvGeometry _g;
        private readonly int _offsetY;
        private readonly int _offsetX;
        private readonly int _firstX;
        private int _row;

        internal TapRows(in ConvGeometry g, int tap)
        {
            _g = g;
            (int ky, int kx) = Math.DivRem(tap, g.KernelWidth);
            _offsetY = (ky * g.DilationHeight) - g.PadTop;
            _offsetX = (kx * g.DilationWidth) - g.PadLeft;
            _firstX = _offsetX >= 0 ? 0 : (-_offsetX + g.StrideWidth - 1) / g.StrideWidth;
            int end = _offsetX >= g.InputWidth ? 0 : Math.Min(g.OutputWidth, ((g.InputWidth - 1 - _offsetX) / g.StrideWidth) + 1);
            Columns = Math.Max(0, end - _firstX);
            _row = Columns == 0 ? g.Batch * g.OutputHeight : 0;
        }

        /// <summary>Outputs of each row.</summary>
        internal int Columns { get; }

        internal bool Next(float* x, float* dy, out float* firstX, out float* firstGradient)
        {
            for (; _row < _g.Batch * _g.OutputHeight; _row++)
            {
                (int image, int oy) = Math.DivRem(_row, _g.OutputHeight);
                int iy = (oy * _g.StrideHeight) + _offsetY;
                if ((uint)iy < (uint)_g.InputHeight)
                {
                    nint column = ((nint)_firstX * _g.StrideWidth) + _offsetX;
                    firstX = x + ((((((nint)image * _g.InputHeight) + iy) * _g.InputWidth) + column) * _g.InputChannels);
                    firstGradient = dy + ((((nint)_row * _g.OutputWidth) + _firstX) * _g.OutputChannels);
                    _row++;
                    return true;
                }
            }

            firstX = firstGradient = null;
            return false;
        }
    }
}
