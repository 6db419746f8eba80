using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Bilinear interpolation of int8 pictures [N, H, W, C] in fixed point with 10 fractional bits. Input and output share scale and zero point.</summary>
/// <remarks>Source: TensorFlow Lite kernels/internal/reference/resize_bilinear.h, the int8 form.</remarks>
internal static unsafe class Int8Resize
{
    private const int One = 1 << 10;

    /// <summary>Interpolates.</summary>
    /// <param name="transform">One of TensorFlow's three.</param>
    /// <param name="sizes">Batch, input height and width, output height and width, channels.</param>
    /// <param name="input">NHWC.</param>
    /// <param name="output">Receives NHWC.</param>
    /// <param name="team">The threads, an output row each.</param>
    internal static void Bilinear(
        ResizeTransform transform, in (int Batch, int Height, int Width, int OutputHeight, int OutputWidth, int Channels) sizes, ReadOnlySpan<sbyte> input, Span<sbyte> output, WorkerTeam team)
    {
        fixed (sbyte* x = input, y = output)
        {
            team.Run(sizes.Batch * sizes.OutputHeight, new Job
            {
                Transform = transform,
                Height = sizes.Height,
                Width = sizes.Width,
                OutputHeight = sizes.OutputHeight,
                OutputWidth = sizes.OutputWidth,
                Channels = sizes.Channels,
                X = x,
                Y = y,
            });
        }
    }

    /// <summary>The two elements around an output element, and how much of the second.</summary>
    private static (int Below, int Above, int Part) Place(ResizeTransform transform, int at, int input, int output)
    {
        long scale = transform == ResizeTransform.TensorFlowAlignCorners && output > 1
            ? (((long)One * (input - 1)) + ((output - 1) / 2)) / (output - 1)
            : (((long)One * input) + (output / 2)) / output;
        long place = (at * scale) + (transform == ResizeTransform.TensorFlowHalfPixel ? (scale / 2) - (One / 2) : 0);
        int below = (int)Math.Max(place / One, 0);
        return (below, (int)Math.Min((place + One - 1) / One, input - 1), (int)(place - ((long)One * below)));
    }

    private struct Job : IParallelJob
    {
        public ResizeTransform Transform;
        public int Height;
        public int Width;
        public int OutputHeight;
        public int OutputWidth;
        public int Channels;
        public sbyte* X;
        public sbyte* Y;

        public readonly void Execute(int part)
        {
            (int image, int line) = Math.DivRem(part, OutputHeight);
            (int top, int bottom, int down) = Place(Transform, line, Height, OutputHeight);
            nint row = (nint)Width * Channels;
            sbyte* picture = X + (image * Height * row);
            sbyte* y = Y + ((nint)part * OutputWidth * Channels);
            for (int column = 0; column < OutputWidth; column++, y += Channels)
            {
                (int left, int right, int across) = Place(Transform, column, Width, OutputWidth);
                sbyte* topLeft = picture + (top * row) + ((nint)left * Channels), topRight = picture + (top * row) + ((nint)right * Channels);
                sbyte* bottomLeft = picture + (bottom * row) + ((nint)left * Channels), bottomRight = picture + (bottom * row) + ((nint)right * Channels);
                int w00 = (One - down) * (One - across), w10 = down * (One - across), w01 = (One - down) * across, w11 = down * across;
                for (int channel = 0; channel < Channels; channel++)
                {
                    // At most 4 · 128 · 1.5² · 2^20 in sum of magnitudes, reached only outside the picture's edge, where both elements are one: within int64 as in the reference.
                    long sum = ((long)topLeft[channel] * w00) + ((long)bottomLeft[channel] * w10) + ((long)topRight[channel] * w01) + ((long)bottomRight[channel] * w11);
                    y[channel] = (sbyte)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
                }
            }
        }
    }
}
