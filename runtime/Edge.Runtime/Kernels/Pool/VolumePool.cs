using System.Numerics.Tensors;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>Float32 maximum and average over windows of a volume [N, D, H, W, C], channel by channel.</summary>
/// <param name="Input">Shape of the input.</param>
/// <param name="Output">Shape of the output.</param>
/// <param name="Kernel">Depth, height and width of the window.</param>
/// <param name="Window">How it moves.</param>
internal readonly record struct VolumePool(Shape Input, Shape Output, IntList Kernel, Window3D Window)
{
    /// <summary>Elements of a window, those in the padding included.</summary>
    internal int Taps => Kernel[0] * Kernel[1] * Kernel[2];

    /// <summary>The largest value of each window; NaN where it has one.</summary>
    internal void Max(ReadOnlySpan<float> x, Span<float> y)
    {
        int channels = Input[4];
        y.Fill(float.NegativeInfinity);
        for (int at = 0; at < y.Length / channels; at++)
        {
            Span<float> to = y.Slice(at * channels, channels);
            for (int tap = 0; tap < Taps; tap++)
            {
                int from = Source(at, tap);
                if (from >= 0)
                {
                    TensorPrimitives.Max(to, x.Slice(from, channels), to);
                }
            }
        }
    }

    /// <summary>The average of each window.</summary>
    internal void Average(ReadOnlySpan<float> x, Span<float> y, bool countIncludePad)
    {
        int channels = Input[4];
        y.Clear();
        for (int at = 0; at < y.Length / channels; at++)
        {
            Span<float> to = y.Slice(at * channels, channels);
            for (int tap = 0; tap < Taps; tap++)
            {
                int from = Source(at, tap);
                if (from >= 0)
                {
                    TensorPrimitives.Add(to, x.Slice(from, channels), to);
                }
            }

            TensorPrimitives.Divide(to, Divisor(at, countIncludePad), to);
        }
    }

    /// <summary>Adds the gradient of the largest value to the first element of the window that has it.</summary>
    internal void MaxGradient(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx)
    {
        int channels = Input[4];
        for (int i = 0; i < y.Length; i++)
        {
            (int at, int channel) = Math.DivRem(i, channels);
            for (int tap = 0; tap < Taps; tap++)
            {
                int from = Source(at, tap) + channel;
                if (from >= channel && (x[from] == y[i] || (float.IsNaN(x[from]) && float.IsNaN(y[i]))))
                {
                    dx[from] += dy[i];
                    break;
                }
            }
        }
    }

    /// <summary>Adds each window's gradient to its elements, alike.</summary>
    internal void AverageGradient(Span<float> dy, Span<float> dx, bool countIncludePad)
    {
        int channels = Input[4];
        for (int at = 0; at < dy.Length / channels; at++)
        {
            Span<float> share = dy.Slice(at * channels, channels);
            TensorPrimitives.Divide(share, Divisor(at, countIncludePad), share);
            for (int tap = 0; tap < Taps; tap++)
            {
                int from = Source(at, tap);
                if (from >= 0)
                {
                    Span<float> to = dx.Slice(from, channels);
                    TensorPrimitives.Add(to, share, to);
                }
            }
        }
    }

    private float Divisor(int at, bool countIncludePad)
    {
        if (countIncludePad)
        {
            return Taps;
        }

        int count = 0;
        for (int tap = 0; tap < Taps; tap++)
        {
            count += Source(at, tap) >= 0 ? 1 : 0;
        }

        return Math.Max(count, 1);
    }

    /// <summary>The first channel of a window's element in the input, or −1 in the padding.</summary>
    private int Source(int at, int tap)
    {
        (int rest, int column) = Math.DivRem(at, Output[3]);
        (rest, int row) = Math.DivRem(rest, Output[2]);
        (int image, int slice) = Math.DivRem(rest, Output[1]);
        (int taps, int q) = Math.DivRem(tap, Kernel[2]);
        (int r, int p) = Math.DivRem(taps, Kernel[1]);
        int z = (slice * Window.Strides[0]) - Window.Before[0] + (r * Window.Dilations[0]);
        int y = (row * Window.Strides[1]) - Window.Before[1] + (p * Window.Dilations[1]);
        int x = (column * Window.Strides[2]) - Window.Before[2] + (q * Window.Dilations[2]);
        bool inside = (uint)z < (uint)Input[1] && (uint)y < (uint)Input[2] && (uint)x < (uint)Input[3];
        return inside ? ((((((image * Input[1]) + z) * Input[2]) + y) * Input[3]) + x) * Input[4] : -1;
    }

    /// <summary>The output of a pooling of float32 volumes.</summary>
    internal static OperatorPlan Plan(in Shapes shapes, IntList kernel, in Window3D window)
    {
        TensorSpec input = shapes.Input(0);
        window.Require(shapes);
        shapes.RequireType(0, DataType.Float32);
        shapes.Require(kernel.Count == 3, $"the kernel is {kernel}; three numbers are allowed.");
        shapes.Require(input.Shape.Rank == 5, $"the input is {input}; [N, D, H, W, C] is allowed.");
        Span<long> sizes = stackalloc long[3];
        window.Count(shapes, input.Shape, kernel.Values, sizes);
        shapes.Require(
            (long)kernel[0] * kernel[1] <= int.MaxValue && (long)kernel[0] * kernel[1] * kernel[2] <= int.MaxValue, $"the kernel {kernel} has more than {int.MaxValue} elements.");
        return new OperatorPlan(ShapeRules.Output(shapes, DataType.Float32, [input.Shape[0], sizes[0], sizes[1], sizes[2], input.Shape[4]])) { OverwritesGradients = true };
    }
}
