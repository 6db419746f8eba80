using System.Diagnostics;
using System.Runtime.CompilerServices;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>The clamps that operators fuse: their bounds and their gradient.</summary>
internal static unsafe class ActivationKernels
{
    /// <summary>Lower and upper bound; infinite when there is none.</summary>
    internal static (float Low, float High) Bounds(Activation activation) => activation switch
    {
        Activation.Relu => (0, float.PositiveInfinity),
        Activation.Relu6 => (0, 6),
        Activation.ReluN1To1 => (-1, 1),
        _ => (float.NegativeInfinity, float.PositiveInfinity),
    };

    /// <summary>Sets dy to 0, in place, wherever the clamp was active: dy = 0 unless low &lt; y &lt; high.</summary>
    /// <param name="activation">The fused activation; none leaves dy as it is.</param>
    /// <param name="y">The operator's result, after the clamp.</param>
    /// <param name="dy">Its gradient; same length.</param>
    /// <param name="team">The threads.</param>
    internal static void MaskGradient(Activation activation, ReadOnlySpan<float> y, Span<float> dy, WorkerTeam team)
    {
        Debug.Assert(y.Length == dy.Length);
        if (activation == Activation.None)
        {
            return;
        }

        (float low, float high) = Bounds(activation);
        fixed (float* py = y, pdy = dy)
        {
            Mask job = new() { Y = py, Gradient = pdy, Length = y.Length, Low = low, High = high };
            WidthJob.Run(team, (y.Length + Mask.PartLength - 1) / Mask.PartLength, y.Length, job);
        }
    }

    /// <summary>y = clamp(y + bias), in place, row by row.</summary>
    /// <param name="activation">The clamp.</param>
    /// <param name="bias">A value for each channel, or empty.</param>
    /// <param name="y">[..., channels].</param>
    /// <param name="channels">Size of the last axis.</param>
    /// <param name="team">The threads.</param>
    internal static void AddBias(Activation activation, ReadOnlySpan<float> bias, Span<float> y, int channels, WorkerTeam team)
    {
        if (activation == Activation.None && bias.IsEmpty)
        {
            return;
        }

        (float low, float high) = Bounds(activation);
        fixed (float* pb = bias, py = y)
        {
            int rows = y.Length / channels, block = Math.Max(1, Mask.PartLength / channels);
            Bias job = new() { Y = py, Values = pb, Rows = rows, Block = block, Channels = channels, Low = low, High = high };
            WidthJob.Run(team, (rows + block - 1) / block, y.Length, job);
        }
    }

    private struct Bias : IWidthJob
    {
        internal float* Y;
        internal float* Values;
        internal int Rows;
        internal int Block;
        internal int Channels;
        internal float Low;
        internal float High;

        public readonly void Execute<TVector>(int part) where TVector : unmanaged, IVector<TVector>
        {
            for (int row = part * Block; row < Math.Min(Rows, (part + 1) * Block); row++)
            {
                float* y = Y + ((nint)row * Channels);
                Run<Lanes1>(y, Run<TVector>(y, 0));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly int Run<TVector>(float* y, int channel) where TVector : unmanaged, IVector<TVector>
        {
            for (; channel + TVector.Count <= Channels; channel += TVector.Count)
            {
                TVector value = TVector.Load(y + channel);
                value = Values == null ? value : TVector.Add(value, TVector.Load(Values + channel));
                TVector.Store(TVector.Clamp(value, TVector.Broadcast(Low), TVector.Broadcast(High)), y + channel);
            }

            return channel;
        }
    }

    private struct Mask : IWidthJob
    {
        internal const int PartLength = 16384;
        internal float* Y;
        internal float* Gradient;
        internal int Length;
        internal float Low;
        internal float High;

        public readonly void Execute<TVector>(int part) where TVector : unmanaged, IVector<TVector>
        {
            nint start = (nint)part * PartLength;
            nint end = Math.Min(start + PartLength, Length);
            nint done = Run<TVector>(start, end);
            Run<Lanes1>(done, end);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly nint Run<TVector>(nint i, nint end) where TVector : unmanaged, IVector<TVector>
        {
            TVector low = TVector.Broadcast(Low), high = TVector.Broadcast(High);
            for (; i <= end - TVector.Count; i += TVector.Count)
            {
                TVector.Store(TVector.SelectInside(TVector.Load(Y + i), low, high, TVector.Load(Gradient + i)), Gradient + i);
            }

            return i;
        }
    }
}
