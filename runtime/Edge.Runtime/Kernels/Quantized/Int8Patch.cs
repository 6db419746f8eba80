namespace Edge.Runtime.Kernels;

/// <summary>Gathers the inputs of one output position in depth order, packed for an inner product. Outside the image the value is the zero point.</summary>
/// <param name="geometry">Sizes.</param>
/// <param name="input">NHWC.</param>
/// <param name="zeroPoint">Zero point of the input.</param>
internal readonly unsafe struct Int8Patch<TDot, TVector>(ConvGeometry geometry, sbyte* input, sbyte zeroPoint)
    where TDot : struct, IInt8Dot<TVector>
    where TVector : struct
{
    /// <summary>Packs depth positions [from, end) of the window over one output position.</summary>
    public void Pack(int position, int group, int from, int end, byte* patch)
    {
        (int y, int x) = Math.DivRem(position, geometry.OutputWidth);
        int image = 0;
        if (y >= geometry.OutputHeight)                                  // not so for a single image: spares a division a patch
        {
            (image, y) = Math.DivRem(y, geometry.OutputHeight);
        }

        int channels = geometry.InputChannels / geometry.Groups;
        int top = y * geometry.StrideHeight - geometry.PadTop;
        int left = x * geometry.StrideWidth - geometry.PadLeft;
        int depth = geometry.KernelHeight * geometry.KernelWidth * channels;
        int run = geometry.KernelWidth * channels;
        if (TDot.ValueBytes == sizeof(short) && run <= ShortRun && geometry.DilationWidth == 1 && geometry.Groups == 1 && from == 0 && end >= depth &&
            top >= 0 && left >= 0 && top + ((geometry.KernelHeight - 1) * geometry.DilationHeight) < geometry.InputHeight && left + geometry.KernelWidth <= geometry.InputWidth)
        {
            PackInside(input + ((((nint)image * geometry.InputHeight + top) * geometry.InputWidth) + left) * channels, run, end - depth, (short*)patch);
            return;
        }

        Window window = new(patch, from, end, zeroPoint);

        // Neighbouring columns of an undilated, ungrouped window are contiguous: one run for a whole row of it.
        bool contiguous = geometry.DilationWidth == 1 && geometry.Groups == 1;
        int firstInside = Math.Clamp(-left, 0, geometry.KernelWidth);
        int endInside = Math.Clamp(geometry.InputWidth - left, firstInside, geometry.KernelWidth);
        for (int ky = 0; ky < geometry.KernelHeight; ky++)
        {
            int inputY = top + ky * geometry.DilationHeight;
            int start = ky * geometry.KernelWidth * channels;
            if ((uint)inputY >= (uint)geometry.InputHeight)
            {
                window.Outside(start, geometry.KernelWidth * channels);
                continue;
            }

            sbyte* inputRow = input + ((nint)image * geometry.InputHeight + inputY) * geometry.InputWidth * geometry.InputChannels
                + group * channels;
            if (contiguous)
            {
                window.Outside(start, firstInside * channels);
                window.Inside(
                    start + firstInside * channels, inputRow + (nint)(left + firstInside) * channels, (endInside - firstInside) * channels);
                window.Outside(start + endInside * channels, (geometry.KernelWidth - endInside) * channels);
                continue;
            }

            for (int kx = 0; kx < geometry.KernelWidth; kx++)
            {
                int inputX = left + kx * geometry.DilationWidth;
                if ((uint)inputX < (uint)geometry.InputWidth)
                {
                    window.Inside(start + kx * channels, inputRow + (nint)inputX * geometry.InputChannels, channels);
                }
                else
                {
                    window.Outside(start + kx * channels, channels);
                }
            }
        }

        window.Outside(depth, end - depth);                              // padding of the depth meets weights of 0
    }

    /// <summary>Longest window row that is copied value by value: a first layer has 1 or 3 channels, and a call for 3 values costs more than the values.</summary>
    private const int ShortRun = 16;

    /// <summary>Packs a whole window that lies inside the image.</summary>
    private void PackInside(sbyte* row, int run, int padding, short* patch)
    {
        nint stride = (nint)geometry.DilationHeight * geometry.InputWidth * geometry.InputChannels;
        for (int ky = geometry.KernelHeight; ky > 0; ky--)
        {
            for (int i = 0; i < run; i++)
            {
                *patch++ = row[i];
            }

            row += stride;
        }

        for (; padding > 0; padding--)
        {
            *patch++ = zeroPoint;
        }
    }

    /// <summary>The part of a window that is being packed; runs are given in whole-window positions and cut to it.</summary>
    private readonly struct Window(byte* patch, int from, int end, sbyte zeroPoint)
    {
        public void Inside(int start, sbyte* source, int length)
        {
            int first = Math.Max(start, from);
            int count = Math.Min(start + length, end) - first;
            if (count > 0)
            {
                TDot.Pack(source + (first - start), patch + (nint)(first - from) * TDot.ValueBytes, count);
            }
        }

        public void Outside(int start, int length)
        {
            int first = Math.Max(start, from);
            int count = Math.Min(start + length, end) - first;
            if (count > 0)
            {
                TDot.Fill(zeroPoint, patch + (nint)(first - from) * TDot.ValueBytes, count);
            }
        }
    }
}
