using System.Diagnostics;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Depthwise float32 convolution and its gradients: output channel ic·multiplier + m sees input channel ic alone. Layout NHWC.</summary>
/// <remarks>
/// Weights are [KH, KW, C·multiplier], so vectors run over channels and every sum belongs to one lane: the bits depend neither on the vector's
/// width (but for fused multiply-add) nor on threads. Groups of the geometry is ignored; the multiplier is OutputChannels / InputChannels.
/// </remarks>
internal static unsafe class FloatDepthwise
{
    /// <summary>y = clamp(convolution of x + bias).</summary>
    /// <param name="g">Sizes.</param>
    /// <param name="x">[N, IH, IW, IC].</param>
    /// <param name="weights">[KH, KW, OC].</param>
    /// <param name="bias">[OC], or empty.</param>
    /// <param name="activation">The clamp.</param>
    /// <param name="y">[N, OH, OW, OC].</param>
    /// <param name="team">The threads.</param>
    internal static void Forward(
        in ConvGeometry g, ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, Activation activation, Span<float> y, WorkerTeam team)
    {
        AssertShapes(g, x.Length, weights.Length, bias.Length, y.Length);
        (float low, float high) = ActivationKernels.Bounds(activation);
        fixed (float* px = x, pw = weights, pb = bias, py = y)
        {
            DepthwiseForward job = new() { Geometry = g, X = px, Weights = pw, Bias = pb, Y = py, Low = low, High = high };
            WidthJob.Run(team, checked(g.Batch * g.OutputHeight), (long)y.Length * g.KernelHeight * g.KernelWidth, job);
        }
    }

    /// <summary>dX, from dY (already masked by the fused activation) and the weights.</summary>
    /// <param name="g">Sizes.</param>
    /// <param name="dy">[N, OH, OW, OC].</param>
    /// <param name="weights">[KH, KW, OC].</param>
    /// <param name="dx">[N, IH, IW, IC].</param>
    /// <param name="accumulate">Adds to dx instead of overwriting it.</param>
    /// <param name="team">The threads.</param>
    internal static void InputGradient(
        in ConvGeometry g, ReadOnlySpan<float> dy, ReadOnlySpan<float> weights, Span<float> dx, bool accumulate, WorkerTeam team)
    {
        AssertShapes(g, dx.Length, weights.Length, 0, dy.Length);
        fixed (float* pdy = dy, pw = weights, pdx = dx)
        {
            DepthwiseInputGradient job = new() { Geometry = g, Gradient = pdy, Weights = pw, InputGradient = pdx, Accumulate = accumulate };
            WidthJob.Run(team, checked(g.Batch * g.InputHeight), (long)dy.Length * g.KernelHeight * g.KernelWidth, job);
        }
    }

    /// <summary>dW, from x and dY (already masked).</summary>
    /// <param name="g">Sizes.</param>
    /// <param name="x">[N, IH, IW, IC].</param>
    /// <param name="dy">[N, OH, OW, OC].</param>
    /// <param name="dw">[KH, KW, OC].</param>
    /// <param name="accumulate">Adds to dw instead of overwriting it.</param>
    /// <param name="team">The threads.</param>
    internal static void WeightGradient(
        in ConvGeometry g, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dw, bool accumulate, WorkerTeam team)
    {
        AssertShapes(g, x.Length, dw.Length, 0, dy.Length);
        fixed (float* px = x, pdy = dy, pdw = dw)
        {
            int blocks = (g.InputChannels + DepthwiseWeightGradient.BlockChannels - 1) / DepthwiseWeightGradient.BlockChannels;
            DepthwiseWeightGradient job = new() { Geometry = g, X = px, Gradient = pdy, WeightGradient = pdw, Accumulate = accumulate, Blocks = blocks };
            int taps = g.KernelHeight * g.KernelWidth;
            WidthJob.Run(team, checked(taps * blocks), (long)dy.Length * taps, job);
        }
    }

    /// <summary>dB[OC] = Σ dY over all positions; dY already masked.</summary>
    internal static void BiasGradient(in ConvGeometry g, ReadOnlySpan<float> dy, Span<float> db, bool accumulate, WorkerTeam team) =>
        ColumnSums.Run(checked(g.Batch * g.OutputHeight * g.OutputWidth), g.OutputChannels, dy, db, accumulate, team);

    [Conditional("DEBUG")]
    private static void AssertShapes(in ConvGeometry g, int x, int weights, int bias, int y)
    {
        Debug.Assert(x == (long)g.Batch * g.InputHeight * g.InputWidth * g.InputChannels);
        Debug.Assert(y == (long)g.Batch * g.OutputHeight * g.OutputWidth * g.OutputChannels);
        Debug.Assert(weights == (long)g.KernelHeight * g.KernelWidth * g.OutputChannels);
        Debug.Assert(bias == 0 || bias == g.OutputChannels);
        Debug.Assert(g.InputChannels > 0 && g.OutputChannels % g.InputChannels == 0);
    }
}
