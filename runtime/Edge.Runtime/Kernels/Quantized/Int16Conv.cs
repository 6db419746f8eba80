using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Convolution and dense layers of int16 data with int8 weights, exact sums in int64.</summary>
/// <remarks>
/// Source: see <see cref="Int16Layer"/>. A product is at most 2^15 · 2^7 = 2^22 in magnitude, so an int32 lane holds 255 pairs of them before it is widened. The zero point is 0,
/// so padding adds nothing: the window over one position is gathered with zeros, once for all output channels.
/// </remarks>
internal static unsafe class Int16Conv
{
    /// <summary>Multiplications below which waking other threads costs more than it saves.</summary>
    private const long SerialWork = 1 << 16;

    /// <summary>Longest window that is gathered, in values of 2 bytes on the stack; of a longer one each tap is read where it lies.</summary>
    private const int LongestPatch = 1 << 13;

    /// <summary>Output channels of a part where there are few positions, as in a dense layer.</summary>
    private const int ChannelBlock = 32;

    /// <summary>Products that an int32 holds.</summary>
    private const int Products = 511;

    /// <summary>Runs a layer.</summary>
    /// <param name="geometry">Sizes; a weight row holds KernelHeight · KernelWidth · (InputChannels / Groups) values.</param>
    /// <param name="weights">OHWI.</param>
    /// <param name="prepared">What <see cref="Int16Layer.Prepare"/> wrote.</param>
    /// <param name="range">Clamp of the output.</param>
    /// <param name="narrow">Whether sums are int32.</param>
    /// <param name="input">NHWC.</param>
    /// <param name="output">Receives NHWC; must not overlap <paramref name="input"/>.</param>
    /// <param name="team">Threads that share the work.</param>
    public static void Run(
        in ConvGeometry geometry, ReadOnlySpan<sbyte> weights, ReadOnlySpan<byte> prepared, in Int16Range range, bool narrow, ReadOnlySpan<short> input, Span<short> output,
        WorkerTeam team)
    {
        Debug.Assert(input.Length >= (long)geometry.Batch * geometry.InputHeight * geometry.InputWidth * geometry.InputChannels);
        Debug.Assert(output.Length >= (long)geometry.Batch * geometry.OutputHeight * geometry.OutputWidth * geometry.OutputChannels);
        fixed (sbyte* weightPointer = weights)
        fixed (byte* preparedPointer = prepared)
        fixed (short* inputPointer = input)
        fixed (short* outputPointer = output)
        {
            int rows = geometry.Batch * geometry.OutputHeight;
            int block = rows >= 2 * team.Threads ? geometry.OutputChannels : ChannelBlock;
            int blocks = (geometry.OutputChannels + block - 1) / block;
            Job job = new(geometry, weightPointer, new Int16Layer(preparedPointer, geometry.OutputChannels, range, narrow), inputPointer, outputPointer, block, blocks);
            long work = (long)weights.Length * rows * geometry.OutputWidth;
            (work < SerialWork ? WorkerTeam.Single : team).Run(checked(rows * blocks), job);
        }
    }

    /// <summary>Σ x · w.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Dot(short* x, sbyte* w, int count)
    {
        long sum = 0;
        int i = 0;
        if (Avx2.IsSupported)
        {
            while (i <= count - 16)
            {
                Vector256<int> part = Vector256<int>.Zero;
                int end = Math.Min(count - 16, i + (254 * 16));
                for (; i <= end; i += 16)
                {
                    part += Avx2.MultiplyAddAdjacent(Vector256.Load(x + i), Avx2.ConvertToVector256Int16(w + i));
                }

                (Vector256<long> lower, Vector256<long> upper) = Vector256.Widen(part);
                sum += Vector256.Sum(lower + upper);
            }
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            while (i <= count - 8)
            {
                Vector128<int> part = Vector128<int>.Zero;
                int end = Math.Min(count - 8, i + (254 * 8));
                for (; i <= end; i += 8)
                {
                    (Vector128<int> xl, Vector128<int> xh) = Vector128.Widen(Vector128.Load(x + i));
                    (Vector128<int> wl, Vector128<int> wh) = Vector128.Widen(Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<long>(w + i)).AsSByte()));
                    part += (xl * wl) + (xh * wh);
                }

                (Vector128<long> lower, Vector128<long> upper) = Vector128.Widen(part);
                sum += Vector128.Sum(lower + upper);
            }
        }

        while (i < count)
        {
            int part = 0;
            for (int end = Math.Min(count, i + Products); i < end; i++)
            {
                part += x[i] * w[i];
            }

            sum += part;
        }

        return sum;
    }

    /// <summary>A part is an output row, of all channels or a block of them.</summary>
    private readonly struct Job(ConvGeometry geometry, sbyte* weights, Int16Layer layer, short* input, short* output, int block, int blocks) : IParallelJob
    {
        [SkipLocalsInit]
        public void Execute(int part)
        {
            (int row, int first) = Math.DivRem(part, blocks);
            first *= block;
            int end = Math.Min(first + block, geometry.OutputChannels);
            (int image, int y) = Math.DivRem(row, geometry.OutputHeight);
            int channels = geometry.InputChannels / geometry.Groups, outputs = geometry.OutputChannels / geometry.Groups;
            int depth = (int)Math.Min((long)geometry.KernelHeight * geometry.KernelWidth * channels, int.MaxValue);
            bool point = geometry.KernelHeight == 1 && geometry.KernelWidth == 1;
            short* patch = stackalloc short[depth <= LongestPatch && !point ? depth : 1];
            for (int x = 0; x < geometry.OutputWidth; x++)
            {
                int top = (y * geometry.StrideHeight) - geometry.PadTop, left = (x * geometry.StrideWidth) - geometry.PadLeft;
                short* target = output + ((((nint)row * geometry.OutputWidth) + x) * geometry.OutputChannels);
                for (int group = first / outputs; group * outputs < end; group++)
                {
                    int from = Math.Max(first, group * outputs), to = Math.Min(end, (group + 1) * outputs);
                    short* source = input + ((nint)image * geometry.InputHeight * geometry.InputWidth * geometry.InputChannels) + (group * channels);
                    if (point || depth <= LongestPatch)
                    {
                        // A window of one tap always lies inside the image: padding is smaller than the window.
                        short* values = point ? source + ((((nint)top * geometry.InputWidth) + left) * geometry.InputChannels) : patch;
                        if (!point)
                        {
                            Gather(source, top, left, channels, patch);
                        }

                        for (int channel = from; channel < to; channel++)
                        {
                            target[channel] = layer.Finish(channel, Dot(values, weights + ((nint)channel * depth), depth));
                        }
                    }
                    else
                    {
                        for (int channel = from; channel < to; channel++)
                        {
                            target[channel] = layer.Finish(channel, Sum(source, top, left, channels, weights + ((nint)channel * depth)));
                        }
                    }
                }
            }
        }

        private void Gather(short* source, int top, int left, int channels, short* patch)
        {
            for (int ky = 0; ky < geometry.KernelHeight; ky++)
            {
                int inputY = top + (ky * geometry.DilationHeight);
                for (int kx = 0; kx < geometry.KernelWidth; kx++, patch += channels)
                {
                    int inputX = left + (kx * geometry.DilationWidth);
                    Span<short> to = new(patch, channels);
                    if ((uint)inputY < (uint)geometry.InputHeight && (uint)inputX < (uint)geometry.InputWidth)
                    {
                        new ReadOnlySpan<short>(source + ((((nint)inputY * geometry.InputWidth) + inputX) * geometry.InputChannels), channels).CopyTo(to);
                    }
                    else
                    {
                        to.Clear();
                    }
                }
            }
        }

        private long Sum(short* source, int top, int left, int channels, sbyte* w)
        {
            long sum = 0;
            for (int ky = 0; ky < geometry.KernelHeight; ky++)
            {
                int inputY = top + (ky * geometry.DilationHeight);
                for (int kx = 0; kx < geometry.KernelWidth; kx++, w += channels)
                {
                    int inputX = left + (kx * geometry.DilationWidth);
                    if ((uint)inputY < (uint)geometry.InputHeight && (uint)inputX < (uint)geometry.InputWidth)
                    {
                        sum += Dot(source + ((((nint)inputY * geometry.InputWidth) + inputX) * geometry.InputChannels), w, channels);
                    }
                }
            }

            return sum;
        }
    }
}
