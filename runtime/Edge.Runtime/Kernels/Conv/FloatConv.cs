using System.Diagnostics;
using System.Runtime.CompilerServices;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Two-dimensional float32 convolution and its gradients. Layout NHWC, weights OHWI.</summary>
/// <remarks>
/// All three products are matrix products whose patch matrix is gathered block by block on the stack: no im2col buffer, no scratch, no heap.
/// <list type="bullet">
/// <item>forward: Y[positions, OC] = patches(X) · Wᵀ;</item>
/// <item>weights: dW[OC, taps·IC] = dYᵀ · patches(X);</item>
/// <item>input: dX[positions, IC] = patches(dY) · W, one product for each phase of the stride, so nothing is scattered and no two
/// threads meet.</item>
/// </list>
/// The same bits for any number of threads.
/// </remarks>
internal static unsafe class FloatConv
{
    /// <summary>Partial weight gradients that the caller's stack holds, in floats (12 KB): what a product's own buffers leave of a kernel's share.</summary>
    private const int PartialFloats = 3072;

    private const int MaxChunks = 8;

    /// <summary>Output positions below which the sum of a weight gradient is not divided.</summary>
    private const int ChunkPositions = 2048;

    /// <summary>y = clamp(convolution of x + bias).</summary>
    /// <param name="g">Sizes.</param>
    /// <param name="x">[N, IH, IW, IC].</param>
    /// <param name="weights">[OC, KH, KW, IC / groups].</param>
    /// <param name="bias">[OC], or empty.</param>
    /// <param name="activation">The clamp.</param>
    /// <param name="y">[N, OH, OW, OC].</param>
    /// <param name="team">The threads.</param>
    internal static void Forward(
        in ConvGeometry g, ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, Activation activation, Span<float> y, WorkerTeam team)
    {
        AssertShapes(g, x.Length, weights.Length, bias.Length, y.Length);
        int depth = Depth(g), outputs = g.OutputChannels / g.Groups;
        if (Pointwise(g) && g.Groups == 1)
        {
            Gemm.Multiply(Positions(g), outputs, depth, x, depth, 1, weights, 1, depth, y, outputs, false, bias, activation, team);
            return;
        }

        fixed (float* px = x, pw = weights, pb = bias, py = y)
        {
            for (int group = 0; group < g.Groups; group++)
            {
                StridedRight right = new(pw + ((nint)group * outputs * depth), 1, depth);
                Forward(g, group, px, right, pb, activation, py, team);
            }
        }
    }

    /// <summary>Floats that <see cref="PackWeights"/> writes. The same on every machine.</summary>
    internal static int PackedFloats(in ConvGeometry g) => checked(g.Groups * Gemm.PackedFloats(g.OutputChannels / g.Groups, Depth(g)));

    /// <summary>Packs weights once, for <see cref="ForwardPacked"/>.</summary>
    internal static void PackWeights(in ConvGeometry g, ReadOnlySpan<float> weights, Span<float> packed)
    {
        Debug.Assert(packed.Length >= PackedFloats(g));
        int depth = Depth(g), outputs = g.OutputChannels / g.Groups, size = Gemm.PackedFloats(outputs, depth);
        for (int group = 0; group < g.Groups; group++)
        {
            Gemm.PackRight(outputs, depth, weights.Slice(group * outputs * depth, outputs * depth), 1, depth, packed.Slice(group * size, size));
        }
    }

    /// <summary><see cref="Forward(in ConvGeometry, ReadOnlySpan{float}, ReadOnlySpan{float}, ReadOnlySpan{float}, Activation, Span{float}, WorkerTeam)"/>
    /// with weights packed by <see cref="PackWeights"/>.</summary>
    internal static void ForwardPacked(
        in ConvGeometry g, ReadOnlySpan<float> x, ReadOnlySpan<float> packed, ReadOnlySpan<float> bias, Activation activation, Span<float> y, WorkerTeam team)
    {
        Debug.Assert(packed.Length >= PackedFloats(g));
        AssertShapes(g, x.Length, g.OutputChannels * Depth(g), bias.Length, y.Length);
        int depth = Depth(g), size = Gemm.PackedFloats(g.OutputChannels / g.Groups, depth);
        fixed (float* px = x, pw = packed, pb = bias, py = y)
        {
            for (int group = 0; group < g.Groups; group++)
            {
                Forward(g, group, px, new PackedRight(pw + ((nint)group * size), depth), pb, activation, py, team);
            }
        }
    }

    /// <summary>dX, from dY (already masked by the fused activation) and the weights.</summary>
    /// <param name="g">Sizes.</param>
    /// <param name="dy">[N, OH, OW, OC].</param>
    /// <param name="weights">[OC, KH, KW, IC / groups].</param>
    /// <param name="dx">[N, IH, IW, IC].</param>
    /// <param name="accumulate">Adds to dx; otherwise every element of dx is overwritten.</param>
    /// <param name="team">The threads.</param>
    internal static void InputGradient(
        in ConvGeometry g, ReadOnlySpan<float> dy, ReadOnlySpan<float> weights, Span<float> dx, bool accumulate, WorkerTeam team)
    {
        AssertShapes(g, dx.Length, weights.Length, 0, dy.Length);
        int channels = g.InputChannels / g.Groups, outputs = g.OutputChannels / g.Groups;
        if (Pointwise(g) && g.Groups == 1)
        {
            Gemm.Multiply(Positions(g), channels, outputs, dy, outputs, 1, weights, channels, 1, dx, channels, accumulate, default, Activation.None, team);
            return;
        }

        fixed (float* pdy = dy, pw = weights, pdx = dx)
        {
            for (int group = 0; group < g.Groups; group++)
            {
                for (int phaseY = 0; phaseY < Math.Min(g.StrideHeight, g.InputHeight); phaseY++)
                {
                    for (int phaseX = 0; phaseX < Math.Min(g.StrideWidth, g.InputWidth); phaseX++)
                    {
                        InputGradientPhase(g, group, phaseY, phaseX, pdy, pw, pdx, accumulate, team);
                    }
                }
            }
        }
    }

    /// <summary>dW, from x and dY (already masked).</summary>
    /// <param name="g">Sizes.</param>
    /// <param name="x">[N, IH, IW, IC].</param>
    /// <param name="dy">[N, OH, OW, OC].</param>
    /// <param name="dw">[OC, KH, KW, IC / groups].</param>
    /// <param name="accumulate">Adds to dw instead of overwriting it.</param>
    /// <param name="team">The threads.</param>
    internal static void WeightGradient(
        in ConvGeometry g, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dw, bool accumulate, WorkerTeam team)
    {
        AssertShapes(g, x.Length, dw.Length, 0, dy.Length);
        int depth = Depth(g), outputs = g.OutputChannels / g.Groups, positions = Positions(g);
        fixed (float* px = x, pdy = dy, pdw = dw)
        {
            for (int group = 0; group < g.Groups; group++)
            {
                WeightGradientJob job = new()
                {
                    Grid = PatchGrid.Forward(g, px, group),
                    Gradient = pdy + ((nint)group * outputs),
                    GradientStride = g.OutputChannels,
                    Outputs = outputs,
                    Depth = depth,
                    Positions = positions,
                    Pointwise = Pointwise(g),
                };
                float* destination = pdw + ((nint)group * outputs * depth);

                // The number of chunks follows from the shapes alone, or the bits would depend on the team.
                long size = (long)outputs * depth;
                int chunks = (int)Math.Clamp(Math.Min(positions / ChunkPositions, PartialFloats / size), 1, MaxChunks);
                if (chunks == 1)
                {
                    job.Product(0, positions, destination, accumulate, team);
                }
                else
                {
                    WeightGradientChunks(job, chunks, destination, accumulate, team);
                }
            }
        }
    }

    /// <summary>dB[OC] = Σ dY over all positions; dY already masked.</summary>
    internal static void BiasGradient(in ConvGeometry g, ReadOnlySpan<float> dy, Span<float> db, bool accumulate, WorkerTeam team) =>
        ColumnSums.Run(Positions(g), g.OutputChannels, dy, db, accumulate, team);

    private static void Forward<TRight>(
        in ConvGeometry g, int group, float* x, in TRight right, float* bias, Activation activation, float* y, WorkerTeam team)
        where TRight : unmanaged, IRightOperand
    {
        int depth = Depth(g), outputs = g.OutputChannels / g.Groups, positions = Positions(g);
        StridedTarget target = new(y + ((nint)group * outputs), g.OutputChannels);
        TileEnd end = Gemm.End(bias == null ? null : bias + ((nint)group * outputs), false, activation);
        if (Pointwise(g))
        {
            StridedLeft left = new(x + ((nint)group * depth), g.InputChannels, 1);
            GemmDriver<StridedLeft, TRight, StridedTarget>.Run(positions, outputs, depth, left, right, target, end, team);
        }
        else
        {
            PatchLeft left = new(PatchGrid.Forward(g, x, group));
            GemmDriver<PatchLeft, TRight, StridedTarget>.Run(positions, outputs, depth, left, right, target, end, team);
        }
    }

    private static void InputGradientPhase(
        in ConvGeometry g, int group, int phaseY, int phaseX, float* dy, float* weights, float* dx, bool accumulate, WorkerTeam team)
    {
        int channels = g.InputChannels / g.Groups, outputs = g.OutputChannels / g.Groups;
        int height = (g.InputHeight - phaseY + g.StrideHeight - 1) / g.StrideHeight, width = (g.InputWidth - phaseX + g.StrideWidth - 1) / g.StrideWidth;
        GradientTaps rows = GradientTaps.Of(phaseY, g.KernelHeight, g.StrideHeight, g.DilationHeight, g.PadTop);
        GradientTaps columns = GradientTaps.Of(phaseX, g.KernelWidth, g.StrideWidth, g.DilationWidth, g.PadLeft);
        int depth = rows.Count * columns.Count * outputs;
        if (depth == 0 && accumulate)
        {
            return;
        }

        PatchLeft left = new(new PatchGrid
        {
            Data = dy + ((nint)group * outputs),
            Height = g.OutputHeight,
            Width = g.OutputWidth,
            PixelStride = g.OutputChannels,
            Channels = outputs,
            TapsWidth = Math.Max(1, columns.Count),
            DilationHeight = rows.Spacing,
            DilationWidth = columns.Spacing,
            GridHeight = height,
            GridWidth = width,
            StrideHeight = 1,
            StrideWidth = 1,
            OriginY = rows.Shift,
            OriginX = columns.Shift,
        });
        TapRight right = new()
        {
            Weights = weights + ((nint)group * outputs * Depth(g)),
            Channels = channels,
            OutputChannels = outputs,
            KernelHeight = g.KernelHeight,
            KernelWidth = g.KernelWidth,
            Rows = rows,
            Columns = columns,
        };
        TileEnd end = Gemm.End(null, accumulate, Activation.None);
        float* first = dx + ((((nint)phaseY * g.InputWidth) + phaseX) * g.InputChannels) + ((nint)group * channels);
        int positions = checked(g.Batch * height * width);
        if (g.StrideHeight == 1 && g.StrideWidth == 1)
        {
            GemmDriver<PatchLeft, TapRight, StridedTarget>.Run(positions, channels, depth, left, right, new(first, g.InputChannels), end, team);
            return;
        }

        PhaseTarget target = new()
        {
            Data = first,
            GridHeight = height,
            GridWidth = width,
            ColumnStride = (nint)g.StrideWidth * g.InputChannels,
            LineStride = (nint)g.StrideHeight * g.InputWidth * g.InputChannels,
            ImageStride = (nint)g.InputHeight * g.InputWidth * g.InputChannels,
        };
        GemmDriver<PatchLeft, TapRight, PhaseTarget>.Run(positions, channels, depth, left, right, target, end, team);
    }

    [SkipLocalsInit]
    private static void WeightGradientChunks(WeightGradientJob job, int chunks, float* destination, bool accumulate, WorkerTeam team)
    {
        float* partials = stackalloc float[PartialFloats];
        int size = job.Outputs * job.Depth;
        job.Partials = partials;
        job.ChunkLength = (job.Positions + chunks - 1) / chunks;
        team.Run(chunks, job);
        for (int i = 0; i < size; i++)
        {
            float sum = partials[i];
            for (int chunk = 1; chunk < chunks; chunk++)
            {
                sum += partials[(chunk * size) + i];
            }

            destination[i] = accumulate ? destination[i] + sum : sum;
        }
    }

    private static int Depth(in ConvGeometry g) => checked(g.KernelHeight * g.KernelWidth * (g.InputChannels / g.Groups));

    private static int Positions(in ConvGeometry g) => checked(g.Batch * g.OutputHeight * g.OutputWidth);

    /// <summary>A window of one pixel at every pixel: the patch matrix is the input itself.</summary>
    private static bool Pointwise(in ConvGeometry g) =>
        g is { KernelHeight: 1, KernelWidth: 1, StrideHeight: 1, StrideWidth: 1, PadTop: 0, PadLeft: 0 }
        && g.OutputHeight == g.InputHeight && g.OutputWidth == g.InputWidth;

    [Conditional("DEBUG")]
    private static void AssertShapes(in ConvGeometry g, int x, int weights, int bias, int y)
    {
        Debug.Assert(x == (long)g.Batch * g.InputHeight * g.InputWidth * g.InputChannels);
        Debug.Assert(y == (long)g.Batch * g.OutputHeight * g.OutputWidth * g.OutputChannels);
        Debug.Assert(weights == (long)g.OutputChannels * Depth(g));
        Debug.Assert(bias == 0 || bias == g.OutputChannels);
        Debug.Assert(g.InputChannels % g.Groups == 0 && g.OutputChannels % g.Groups == 0);
    }

    /// <summary>The weight gradient of one group; as a job, over chunks of positions.</summary>
    private struct WeightGradientJob : IParallelJob
    {
        internal PatchGrid Grid;
        internal float* Gradient;
        internal int GradientStride;
        internal int Outputs;
        internal int Depth;
        internal int Positions;
        internal bool Pointwise;
        internal float* Partials;
        internal int ChunkLength;

        public readonly void Execute(int part)
        {
            int start = part * ChunkLength;
            Product(start, Math.Clamp(Positions - start, 0, ChunkLength), Partials + ((nint)part * Outputs * Depth), false, WorkerTeam.Single);
        }

        internal readonly void Product(int start, int count, float* destination, bool accumulate, WorkerTeam team)
        {
            StridedLeft left = new(Gradient + ((nint)start * GradientStride), 1, GradientStride);
            StridedTarget target = new(destination, Depth);
            TileEnd end = Gemm.End(null, accumulate, Activation.None);
            if (Pointwise)
            {
                StridedRight right = new(Grid.Data + ((nint)start * Grid.PixelStride), Grid.PixelStride, 1);
                GemmDriver<StridedLeft, StridedRight, StridedTarget>.Run(Outputs, Depth, count, left, right, target, end, team);
            }
            else
            {
                GemmDriver<StridedLeft, PatchRight, StridedTarget>.Run(Outputs, Depth, count, left, new(Grid, start), target, end, team);
            }
        }
    }
}
