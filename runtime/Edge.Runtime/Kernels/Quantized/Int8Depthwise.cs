using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Int8 depthwise convolution: each input channel has its own filters, as many as the depth multiplier says.</summary>
/// <remarks>
/// Source: TensorFlow Lite kernels/internal/reference/integer_ops/depthwise_conv.h (DepthwiseConvPerChannel). Output channel
/// o = i · multiplier + m. A product w·(x − z) is at most 128 · 255 = 32640 in magnitude: it fits int16, so it is formed there and
/// widened. Windows of up to 65 793 taps cannot overflow the int32 sum. Weights with a zero point v (legacy uint8 models,
/// reference/depthwiseconv_uint8.h): Σ (w − v)(x − z) = Σ w·(x − z) − v · Σ (x − z).
/// </remarks>
internal static unsafe class Int8Depthwise
{
    /// <summary>Multiplications below which waking other threads costs more than it saves.</summary>
    private const long SerialWork = 1 << 16;

    /// <summary>Bytes of the prepared form: bias, multiplier and shift of each output channel, and the zero point of the weights.</summary>
    public static int PreparedBytes(int outputChannels) => checked(3 * sizeof(int) * outputChannels + sizeof(int));

    /// <summary>Writes the prepared form; the weights are used as they are.</summary>
    /// <param name="bias">One for each output channel, or empty.</param>
    /// <param name="weightScales">One for each output channel, or a single one.</param>
    /// <param name="inputScale">Scale of the input.</param>
    /// <param name="outputScale">Scale of the output.</param>
    /// <param name="prepared">Receives <see cref="PreparedBytes"/> bytes; its length / 12 is the number of channels.</param>
    /// <param name="weightZeroPoint">Zero point of the weights, −128 … 127.</param>
    /// <exception cref="ArgumentOutOfRangeException">A multiplier made of the scales is not finite.</exception>
    public static void Prepare(
        ReadOnlySpan<int> bias, ReadOnlySpan<float> weightScales, float inputScale, float outputScale, Span<byte> prepared, int weightZeroPoint = 0)
    {
        Span<int> values = MemoryMarshal.Cast<byte, int>(prepared);
        int channels = values.Length / 3;
        Debug.Assert(bias.Length == 0 || bias.Length == channels);
        values[..channels].Clear();
        bias.CopyTo(values);
        values[3 * channels] = weightZeroPoint;
        Requantizer.QuantizeScales(inputScale, weightScales, outputScale, values.Slice(channels, channels), values.Slice(2 * channels, channels));
    }

    /// <summary>Runs a prepared depthwise convolution.</summary>
    /// <param name="geometry">Sizes; OutputChannels is a multiple of InputChannels. Groups is not read.</param>
    /// <param name="weights">[kernel height, kernel width, output channels].</param>
    /// <param name="prepared">What <see cref="Prepare"/> wrote.</param>
    /// <param name="inputZeroPoint">Zero point of the input, −128 … 127.</param>
    /// <param name="range">Zero point and clamp of the output.</param>
    /// <param name="input">NHWC.</param>
    /// <param name="output">Receives NHWC; must not overlap <paramref name="input"/>.</param>
    /// <param name="team">Threads that share the work, an output row each.</param>
    public static void Run(
        in ConvGeometry geometry, ReadOnlySpan<sbyte> weights, ReadOnlySpan<byte> prepared, int inputZeroPoint, in Int8Range range,
        ReadOnlySpan<sbyte> input, Span<sbyte> output, WorkerTeam team)
    {
        int taps = geometry.KernelHeight * geometry.KernelWidth;
        Debug.Assert(geometry.OutputChannels % geometry.InputChannels == 0);
        Debug.Assert(weights.Length == taps * geometry.OutputChannels);
        Debug.Assert(prepared.Length >= PreparedBytes(geometry.OutputChannels));
        Debug.Assert(input.Length >= (long)geometry.Batch * geometry.InputHeight * geometry.InputWidth * geometry.InputChannels);
        Debug.Assert(output.Length >= (long)geometry.Batch * geometry.OutputHeight * geometry.OutputWidth * geometry.OutputChannels);
        fixed (sbyte* weightPointer = weights)
        fixed (byte* preparedPointer = prepared)
        fixed (sbyte* inputPointer = input)
        fixed (sbyte* outputPointer = output)
        {
            Job job = new(geometry, weightPointer, (int*)preparedPointer, inputZeroPoint, range, inputPointer, outputPointer);
            int rows = geometry.Batch * geometry.OutputHeight;
            long work = (long)rows * geometry.OutputWidth * geometry.OutputChannels * taps;
            (work < SerialWork ? WorkerTeam.Single : team).Run(rows, job);
        }
    }

    private readonly struct Job(
        ConvGeometry geometry, sbyte* weights, int* prepared, int inputZeroPoint, Int8Range range, sbyte* input, sbyte* output) : IParallelJob
    {
        public void Execute(int part)
        {
            int image = part / geometry.OutputHeight;
            int y = part % geometry.OutputHeight;
            int top = y * geometry.StrideHeight - geometry.PadTop;
            (int firstY, int endY) = WindowRange.Of(top, geometry.DilationHeight, geometry.KernelHeight, geometry.InputHeight);
            sbyte* target = output + (nint)part * geometry.OutputWidth * geometry.OutputChannels;
            for (int x = 0; x < geometry.OutputWidth; x++)
            {
                int left = x * geometry.StrideWidth - geometry.PadLeft;
                (int firstX, int endX) = WindowRange.Of(left, geometry.DilationWidth, geometry.KernelWidth, geometry.InputWidth);
                nint inputY = (nint)image * geometry.InputHeight + top + firstY * geometry.DilationHeight;
                Taps taps = new()
                {
                    Rows = endY - firstY,
                    Columns = endX - firstX,
                    Input = input + (inputY * geometry.InputWidth + left + firstX * geometry.DilationWidth) * geometry.InputChannels,
                    InputRowStep = (nint)geometry.DilationHeight * geometry.InputWidth * geometry.InputChannels,
                    InputColumnStep = (nint)geometry.DilationWidth * geometry.InputChannels,
                    Weights = weights + ((nint)firstY * geometry.KernelWidth + firstX) * geometry.OutputChannels,
                    WeightRowStep = (nint)geometry.KernelWidth * geometry.OutputChannels,
                    WeightColumnStep = geometry.OutputChannels,
                    ZeroPoint = inputZeroPoint,
                    WeightZeroPoint = prepared[3 * geometry.OutputChannels],
                };
                if (geometry.OutputChannels == geometry.InputChannels)
                {
                    Channels<EachItsOwn>(taps, 0, 0, geometry.OutputChannels, target);
                }
                else
                {
                    int multiplier = geometry.OutputChannels / geometry.InputChannels;
                    for (int channel = 0; channel < geometry.InputChannels; channel++)
                    {
                        Channels<OneForAll>(taps, channel, channel * multiplier, multiplier, target);
                    }
                }

                target += geometry.OutputChannels;
            }
        }

        /// <summary>Output channels first … first + count − 1, which read input channel <paramref name="inputChannel"/>, or it and the following.</summary>
        [SkipLocalsInit]
        private void Channels<TInput>(in Taps taps, int inputChannel, int first, int count, sbyte* target) where TInput : struct, IInputChannel
        {
            int* sums = stackalloc int[16];
            int done = 0;
            if (Avx2.IsSupported && count >= 16)
            {
                while (done < count)
                {
                    done = Math.Min(done, count - 16);                   // the last block overlaps and repeats some channels
                    Sum16<TInput>(taps, inputChannel, first, done, sums);
                    Finish(sums, first + done, 16, target);
                    done += 16;
                }
            }
            else if (Vector128.IsHardwareAccelerated && count >= 8)
            {
                while (done < count)
                {
                    done = Math.Min(done, count - 8);
                    Sum8<TInput>(taps, inputChannel, first, done, sums);
                    Finish(sums, first + done, 8, target);
                    done += 8;
                }
            }

            for (; done < count; done++)
            {
                *sums = Sum(taps, inputChannel + (TInput.Shared ? 0 : done), first + done);
                Finish(sums, first + done, 1, target);
            }
        }

        private void Finish(int* sums, int channel, int count, sbyte* target)
        {
            int channels = geometry.OutputChannels;
            for (int i = 0; i < count; i++)
            {
                sums[i] += prepared[channel + i];
            }

            Requantizer.Row(sums, prepared + channels + channel, prepared + 2 * channels + channel, count, range, target + channel);
        }
    }

    /// <summary>The specification: the sum of one output channel over the taps that lie inside the image.</summary>
    private static int Sum(in Taps taps, int inputChannel, int outputChannel)
    {
        int sum = 0;
        for (int row = 0; row < taps.Rows; row++)
        {
            sbyte* x = taps.Input + row * taps.InputRowStep + inputChannel;
            sbyte* w = taps.Weights + row * taps.WeightRowStep + outputChannel;
            for (int column = 0; column < taps.Columns; column++)
            {
                sum += (*w - taps.WeightZeroPoint) * (*x - taps.ZeroPoint);
                x += taps.InputColumnStep;
                w += taps.WeightColumnStep;
            }
        }

        return sum;
    }

    private static void Sum16<TInput>(in Taps taps, int inputChannel, int first, int done, int* sums) where TInput : struct, IInputChannel
    {
        Vector256<short> zeroPoint = Vector256.Create((short)taps.ZeroPoint);
        Vector256<int> lower = Vector256<int>.Zero;
        Vector256<int> upper = Vector256<int>.Zero;
        Vector256<int> lowerInputs = Vector256<int>.Zero;
        Vector256<int> upperInputs = Vector256<int>.Zero;
        for (int row = 0; row < taps.Rows; row++)
        {
            sbyte* x = taps.Input + row * taps.InputRowStep + inputChannel + (TInput.Shared ? 0 : done);
            sbyte* w = taps.Weights + row * taps.WeightRowStep + first + done;
            for (int column = 0; column < taps.Columns; column++)
            {
                Vector256<short> values = TInput.Shared ? Vector256.Create((short)*x) : Avx2.ConvertToVector256Int16(x);
                values -= zeroPoint;
                Vector256<short> products = values * Avx2.ConvertToVector256Int16(w);
                lower += Vector256.WidenLower(products);
                upper += Vector256.WidenUpper(products);
                if (taps.WeightZeroPoint != 0)
                {
                    lowerInputs += Vector256.WidenLower(values);
                    upperInputs += Vector256.WidenUpper(values);
                }

                x += taps.InputColumnStep;
                w += taps.WeightColumnStep;
            }
        }

        (lower - lowerInputs * taps.WeightZeroPoint).Store(sums);
        (upper - upperInputs * taps.WeightZeroPoint).Store(sums + 8);
    }

    private static void Sum8<TInput>(in Taps taps, int inputChannel, int first, int done, int* sums) where TInput : struct, IInputChannel
    {
        Vector128<short> zeroPoint = Vector128.Create((short)taps.ZeroPoint);
        Vector128<int> lower = Vector128<int>.Zero;
        Vector128<int> upper = Vector128<int>.Zero;
        Vector128<int> lowerInputs = Vector128<int>.Zero;
        Vector128<int> upperInputs = Vector128<int>.Zero;
        for (int row = 0; row < taps.Rows; row++)
        {
            sbyte* x = taps.Input + row * taps.InputRowStep + inputChannel + (TInput.Shared ? 0 : done);
            sbyte* w = taps.Weights + row * taps.WeightRowStep + first + done;
            for (int column = 0; column < taps.Columns; column++)
            {
                Vector128<short> values = TInput.Shared ? Vector128.Create((short)*x) : LoadEight(x);
                values -= zeroPoint;
                Vector128<short> products = values * LoadEight(w);
                lower += Vector128.WidenLower(products);
                upper += Vector128.WidenUpper(products);
                if (taps.WeightZeroPoint != 0)
                {
                    lowerInputs += Vector128.WidenLower(values);
                    upperInputs += Vector128.WidenUpper(values);
                }

                x += taps.InputColumnStep;
                w += taps.WeightColumnStep;
            }
        }

        (lower - lowerInputs * taps.WeightZeroPoint).Store(sums);
        (upper - upperInputs * taps.WeightZeroPoint).Store(sums + 4);
    }

    private static Vector128<short> LoadEight(sbyte* source) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<long>(source)).AsSByte());

    /// <summary>The taps of a window that lie inside the image, as pointers to the first and steps to the others.</summary>
    private struct Taps
    {
        public int Rows;
        public int Columns;
        public sbyte* Input;
        public nint InputRowStep;
        public nint InputColumnStep;
        public sbyte* Weights;
        public nint WeightRowStep;
        public nint WeightColumnStep;
        public int ZeroPoint;
        public int WeightZeroPoint;
    }

    /// <summary>Whether the output channels of a block share one input channel.</summary>
    private interface IInputChannel
    {
        static abstract bool Shared { get; }
    }

    private readonly struct EachItsOwn : IInputChannel
    {
        public static bool Shared => false;
    }

    private readonly struct OneForAll : IInputChannel
    {
        public static bool Shared => true;
    }
}
