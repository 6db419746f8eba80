using System.Numerics.Tensors;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>One axis of a float32 tensor resampled: [outer, n, inner] → [outer, m, inner]. Each axis in turn makes a resize of any number of axes.</summary>
internal static unsafe class FloatResize
{
    /// <summary>Values of a part, about.</summary>
    private const int PartValues = 1 << 14;

    /// <summary>y[o, j, :] = Σ weight[j, t] · x[o, element[j, t], :].</summary>
    /// <param name="sizes">Outer, n, m, inner and taps.</param>
    /// <param name="elements">[m, taps].</param>
    /// <param name="weights">[m, taps].</param>
    /// <param name="x">The input.</param>
    /// <param name="y">The output.</param>
    /// <param name="team">The threads.</param>
    internal static void Forward(
        in ResizePass sizes, ReadOnlySpan<int> elements, ReadOnlySpan<float> weights, ReadOnlySpan<float> x, Span<float> y, WorkerTeam team)
    {
        int lines = sizes.Outer * sizes.Output, block = Math.Max(1, PartValues / (sizes.Inner * sizes.Taps));
        fixed (int* element = elements)
        fixed (float* weight = weights, from = x, to = y)
        {
            team.Run((lines + block - 1) / block, new ForwardJob { Sizes = sizes, Lines = lines, Block = block, Elements = element, Weights = weight, X = from, Y = to });
        }
    }

    /// <summary>dx[o, element[j, t], :] += weight[j, t] · dy[o, j, :]; dx is cleared first unless it accumulates.</summary>
    /// <param name="sizes">Outer, n, m, inner and taps.</param>
    /// <param name="elements">[m, taps].</param>
    /// <param name="weights">[m, taps].</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="dx">The input's gradient.</param>
    /// <param name="accumulate">Whether dx keeps what it holds.</param>
    /// <param name="team">The threads.</param>
    internal static void Backward(
        in ResizePass sizes, ReadOnlySpan<int> elements, ReadOnlySpan<float> weights, ReadOnlySpan<float> dy, Span<float> dx, bool accumulate, WorkerTeam team)
    {
        if (!accumulate)
        {
            dx.Clear();
        }

        fixed (int* element = elements)
        fixed (float* weight = weights, from = dy, to = dx)
        {
            team.Run(sizes.Outer, new BackwardJob { Sizes = sizes, Elements = element, Weights = weight, Gradient = from, InputGradient = to });
        }
    }

    private struct ForwardJob : IParallelJob
    {
        public ResizePass Sizes;
        public int Lines;
        public int Block;
        public int* Elements;
        public float* Weights;
        public float* X;
        public float* Y;

        public readonly void Execute(int part)
        {
            int inner = Sizes.Inner;
            for (int line = part * Block; line < Math.Min(Lines, (part + 1) * Block); line++)
            {
                (int outer, int at) = Math.DivRem(line, Sizes.Output);
                float* x = X + ((nint)outer * Sizes.Input * inner);
                float* y = Y + ((nint)line * inner);
                int* elements = Elements + ((nint)at * Sizes.Taps);
                float* weights = Weights + ((nint)at * Sizes.Taps);
                if (inner == 1)
                {
                    float sum = 0;
                    for (int tap = 0; tap < Sizes.Taps; tap++)
                    {
                        sum += weights[tap] * x[elements[tap]];
                    }

                    *y = sum;
                    continue;
                }

                Span<float> row = new(y, inner);
                TensorPrimitives.Multiply(new ReadOnlySpan<float>(x + ((nint)elements[0] * inner), inner), weights[0], row);
                for (int tap = 1; tap < Sizes.Taps; tap++)
                {
                    TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>(x + ((nint)elements[tap] * inner), inner), weights[tap], row, row);
                }
            }
        }
    }

    private struct BackwardJob : IParallelJob
    {
        public ResizePass Sizes;
        public int* Elements;
        public float* Weights;
        public float* Gradient;
        public float* InputGradient;

        public readonly void Execute(int part)
        {
            int inner = Sizes.Inner;
            float* dx = InputGradient + ((nint)part * Sizes.Input * inner);
            for (int at = 0; at < Sizes.Output; at++)
            {
                ReadOnlySpan<float> dy = new(Gradient + ((((nint)part * Sizes.Output) + at) * inner), inner);
                for (nint tap = (nint)at * Sizes.Taps; tap < (nint)(at + 1) * Sizes.Taps; tap++)
                {
                    Span<float> row = new(dx + ((nint)Elements[tap] * inner), inner);
                    TensorPrimitives.MultiplyAdd(dy, Weights[tap], row, row);
                }
            }
        }
    }
}

/// <summary>Sizes of a pass over one axis.</summary>
/// <param name="Outer">Product of the axes before it.</param>
/// <param name="Input">Its size before.</param>
/// <param name="Output">Its size after.</param>
/// <param name="Inner">Product of the axes after it.</param>
/// <param name="Taps">Elements that an output element is made of.</param>
internal readonly record struct ResizePass(int Outer, int Input, int Output, int Inner, int Taps);
