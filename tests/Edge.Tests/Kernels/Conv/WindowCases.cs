using Edge.Runtime.Kernels;

namespace Edge.Tests.Kernels;

/// <summary>Window shapes that convolution, depthwise convolution and pooling are all tested on.</summary>
internal static class WindowCases
{
    /// <summary>Sizes with the output that padding of the given amounts (top, left, bottom, right) implies.</summary>
    internal static ConvGeometry Of(
        int batch, int height, int width, int channels, int outputs, int kernelHeight, int kernelWidth, int strideHeight = 1, int strideWidth = 1,
        int dilationHeight = 1, int dilationWidth = 1, int top = 0, int left = 0, int bottom = 0, int right = 0, int groups = 1) => new(
        batch, height, width, channels,
        ((height + top + bottom - ((kernelHeight - 1) * dilationHeight) - 1) / strideHeight) + 1,
        ((width + left + right - ((kernelWidth - 1) * dilationWidth) - 1) / strideWidth) + 1,
        outputs, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, top, left, groups);

    /// <summary>Every combination of stride, dilation and padding worth telling apart, on odd sizes.</summary>
    internal static IEnumerable<ConvGeometry> All(int channels, int outputs, int groups)
    {
        foreach ((int kernelHeight, int kernelWidth) in ((int, int)[])[(1, 1), (3, 3), (2, 5), (4, 1)])
        {
            foreach ((int strideHeight, int strideWidth) in ((int, int)[])[(1, 1), (2, 2), (1, 3), (3, 2)])
            {
                foreach ((int dilationHeight, int dilationWidth) in ((int, int)[])[(1, 1), (2, 1), (1, 2), (2, 3)])
                {
                    foreach ((int top, int left, int bottom, int right) in ((int, int, int, int)[])[(0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 2, 3), (2, 0, 1, 0)])
                    {
                        int height = 7 + ((kernelHeight - 1) * (dilationHeight - 1)), width = 6 + ((kernelWidth - 1) * (dilationWidth - 1));
                        yield return Of(
                            2, height, width, channels, outputs, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth,
                            top, left, bottom, right, groups);
                    }
                }
            }
        }
    }

    internal static int InputLength(this in ConvGeometry g) => g.Batch * g.InputHeight * g.InputWidth * g.InputChannels;

    internal static int OutputLength(this in ConvGeometry g) => g.Batch * g.OutputHeight * g.OutputWidth * g.OutputChannels;

    /// <summary>Calls <paramref name="visit"/> with (pixel of the output, window row, window column, pixel of the input or −1 in the padding).</summary>
    internal static void Visit(in ConvGeometry g, Action<int, int, int, int> visit)
    {
        for (int n = 0; n < g.Batch; n++)
        {
            for (int oy = 0; oy < g.OutputHeight; oy++)
            {
                for (int ox = 0; ox < g.OutputWidth; ox++)
                {
                    for (int ky = 0; ky < g.KernelHeight; ky++)
                    {
                        for (int kx = 0; kx < g.KernelWidth; kx++)
                        {
                            int iy = (oy * g.StrideHeight) - g.PadTop + (ky * g.DilationHeight);
                            int ix = (ox * g.StrideWidth) - g.PadLeft + (kx * g.DilationWidth);
                            bool inside = iy >= 0 && iy < g.InputHeight && ix >= 0 && ix < g.InputWidth;
                            visit(
                                (((n * g.OutputHeight) + oy) * g.OutputWidth) + ox, ky, kx,
                                inside ? (((n * g.InputHeight) + iy) * g.InputWidth) + ix : -1);
                        }
                    }
                }
            }
        }
    }
}
