using System.Numerics.Tensors;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>The part of an SVDF layer in time: memories of filters that move on by one value, and their weighted sums.</summary>
internal static class SvdfKernel
{
    /// <summary>Moves the memories on and sums them up.</summary>
    /// <param name="rank">Filters of a unit.</param>
    /// <param name="filters">Filters.</param>
    /// <param name="memory">Values that a filter remembers.</param>
    /// <param name="values">New values [batch, filters].</param>
    /// <param name="time">Time weights [filters, memory].</param>
    /// <param name="before">The memories [batch, filters, memory].</param>
    /// <param name="bias">[filters / rank], or empty.</param>
    /// <param name="activation">The clamp.</param>
    /// <param name="y">Receives [batch, filters / rank].</param>
    /// <param name="after">Receives the memories.</param>
    internal static void Forward(
        int rank, int filters, int memory, ReadOnlySpan<float> values, ReadOnlySpan<float> time, ReadOnlySpan<float> before, ReadOnlySpan<float> bias,
        Activation activation, Span<float> y, Span<float> after)
    {
        (float low, float high) = ActivationKernels.Bounds(activation);
        int units = filters / rank;
        for (int i = 0; i < y.Length; i++)
        {
            float sum = bias.IsEmpty ? 0 : bias[i % units];
            for (int r = 0; r < rank; r++)
            {
                int row = (i * rank) + r;            // of all samples' filters
                Span<float> kept = after.Slice(row * memory, memory);
                before.Slice((row * memory) + 1, memory - 1).CopyTo(kept);
                kept[^1] = values[row];
                sum += TensorPrimitives.Dot(kept, time.Slice(row % filters * memory, memory));
            }

            // A NaN passes both comparisons, as it passes the fused clamps.
            y[i] = sum < low ? low : sum > high ? high : sum;
        }
    }

    /// <summary>Adds what the sums give to the gradients of the memories behind the step, and takes out those of the new values.</summary>
    internal static void Backward(int rank, int filters, int memory, ReadOnlySpan<float> dy, ReadOnlySpan<float> time, Span<float> dState, Span<float> dValues)
    {
        for (int row = 0; row < dValues.Length; row++)
        {
            Span<float> kept = dState.Slice(row * memory, memory);
            TensorPrimitives.MultiplyAdd(time.Slice(row % filters * memory, memory), dy[row / rank], kept, kept);
            dValues[row] = kept[^1];
        }
    }

    /// <summary>The gradient of the time weights, given the memories behind the step.</summary>
    internal static void TimeGradient(int rank, int filters, int memory, ReadOnlySpan<float> dy, ReadOnlySpan<float> after, Span<float> gradient, bool accumulate)
    {
        if (!accumulate)
        {
            gradient.Clear();
        }

        for (int row = 0; row < dy.Length * rank; row++)
        {
            Span<float> target = gradient.Slice(row % filters * memory, memory);
            TensorPrimitives.MultiplyAdd(after.Slice(row * memory, memory), dy[row / rank], target, target);
        }
    }

    /// <summary>The gradient of the memories before the step: those behind it, moved back; the oldest value was dropped.</summary>
    internal static void StateGradient(int memory, ReadOnlySpan<float> dState, Span<float> gradient, bool accumulate)
    {
        for (int row = 0; row < dState.Length / memory; row++)
        {
            ReadOnlySpan<float> source = dState.Slice(row * memory, memory - 1);
            Span<float> target = gradient.Slice(row * memory, memory);
            if (accumulate)
            {
                TensorPrimitives.Add(target[1..], source, target[1..]);
            }
            else
            {
                target[0] = 0;
                source.CopyTo(target[1..]);
            }
        }
    }
}
