using System.Numerics.Tensors;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Int16 max and average pooling. Padding never takes part; an average is rounded half away from zero.</summary>
/// <remarks>Source: TensorFlow Lite kernels/internal/reference/integer_ops/pooling.h. Input and output share the scale.</remarks>
internal static unsafe class Int16Pool
{
    private const long SerialWork = 1 << 16;

    /// <summary>The largest value, or the average, of each window.</summary>
    /// <param name="geometry">Sizes; input and output have the same channels. Every window must meet the image.</param>
    /// <param name="average">Whether it is the average.</param>
    /// <param name="range">Clamp of the output.</param>
    /// <param name="input">NHWC.</param>
    /// <param name="output">Receives NHWC; must not overlap <paramref name="input"/>.</param>
    /// <param name="team">Threads that share the work, an output row each.</param>
    public static void Run(in ConvGeometry geometry, bool average, in Int16Range range, ReadOnlySpan<short> input, Span<short> output, WorkerTeam team)
    {
        fixed (short* inputPointer = input)
        fixed (short* outputPointer = output)
        {
            int rows = geometry.Batch * geometry.OutputHeight;
            long work = (long)output.Length * geometry.KernelHeight * geometry.KernelWidth;
            (work < SerialWork ? WorkerTeam.Single : team).Run(rows, new Job(geometry, average, range, inputPointer, outputPointer));
        }
    }

    private readonly struct Job(ConvGeometry geometry, bool average, Int16Range range, short* input, short* output) : IParallelJob
    {
        private const int Block = 64;

        public void Execute(int part)
        {
            (int image, int y) = Math.DivRem(part, geometry.OutputHeight);
            int channels = geometry.InputChannels;
            int top = (y * geometry.StrideHeight) - geometry.PadTop;
            (int firstY, int endY) = WindowRange.Of(top, geometry.DilationHeight, geometry.KernelHeight, geometry.InputHeight);
            long* sums = stackalloc long[Block];
            for (int x = 0; x < geometry.OutputWidth; x++)
            {
                int left = (x * geometry.StrideWidth) - geometry.PadLeft;
                (int firstX, int endX) = WindowRange.Of(left, geometry.DilationWidth, geometry.KernelWidth, geometry.InputWidth);
                short* target = output + ((((nint)part * geometry.OutputWidth) + x) * channels);
                long count = (long)(endY - firstY) * (endX - firstX);
                for (int from = 0; from < channels; from += Block)
                {
                    int length = Math.Min(Block, channels - from);
                    Span<short> result = new(target + from, length);
                    Span<long> total = new(sums, length);
                    result.Fill(short.MinValue);
                    total.Clear();
                    for (int ky = firstY; ky < endY; ky++)
                    {
                        nint row = (((nint)image * geometry.InputHeight) + top + (ky * geometry.DilationHeight)) * geometry.InputWidth;
                        for (int kx = firstX; kx < endX; kx++)
                        {
                            ReadOnlySpan<short> values = new(input + ((row + left + (kx * geometry.DilationWidth)) * channels) + from, length);
                            if (!average)
                            {
                                TensorPrimitives.Max(result, values, result);
                                continue;
                            }

                            for (int i = 0; i < values.Length; i++)
                            {
                                total[i] += values[i];
                            }
                        }
                    }

                    for (int i = 0; i < length; i++)
                    {
                        result[i] = range.Clamp(average ? (int)((total[i] > 0 ? total[i] + (count / 2) : total[i] - (count / 2)) / count) : result[i]);
                    }
                }
            }
        }
    }
}
