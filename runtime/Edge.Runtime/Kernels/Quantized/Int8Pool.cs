using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Int8 max and average pooling. Padding never takes part: neither in the maximum nor in the average's count.</summary>
/// <remarks>
/// Source: TensorFlow Lite kernels/internal/reference/integer_ops/pooling.h. Input and output share scale and zero point, so values are
/// compared and averaged as they are; an average is rounded half away from zero.
/// A global average is a window of the image's size.
/// </remarks>
internal static unsafe class Int8Pool
{
    /// <summary>Window values below which waking other threads costs more than it saves.</summary>
    private const long SerialWork = 1 << 17;

    /// <summary>Largest value of each window.</summary>
    /// <param name="geometry">Sizes; input and output have the same channels. Every window must meet the image.</param>
    /// <param name="min">Smallest result, of a fused activation.</param>
    /// <param name="max">Largest result.</param>
    /// <param name="input">NHWC.</param>
    /// <param name="output">Receives NHWC; must not overlap <paramref name="input"/>.</param>
    /// <param name="team">Threads that share the work, an output row each.</param>
    public static void Max(in ConvGeometry geometry, int min, int max, ReadOnlySpan<sbyte> input, Span<sbyte> output, WorkerTeam team) =>
        Run<MaxWindow>(geometry, min, max, input, output, team);

    /// <summary>Average of each window; parameters as for <see cref="Max"/>.</summary>
    public static void Average(in ConvGeometry geometry, int min, int max, ReadOnlySpan<sbyte> input, Span<sbyte> output, WorkerTeam team) =>
        Run<AverageWindow>(geometry, min, max, input, output, team);

    /// <summary>Average of each window of uint8; parameters as for <see cref="Max"/>. Halves round up.</summary>
    /// <remarks>Source: AveragePool for uint8, TensorFlow Lite kernels/internal/reference/pooling.h: (sum + count / 2) / count.</remarks>
    public static void AverageUInt8(in ConvGeometry geometry, int min, int max, ReadOnlySpan<byte> input, Span<byte> output, WorkerTeam team) =>
        Run<UInt8AverageWindow>(geometry, min, max, MemoryMarshal.Cast<byte, sbyte>(input), MemoryMarshal.Cast<byte, sbyte>(output), team);

    private static void Run<TWindow>(in ConvGeometry geometry, int min, int max, ReadOnlySpan<sbyte> input, Span<sbyte> output, WorkerTeam team)
        where TWindow : struct, IWindow
    {
        Debug.Assert(geometry.InputChannels == geometry.OutputChannels);
        Debug.Assert(input.Length >= (long)geometry.Batch * geometry.InputHeight * geometry.InputWidth * geometry.InputChannels);
        Debug.Assert(output.Length >= (long)geometry.Batch * geometry.OutputHeight * geometry.OutputWidth * geometry.OutputChannels);
        fixed (sbyte* inputPointer = input)
        fixed (sbyte* outputPointer = output)
        {
            Job<TWindow> job = new(geometry, min, max, inputPointer, outputPointer);
            int rows = geometry.Batch * geometry.OutputHeight;
            long work = (long)rows * geometry.OutputWidth * geometry.OutputChannels * geometry.KernelHeight * geometry.KernelWidth;
            (work < SerialWork ? WorkerTeam.Single : team).Run(rows, job);
        }
    }

    private readonly struct Job<TWindow>(ConvGeometry geometry, int min, int max, sbyte* input, sbyte* output) : IParallelJob
        where TWindow : struct, IWindow
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
                nint corner = ((nint)image * geometry.InputHeight + top + (firstY * geometry.DilationHeight)) * geometry.InputWidth + left + (firstX * geometry.DilationWidth);
                Window window = new(
                    input + corner * geometry.InputChannels, endY - firstY, endX - firstX,
                    (nint)geometry.DilationHeight * geometry.InputWidth * geometry.InputChannels, (nint)geometry.DilationWidth * geometry.InputChannels, geometry.InputChannels);
                TWindow.Reduce(window, min, max, target);
                target += geometry.OutputChannels;
            }
        }
    }

    /// <summary>The part of a window that lies inside the image.</summary>
    private readonly struct Window(sbyte* input, int rows, int columns, nint rowStep, nint columnStep, int channels)
    {
        public sbyte* Input => input;

        public int Rows => rows;

        public int Columns => columns;

        public nint RowStep => rowStep;

        public nint ColumnStep => columnStep;

        public int Channels => channels;
    }

    private interface IWindow
    {
        static abstract void Reduce(in Window window, int min, int max, sbyte* target);
    }

    private readonly struct MaxWindow : IWindow
    {
        public static void Reduce(in Window window, int min, int max, sbyte* target)
        {
            int channel = 0;
            if (Vector256.IsHardwareAccelerated)
            {
                for (; channel <= window.Channels - 32; channel += 32)
                {
                    Vector256<sbyte> largest = Vector256.Create((sbyte)min);
                    for (int row = 0; row < window.Rows; row++)
                    {
                        sbyte* x = window.Input + row * window.RowStep + channel;
                        for (int column = 0; column < window.Columns; column++, x += window.ColumnStep)
                        {
                            largest = Vector256.Max(largest, Vector256.Load(x));
                        }
                    }

                    Vector256.Min(largest, Vector256.Create((sbyte)max)).Store(target + channel);
                }
            }

            if (Vector128.IsHardwareAccelerated)
            {
                for (; channel <= window.Channels - 16; channel += 16)
                {
                    Vector128<sbyte> largest = Vector128.Create((sbyte)min);
                    for (int row = 0; row < window.Rows; row++)
                    {
                        sbyte* x = window.Input + row * window.RowStep + channel;
                        for (int column = 0; column < window.Columns; column++, x += window.ColumnStep)
                        {
                            largest = Vector128.Max(largest, Vector128.Load(x));
                        }
                    }

                    Vector128.Min(largest, Vector128.Create((sbyte)max)).Store(target + channel);
                }
            }

            for (; channel < window.Channels; channel++)
            {
                int largest = min;
                for (int row = 0; row < window.Rows; row++)
                {
                    sbyte* x = window.Input + row * window.RowStep + channel;
                    for (int column = 0; column < window.Columns; column++, x += window.ColumnStep)
                    {
                        largest = Math.Max(largest, *x);
                    }
                }

                target[channel] = (sbyte)Math.Min(largest, max);
            }
        }
    }

    private readonly struct UInt8AverageWindow : IWindow
    {
        public static void Reduce(in Window window, int min, int max, sbyte* target)
        {
            int count = window.Rows * window.Columns;
            for (int channel = 0; channel < window.Channels; channel++)
            {
                int sum = count / 2;
                for (int row = 0; row < window.Rows; row++)
                {
                    byte* x = (byte*)window.Input + row * window.RowStep + channel;
                    for (int column = 0; column < window.Columns; column++, x += window.ColumnStep)
                    {
                        sum += *x;
                    }
                }

                target[channel] = (sbyte)Math.Min(Math.Max(sum / count, min), max);
            }
        }
    }

    private readonly struct AverageWindow : IWindow
    {
        [SkipLocalsInit]
        public static void Reduce(in Window window, int min, int max, sbyte* target)
        {
            int count = window.Rows * window.Columns;
            int channel = 0;
            if (Int32Lanes16.IsSupported)
            {
                channel = Lanes<Int32Lanes16>(window, count, channel, min, max, target);
            }

            if (Int32Lanes8.IsSupported)
            {
                channel = Lanes<Int32Lanes8>(window, count, channel, min, max, target);
            }

            if (Int32Lanes4.IsSupported)
            {
                channel = Lanes<Int32Lanes4>(window, count, channel, min, max, target);
            }

            for (; channel < window.Channels; channel++)
            {
                int sum = 0;
                for (int row = 0; row < window.Rows; row++)
                {
                    sbyte* x = window.Input + row * window.RowStep + channel;
                    for (int column = 0; column < window.Columns; column++, x += window.ColumnStep)
                    {
                        sum += *x;
                    }
                }

                target[channel] = Divide(sum, count, min, max);
            }
        }

        [SkipLocalsInit]
        private static int Lanes<TLanes>(in Window window, int count, int channel, int min, int max, sbyte* target)
            where TLanes : struct, IInt32Lanes<TLanes>
        {
            int* sums = stackalloc int[16];
            for (; channel <= window.Channels - TLanes.Count; channel += TLanes.Count)
            {
                TLanes sum = TLanes.Broadcast(0);
                for (int row = 0; row < window.Rows; row++)
                {
                    sbyte* x = window.Input + row * window.RowStep + channel;
                    for (int column = 0; column < window.Columns; column++, x += window.ColumnStep)
                    {
                        sum += TLanes.LoadInt8(x);
                    }
                }

                TLanes.Store(sum, sums);
                for (int i = 0; i < TLanes.Count; i++)
                {
                    target[channel + i] = Divide(sums[i], count, min, max);
                }
            }

            return channel;
        }

        private static sbyte Divide(int sum, int count, int min, int max)
        {
            int rounded = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
            return (sbyte)Math.Min(Math.Max(rounded, min), max);
        }
    }
}
