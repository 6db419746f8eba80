using System.Numerics;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>The simple recurrent layer, step by step.</summary>
/// <remarks>Saved for the backward phase, row by row: h after the step, which becomes the gradient of what went in, then h before it.</remarks>
internal static unsafe class RnnKernel
{
    /// <summary>Time of an element in units of a plain copy.</summary>
    private const int Cost = 12;

    internal static void Forward(in Rnn op, in Buffers io)
    {
        RecurrentShape s = RecurrentShape.Of(io.InputShape(RecurrentRule.Input), io.InputShape(RecurrentRule.Recurrent), 1);
        ReadOnlySpan<int> lengths = io.Input<int>(RecurrentRule.Lengths);
        s.CheckLengths(lengths);
        Span<float> hidden = io.Output(1);
        RecurrentShape.Start(io.Input(RecurrentRule.Hidden), hidden);
        Span<float> saved = io.Saves ? io.Saved<float>() : default;
        Span<float> products = io.Saves ? saved[..(s.Rows * s.Width)] : io.Scratch<float>();
        int steps = io.Saves ? s.Time : s.ChunkSteps;
        fixed (float* py = io.Output(0), ph = hidden, pz = products, pSaved = saved)
        fixed (int* pLengths = lengths)
        {
            ForwardStep job = new()
            {
                Shape = s,
                Function = new GateFunction(op.Function, RecurrentFunction.Tanh, op.Clip),
                Products = pz,
                Steps = steps,
                Hidden = ph,
                Y = py,
                Lengths = pLengths,
                Before = pSaved is null ? null : pSaved + products.Length,
            };
            int first = 0;
            for (int done = 0; done < s.Time; done++)
            {
                int t = s.Next(io, op.Reverse, done, steps, products, ref first);
                Gemm.Multiply(
                    s.Batch, s.Width, s.Hidden, hidden, s.Hidden, 1, io.Input(RecurrentRule.Recurrent), 1, s.Hidden,
                    products[((t - first) * s.Width)..], steps * s.Width, accumulate: true, io.Input(RecurrentRule.RecurrentBias), Activation.None, io.Team);
                job.T = t;
                job.Local = t - first;
                Elementwise.Team(io.Team, hidden.Length, Cost).Run(s.Batch, job);
            }
        }
    }

    internal static void Backward(in Rnn op, in Gradients io)
    {
        RecurrentShape s = RecurrentShape.Of(io.InputShape(RecurrentRule.Input), io.InputShape(RecurrentRule.Recurrent), 1);
        Span<float> saved = io.Saved<float>();
        Span<float> dz = saved[..(s.Rows * s.Width)];
        ReadOnlySpan<float> before = saved[dz.Length..];
        Span<float> dh = io.OutputGradient(1);
        fixed (float* pdy = io.OutputGradient(0), pdh = dh, pdz = dz)
        fixed (int* pLengths = io.Input<int>(RecurrentRule.Lengths))
        {
            BackwardStep job = new()
            {
                Shape = s,
                Function = new GateFunction(op.Function, RecurrentFunction.Tanh, op.Clip),
                Values = pdz,
                OutputGradient = pdy,
                HiddenGradient = pdh,
                Lengths = pLengths,
            };
            for (int done = 0; done < s.Time; done++)
            {
                job.T = op.Reverse ? done : s.Time - 1 - done;
                Elementwise.Team(io.Team, dh.Length, Cost).Run(s.Batch, job);
                Gemm.Multiply(
                    s.Batch, s.Hidden, s.Width, dz[(job.T * s.Width)..], s.Time * s.Width, 1, io.Input(RecurrentRule.Recurrent), s.Hidden, 1,
                    dh, s.Hidden, accumulate: true, default, Activation.None, io.Team);
            }
        }

        Span<float> sums = io.Scratch<float>()[..s.Width];
        s.InputGradients(io, dz);
        s.RecurrentGradient(io, 0, s.Gates, dz, s.Width, before);
        s.BiasGradient(io, dz, sums);
        RecurrentShape.RecurrentBiasGradient(io, sums);
        RecurrentShape.StateGradient(io, RecurrentRule.Hidden, dh);
    }

    /// <summary>One step; a part is a sample.</summary>
    private struct ForwardStep : IParallelJob
    {
        internal RecurrentShape Shape;
        internal GateFunction Function;
        internal float* Products;
        internal int Steps;
        internal float* Hidden;
        internal float* Y;
        internal int* Lengths;
        internal float* Before;
        internal int T;
        internal int Local;

        public readonly void Execute(int part)
        {
            int width = Shape.Hidden;
            bool active = Lengths is null || T < Lengths[part];
            nint row = ((nint)part * Shape.Time) + T;
            float* z = Products + ((((nint)part * Steps) + Local) * width);
            float* h = Hidden + ((nint)part * width);
            float* y = Y + (row * width);
            for (int i = 0; i < width; i += Vector<float>.Count)
            {
                int n = RowVector.Count(i, width);
                if (Before is not null)
                {
                    RowVector.Store(RowVector.Load(h + i, n), Before + (row * width) + i, n);
                }

                Vector<float> value = active ? Function.Value(RowVector.Load(z + i, n)) : Vector<float>.Zero;
                RowVector.Store(value, y + i, n);
                if (active)
                {
                    RowVector.Store(value, h + i, n);
                    RowVector.Store(value, z + i, n);
                }
            }
        }
    }

    /// <summary>The way back through one step, but for the recurrent product; a part is a sample.</summary>
    private struct BackwardStep : IParallelJob
    {
        internal RecurrentShape Shape;
        internal GateFunction Function;
        internal float* Values;
        internal float* OutputGradient;
        internal float* HiddenGradient;
        internal int* Lengths;
        internal int T;

        public readonly void Execute(int part)
        {
            int width = Shape.Hidden;
            nint row = ((nint)part * Shape.Time) + T;
            float* z = Values + (row * width);
            if (Lengths is not null && T >= Lengths[part])
            {
                new Span<float>(z, width).Clear();
                return;
            }

            float* dy = OutputGradient + (row * width);
            float* dh = HiddenGradient + ((nint)part * width);
            for (int i = 0; i < width; i += Vector<float>.Count)
            {
                int n = RowVector.Count(i, width);
                Vector<float> gradient = RowVector.Load(dh + i, n) + RowVector.Load(dy + i, n);
                RowVector.Store(gradient * Function.Slope(RowVector.Load(z + i, n)), z + i, n);
                RowVector.Store(Vector<float>.Zero, dh + i, n);
            }
        }
    }
}
