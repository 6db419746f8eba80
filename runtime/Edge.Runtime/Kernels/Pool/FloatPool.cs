using System.Diagnostics;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Float32 maximum and average over windows, and their gradients. Layout NHWC; input and output have the same channels.</summary>
/// <remarks>
/// A maximum keeps no indices: the gradient finds the maximum again by comparing x with y, and goes to the first one in window order
/// (row by row), as PyTorch's does. A NaN in the window makes the maximum NaN; the gradient then goes to the first NaN.
/// An average divides by the values inside the image, or by the whole window if padding counts; a window wholly outside gives 0.
/// The average over the whole image is the same kernel with a window of the image's size.
/// Each lane sums on its own, in window order, so the bits depend neither on vector width nor on threads.
/// </remarks>
internal static unsafe class FloatPool
{
    /// <summary>y = clamp(maximum of x over the window); −∞ (before the clamp) for a window wholly outside.</summary>
    internal static void MaxForward(in ConvGeometry g, ReadOnlySpan<float> x, Activation activation, Span<float> y, WorkerTeam team) =>
        Forward<MaxPooling>(g, x, false, activation, y, team);

    /// <summary>y = clamp(average of x over the window).</summary>
    /// <param name="g">Sizes.</param>
    /// <param name="x">[N, IH, IW, C].</param>
    /// <param name="countIncludePad">Divide by the window's size even at the edge.</param>
    /// <param name="activation">The clamp.</param>
    /// <param name="y">[N, OH, OW, C].</param>
    /// <param name="team">The threads.</param>
    internal static void AverageForward(
        in ConvGeometry g, ReadOnlySpan<float> x, bool countIncludePad, Activation activation, Span<float> y, WorkerTeam team) =>
        Forward<AveragePooling>(g, x, countIncludePad, activation, y, team);

    /// <summary>dX of a maximum, from x, y and dY (already masked by the fused activation).</summary>
    /// <param name="g">Sizes.</param>
    /// <param name="x">[N, IH, IW, C].</param>
    /// <param name="y">[N, OH, OW, C], as the forward pass wrote it.</param>
    /// <param name="dy">[N, OH, OW, C].</param>
    /// <param name="dx">[N, IH, IW, C].</param>
    /// <param name="accumulate">Adds to dx instead of overwriting it.</param>
    /// <param name="team">The threads.</param>
    internal static void MaxGradient(
        in ConvGeometry g, ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx, bool accumulate, WorkerTeam team)
    {
        Debug.Assert(x.Length == dx.Length && y.Length == dy.Length);
        fixed (float* px = x, py = y)
        {
            Gradient<MaxPooling>(g, px, py, dy, dx, false, accumulate, team);
        }
    }

    /// <summary>dX of an average, from dY (already masked by the fused activation).</summary>
    /// <param name="g">Sizes.</param>
    /// <param name="dy">[N, OH, OW, C].</param>
    /// <param name="countIncludePad">As in the forward pass.</param>
    /// <param name="dx">[N, IH, IW, C].</param>
    /// <param name="accumulate">Adds to dx instead of overwriting it.</param>
    /// <param name="team">The threads.</param>
    internal static void AverageGradient(
        in ConvGeometry g, ReadOnlySpan<float> dy, bool countIncludePad, Span<float> dx, bool accumulate, WorkerTeam team) =>
        Gradient<AveragePooling>(g, null, null, dy, dx, countIncludePad, accumulate, team);

    private static void Forward<TPooling>(
        in ConvGeometry g, ReadOnlySpan<float> x, bool countIncludePad, Activation activation, Span<float> y, WorkerTeam team)
        where TPooling : unmanaged, IPooling
    {
        AssertShapes(g, x.Length, y.Length);
        (float low, float high) = ActivationKernels.Bounds(activation);
        fixed (float* px = x, py = y)
        {
            int lines = checked(g.Batch * g.OutputHeight);
            PoolForward<TPooling> job = new()
            {
                Geometry = g, X = px, Y = py, CountIncludePad = countIncludePad, Low = low, High = high,
                Blocks = ChannelBlocks(lines, g.InputChannels, out int block), BlockChannels = block,
            };
            WidthJob.Run(team, checked(lines * job.Blocks), Work(g), job);
        }
    }

    private static void Gradient<TPooling>(
        in ConvGeometry g, float* x, float* y, ReadOnlySpan<float> dy, Span<float> dx, bool countIncludePad, bool accumulate, WorkerTeam team)
        where TPooling : unmanaged, IPooling
    {
        AssertShapes(g, dx.Length, dy.Length);
        fixed (float* pdy = dy, pdx = dx)
        {
            PoolGradient<TPooling> job = new()
            {
                Geometry = g, X = x, Y = y, Gradient = pdy, InputGradient = pdx, CountIncludePad = countIncludePad, Accumulate = accumulate,
                Blocks = ChannelBlocks(g.Batch, g.InputChannels, out int block), BlockChannels = block,
            };
            WidthJob.Run(team, checked(g.Batch * job.Blocks), Work(g), job);
        }
    }

    /// <summary>Divides channels too when rows or images alone would leave threads idle. No result depends on it.</summary>
    private static int ChannelBlocks(int parts, int channels, out int block)
    {
        block = parts >= 8 ? Math.Max(channels, 1) : 64;
        return (channels + block - 1) / block;
    }

    private static long Work(in ConvGeometry g) =>
        (long)g.Batch * g.OutputHeight * g.OutputWidth * g.OutputChannels * g.KernelHeight * g.KernelWidth;

    [Conditional("DEBUG")]
    private static void AssertShapes(in ConvGeometry g, int x, int y)
    {
        Debug.Assert(g.InputChannels == g.OutputChannels);
        Debug.Assert(x == (long)g.Batch * g.InputHeight * g.InputWidth * g.InputChannels);
        Debug.Assert(y == (long)g.Batch * g.OutputHeight * g.OutputWidth * g.OutputChannels);
    }
}
