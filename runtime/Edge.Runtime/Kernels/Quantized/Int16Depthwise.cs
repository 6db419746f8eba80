using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Depthwise convolution of int16 data with int8 weights: output channel o = c · multiplier + m reads input channel c.</summary>
/// <remarks>Source: see <see cref="Int16Layer"/>. A product is at most 2^22 in magnitude, so an int32 holds the sum over 511 taps; larger windows are summed in int64.</remarks>
internal static unsafe class Int16Depthwise
{
    private const long SerialWork = 1 << 16;

    /// <summary>Taps whose products an int32 holds.</summary>
    private const int MostTaps = 511;

    /// <summary>Runs a layer.</summary>
    /// <param name="geometry">Sizes; OutputChannels is a multiple of InputChannels. Groups is not read.</param>
    /// <param name="weights">[kernel height, kernel width, output channels].</param>
    /// <param name="prepared">What <see cref="Int16Layer.Prepare"/> wrote.</param>
    /// <param name="range">Clamp of the output.</param>
    /// <param name="narrow">Whether sums are int32.</param>
    /// <param name="input">NHWC.</param>
    /// <param name="output">Receives NHWC; must not overlap <paramref name="input"/>.</param>
    /// <param name="team">Threads that share the work, an output row each.</param>
    public static void Run(
        in ConvGeometry geometry, ReadOnlySpan<sbyte> weights, ReadOnlySpan<byte> prepared, in Int16Range range, bool narrow, ReadOnlySpan<short> input, Span<short> output,
        WorkerTeam team)
    {
        fixed (sbyte* weightPointer = weights)
        fixed (byte* preparedPointer = prepared)
        fixed (short* inputPointer = input)
        fixed (short* outputPointer = output)
        {
            int rows = geometry.Batch * geometry.OutputHeight;
            Job job = new(geometry, weightPointer, new Int16Layer(preparedPointer, geometry.OutputChannels, range, narrow), inputPointer, outputPointer);
            long work = (long)weights.Length * rows * geometry.OutputWidth;
            (work < SerialWork ? WorkerTeam.Single : team).Run(rows, job);
        }
    }

    private readonly struct Job(ConvGeometry geometry, sbyte* weights, Int16Layer layer, short* input, short* output) : IParallelJob
    {
        public void Execute(int part)
        {
            (int image, int y) = Math.DivRem(part, geometry.OutputHeight);
            int top = (y * geometry.StrideHeight) - geometry.PadTop;
            (int firstY, int endY) = WindowRange.Of(top, geometry.DilationHeight, geometry.KernelHeight, geometry.InputHeight);
            short* target = output + ((nint)part * geometry.OutputWidth * geometry.OutputChannels);
            int multiplier = geometry.OutputChannels / geometry.InputChannels;
            bool vectors = multiplier == 1 && Vector128.IsHardwareAccelerated && (long)geometry.KernelHeight * geometry.KernelWidth <= MostTaps;
            for (int x = 0; x < geometry.OutputWidth; x++, target += geometry.OutputChannels)
            {
                int left = (x * geometry.StrideWidth) - geometry.PadLeft;
                (int firstX, int endX) = WindowRange.Of(left, geometry.DilationWidth, geometry.KernelWidth, geometry.InputWidth);
                nint inputY = ((nint)image * geometry.InputHeight) + top + (firstY * geometry.DilationHeight);
                Taps taps = new()
                {
                    Rows = endY - firstY,
                    Columns = endX - firstX,
                    Input = input + (((inputY * geometry.InputWidth) + left + (firstX * geometry.DilationWidth)) * geometry.InputChannels),
                    InputRowStep = (nint)geometry.DilationHeight * geometry.InputWidth * geometry.InputChannels,
                    InputColumnStep = (nint)geometry.DilationWidth * geometry.InputChannels,
                    Weights = weights + ((((nint)firstY * geometry.KernelWidth) + firstX) * geometry.OutputChannels),
                    WeightRowStep = (nint)geometry.KernelWidth * geometry.OutputChannels,
                    WeightColumnStep = geometry.OutputChannels,
                };
                int channel = 0;
                if (vectors)
                {
                    for (; channel <= geometry.OutputChannels - 8; channel += 8)
                    {
                        Sum8(taps, channel, target);
                    }
                }

                for (; channel < geometry.OutputChannels; channel++)
                {
                    target[channel] = layer.Finish(channel, Sum(taps, channel / multiplier, channel));
                }
            }
        }

        private void Sum8(in Taps taps, int channel, short* target)
        {
            Vector128<int> lower = Vector128<int>.Zero, upper = Vector128<int>.Zero;
            for (int row = 0; row < taps.Rows; row++)
            {
                short* x = taps.Input + (row * taps.InputRowStep) + channel;
                sbyte* w = taps.Weights + (row * taps.WeightRowStep) + channel;
                for (int column = 0; column < taps.Columns; column++)
                {
                    (Vector128<int> xl, Vector128<int> xh) = Vector128.Widen(Vector128.Load(x));
                    (Vector128<int> wl, Vector128<int> wh) = Vector128.Widen(Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<long>(w)).AsSByte()));
                    lower += xl * wl;
                    upper += xh * wh;
                    x += taps.InputColumnStep;
                    w += taps.WeightColumnStep;
                }
            }

            for (int i = 0; i < 4; i++)
            {
                target[channel + i] = layer.Finish(channel + i, lower[i]);
                target[channel + 4 + i] = layer.Finish(channel + 4 + i, upper[i]);
            }
        }

        /// <summary>The specification: the sum of one output channel over the taps that lie inside the image.</summary>
        private static long Sum(in Taps taps, int inputChannel, int outputChannel)
        {
            long sum = 0;
            for (int row = 0; row < taps.Rows; row++)
            {
                short* x = taps.Input + (row * taps.InputRowStep) + inputChannel;
                sbyte* w = taps.Weights + (row * taps.WeightRowStep) + outputChannel;
                for (int column = 0; column < taps.Columns; column++)
                {
                    sum += *x * *w;
                    x += taps.InputColumnStep;
                    w += taps.WeightColumnStep;
                }
            }

            return sum;
        }
    }

    /// <summary>The taps of one window that lie inside the image.</summary>
    private ref struct Taps
    {
        public int Rows;
        public int Columns;
        public short* Input;
        public nint InputRowStep;
        public nint InputColumnStep;
        public sbyte* Weights;
        public nint WeightRowStep;
        public nint WeightColumnStep;
    }
}
