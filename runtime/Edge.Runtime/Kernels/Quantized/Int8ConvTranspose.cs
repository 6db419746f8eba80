using System.Numerics;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Int8 transposed convolution: each output pixel gathers the input pixels whose window covers it.</summary>
/// <remarks>
/// Source: TensorFlow Lite kernels/internal/reference/integer_ops/transpose_conv.h, which scatters into int32 sums; sums of integers do not depend on the order.
/// The geometry is that of the convolution from output to input.
/// </remarks>
internal static unsafe class Int8ConvTranspose
{
    /// <summary>Work of a row below which the threads are left alone.</summary>
    private const long SerialWork = 1 << 16;

    /// <summary>Runs.</summary>
    /// <param name="geometry">The convolution from output to input: its input is what this makes.</param>
    /// <param name="weights">[O, KH, KW, C / groups].</param>
    /// <param name="weightZeroPoint">Stored value of a weight 0.</param>
    /// <param name="prepared">Bias, multiplier and shift of each output channel, one list after the other.</param>
    /// <param name="inputZeroPoint">Stored value of an input 0.</param>
    /// <param name="range">Where results lie.</param>
    /// <param name="input">NHWC.</param>
    /// <param name="output">Receives NHWC.</param>
    /// <param name="team">Threads that share the work, an output row each.</param>
    internal static void Run(
        in ConvGeometry geometry,
        ReadOnlySpan<sbyte> weights,
        int weightZeroPoint,
        ReadOnlySpan<int> prepared,
        int inputZeroPoint,
        in Int8Range range,
        ReadOnlySpan<sbyte> input,
        Span<sbyte> output,
        WorkerTeam team)
    {
        fixed (sbyte* w = weights, x = input, y = output)
        fixed (int* layer = prepared)
        {
            Job job = new()
            {
                Geometry = geometry, Weights = w, WeightZeroPoint = weightZeroPoint, Layer = layer, InputZeroPoint = inputZeroPoint, Range = range, X = x, Y = y,
            };
            long work = (long)input.Length * geometry.KernelHeight * geometry.KernelWidth * geometry.InputChannels / geometry.Groups;
            (work < SerialWork ? WorkerTeam.Single : team).Run(geometry.Batch * geometry.InputHeight, job);
        }
    }

    private struct Job : IParallelJob
    {
        public ConvGeometry Geometry;
        public sbyte* Weights;
        public int WeightZeroPoint;
        public int* Layer;
        public int InputZeroPoint;
        public Int8Range Range;
        public sbyte* X;
        public sbyte* Y;

        public readonly void Execute(int part)
        {
            ConvGeometry g = Geometry;
            (int image, int line) = Math.DivRem(part, g.InputHeight);
            int outputs = g.InputChannels / g.Groups, depth = g.OutputChannels / g.Groups;
            sbyte* y = Y + ((nint)part * g.InputWidth * g.InputChannels);
            for (int column = 0; column < g.InputWidth; column++)
            {
                for (int channel = 0; channel < g.InputChannels; channel++)
                {
                    sbyte* kernel = Weights + ((nint)channel * g.KernelHeight * g.KernelWidth * depth);
                    int sum = 0;
                    for (int p = 0; p < g.KernelHeight; p++)
                    {
                        if (Source(line + g.PadTop - (p * g.DilationHeight), g.StrideHeight, g.OutputHeight) is not (>= 0 and int row))
                        {
                            continue;
                        }

                        for (int q = 0; q < g.KernelWidth; q++)
                        {
                            if (Source(column + g.PadLeft - (q * g.DilationWidth), g.StrideWidth, g.OutputWidth) is >= 0 and int at)
                            {
                                nint pixel = ((((nint)image * g.OutputHeight) + row) * g.OutputWidth) + at;
                                sum += Dot(X + (pixel * g.OutputChannels) + ((nint)(channel / outputs) * depth), kernel + ((((nint)p * g.KernelWidth) + q) * depth), depth);
                            }
                        }
                    }

                    *y++ = Requantizer.Value(sum + Layer[channel], Layer[g.InputChannels + channel], Layer[(2 * g.InputChannels) + channel], Range);
                }
            }
        }

        /// <summary>The input position whose window starts this far before, or −1.</summary>
        private static int Source(int distance, int stride, int size)
        {
            (int at, int rest) = Math.DivRem(distance, stride);
            return distance >= 0 && rest == 0 && at < size ? at : -1;
        }

        /// <summary>Σ (x − zero point) · (w − zero point).</summary>
        private readonly int Dot(sbyte* x, sbyte* w, int count)
        {
            int i = 0, sum = 0;
            if (WeightZeroPoint == 0)
            {
                // |x − zero point| ≤ 255 and |w| ≤ 128: a product fits 16 bits.
                Vector<short> zero = new((short)InputZeroPoint);
                Vector<int> sums = default;
                for (; i <= count - Vector<sbyte>.Count; i += Vector<sbyte>.Count)
                {
                    Vector.Widen(Vector.Load(x + i), out Vector<short> x0, out Vector<short> x1);
                    Vector.Widen(Vector.Load(w + i), out Vector<short> w0, out Vector<short> w1);
                    Vector.Widen((x0 - zero) * w0, out Vector<int> s0, out Vector<int> s1);
                    Vector.Widen((x1 - zero) * w1, out Vector<int> s2, out Vector<int> s3);
                    sums += s0 + s1 + (s2 + s3);
                }

                sum = Vector.Sum(sums);
            }

            for (; i < count; i++)
            {
                sum += (x[i] - InputZeroPoint) * (w[i] - WeightZeroPoint);
            }

            return sum;
        }
    }
}
