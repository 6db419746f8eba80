using System.Numerics;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Gated recurrent units, step by step.</summary>
/// <remarks>
/// Saved for the backward phase, row by row: gates after their functions [rows, 3 · hidden], h before the step [rows, hidden], and [rows, hidden] that the recurrent product of the candidate
/// made (reset after) or read (reset before). The backward phase turns the gates into the gradients of what went into them, and with reset after the last part into the gradient
/// of the candidate's recurrent product.
/// </remarks>
internal static unsafe class GruKernel
{
    /// <summary>Time of an element in units of a plain copy.</summary>
    private const int Cost = 40;

    private const int Reset = 0;
    private const int Update = 1;
    private const int Candidate = 2;

    internal static void Forward(in Gru op, in Buffers io)
    {
        RecurrentShape s = RecurrentShape.Of(io.InputShape(RecurrentRule.Input), io.InputShape(RecurrentRule.Recurrent), 3);
        ReadOnlySpan<int> lengths = io.Input<int>(RecurrentRule.Lengths);
        s.CheckLengths(lengths);
        Span<float> hidden = io.Output(1);
        RecurrentShape.Start(io.Input(RecurrentRule.Hidden), hidden);
        int states = s.Rows * s.Hidden;
        Span<float> saved = io.Saves ? io.Saved<float>() : default;
        Span<float> products = io.Saves ? saved[..(s.Rows * s.Width)] : io.Scratch<float>();
        Span<float> recurrent = io.Scratch<float>().Slice(s.ChunkFloats, s.Batch * s.Width);
        int steps = io.Saves ? s.Time : s.ChunkSteps;
        ReadOnlySpan<float> r = io.Input(RecurrentRule.Recurrent), bias = io.Input(RecurrentRule.RecurrentBias);
        int two = 2 * s.Hidden;
        fixed (float* py = io.Output(0), ph = hidden, pz = products, pSaved = saved, pRecurrent = recurrent)
        fixed (int* pLengths = lengths)
        {
            ForwardStep job = new()
            {
                Shape = s,
                Gate = new GateFunction(op.Gate, RecurrentFunction.Sigmoid, op.Clip),
                CandidateFunction = new GateFunction(op.Candidate, RecurrentFunction.Tanh, op.Clip),
                Products = pz,
                Steps = steps,
                Recurrent = pRecurrent,
                Hidden = ph,
                Y = py,
                Lengths = pLengths,
                Before = pSaved is null ? null : pSaved + products.Length,
            };
            int first = 0;
            for (int done = 0; done < s.Time; done++)
            {
                int t = s.Next(io, op.Reverse, done, steps, products, ref first);
                job.T = t;
                job.Local = t - first;
                WorkerTeam team = Elementwise.Team(io.Team, hidden.Length, Cost);
                Span<float> row = products[((t - first) * s.Width)..];
                if (op.ResetAfter)
                {
                    Gemm.Multiply(s.Batch, s.Width, s.Hidden, hidden, s.Hidden, 1, r, 1, s.Hidden, recurrent, s.Width, false, bias, Activation.None, io.Team);
                    job.Phase = StepPart.All;
                    team.Run(s.Batch, job);
                    continue;
                }

                Gemm.Multiply(
                    s.Batch, two, s.Hidden, hidden, s.Hidden, 1, r, 1, s.Hidden, row, steps * s.Width, accumulate: true, bias.IsEmpty ? bias : bias[..two], Activation.None, io.Team);
                job.Phase = StepPart.Gates;
                team.Run(s.Batch, job);
                Gemm.Multiply(
                    s.Batch, s.Hidden, s.Hidden, recurrent, s.Hidden, 1, r[(two * s.Hidden)..], 1, s.Hidden, row[two..], steps * s.Width, accumulate: true,
                    bias.IsEmpty ? bias : bias[two..], Activation.None, io.Team);
                job.Phase = StepPart.Candidate;
                team.Run(s.Batch, job);
            }
        }
    }

    internal static void Backward(in Gru op, in Gradients io)
    {
        RecurrentShape s = RecurrentShape.Of(io.InputShape(RecurrentRule.Input), io.InputShape(RecurrentRule.Recurrent), 3);
        int states = s.Rows * s.Hidden, two = 2 * s.Hidden;
        Span<float> saved = io.Saved<float>();
        Span<float> dz = saved[..(s.Rows * s.Width)];
        ReadOnlySpan<float> before = saved.Slice(dz.Length, states);
        Span<float> inner = saved.Slice(dz.Length + states, states);
        Span<float> dh = io.OutputGradient(1);
        Span<float> sums = io.Scratch<float>()[..s.Width], product = io.Scratch<float>().Slice(s.Width, s.Batch * s.Hidden);
        ReadOnlySpan<float> r = io.Input(RecurrentRule.Recurrent);
        fixed (float* pdy = io.OutputGradient(0), pdh = dh, pSaved = saved, pProduct = product)
        fixed (int* pLengths = io.Input<int>(RecurrentRule.Lengths))
        {
            BackwardStep job = new()
            {
                Shape = s,
                Gate = new GateFunction(op.Gate, RecurrentFunction.Sigmoid, op.Clip),
                CandidateFunction = new GateFunction(op.Candidate, RecurrentFunction.Tanh, op.Clip),
                Gates = pSaved,
                Before = pSaved + dz.Length,
                Product = pProduct,
                OutputGradient = pdy,
                HiddenGradient = pdh,
                Lengths = pLengths,
            };
            for (int done = 0; done < s.Time; done++)
            {
                int t = job.T = op.Reverse ? done : s.Time - 1 - done;
                WorkerTeam team = Elementwise.Team(io.Team, dh.Length, Cost);
                Span<float> row = dz[(t * s.Width)..];
                job.Phase = op.ResetAfter ? StepPart.All : StepPart.Candidate;
                team.Run(s.Batch, job);
                if (op.ResetAfter)
                {
                    Gemm.Multiply(
                        s.Batch, s.Hidden, s.Hidden, inner[(t * s.Hidden)..], s.Time * s.Hidden, 1, r[(two * s.Hidden)..], s.Hidden, 1, dh, s.Hidden, true, default, Activation.None, io.Team);
                }
                else
                {
                    Gemm.Multiply(
                        s.Batch, s.Hidden, s.Hidden, row[two..], s.Time * s.Width, 1, r[(two * s.Hidden)..], s.Hidden, 1, product, s.Hidden, false, default, Activation.None, io.Team);
                    job.Phase = StepPart.Gates;
                    team.Run(s.Batch, job);
                }

                Gemm.Multiply(s.Batch, s.Hidden, two, row, s.Time * s.Width, 1, r, s.Hidden, 1, dh, s.Hidden, true, default, Activation.None, io.Team);
            }
        }

        s.InputGradients(io, dz);
        s.RecurrentGradient(io, Reset, 2, dz, s.Width, before);
        s.BiasGradient(io, dz, sums);
        if (op.ResetAfter)
        {
            s.RecurrentGradient(io, Candidate, 1, inner, s.Hidden, before);
            if (io.Wants(RecurrentRule.RecurrentBias))
            {
                ColumnSums.Run(s.Rows, s.Hidden, inner, sums[two..], accumulate: false, io.Team);
            }
        }
        else
        {
            s.RecurrentGradient(io, Candidate, 1, dz[two..], s.Width, inner);
        }

        RecurrentShape.RecurrentBiasGradient(io, sums);
        RecurrentShape.StateGradient(io, RecurrentRule.Hidden, dh);
    }

    /// <summary>What of a step is done at once: with reset before, a product stands between gates and candidate.</summary>
    private enum StepPart
    {
        All,
        Gates,
        Candidate,
    }

    /// <summary>One step; a part is a sample.</summary>
    private struct ForwardStep : IParallelJob
    {
        internal RecurrentShape Shape;
        internal GateFunction Gate;
        internal GateFunction CandidateFunction;
        internal float* Products;
        internal int Steps;
        internal float* Recurrent;
        internal float* Hidden;
        internal float* Y;
        internal int* Lengths;
        internal float* Before;
        internal StepPart Phase;
        internal int T;
        internal int Local;

        public readonly void Execute(int part)
        {
            int width = Shape.Hidden;
            bool active = Lengths is null || T < Lengths[part];
            nint row = ((nint)part * Shape.Time) + T, states = (nint)Shape.Rows * width;
            float* z = Products + ((((nint)part * Steps) + Local) * Shape.Width);
            float* recurrent = Recurrent + ((nint)part * (Phase == StepPart.All ? Shape.Width : width));
            float* h = Hidden + ((nint)part * width);
            float* y = Y + (row * width);
            float* before = Before is null ? null : Before + (row * width);
            for (int i = 0; i < width; i += Vector<float>.Count)
            {
                int n = RowVector.Count(i, width);
                Vector<float> old = RowVector.Load(h + i, n);
                Vector<float> reset = RowVector.Load(z + (Reset * width) + i, n), update = RowVector.Load(z + (Update * width) + i, n);
                Vector<float> candidate = RowVector.Load(z + (Candidate * width) + i, n);
                if (Phase != StepPart.Candidate)
                {
                    if (Phase == StepPart.All)
                    {
                        reset += RowVector.Load(recurrent + (Reset * width) + i, n);
                        update += RowVector.Load(recurrent + (Update * width) + i, n);
                    }

                    reset = Gate.Value(reset);
                    update = Gate.Value(update);
                    Vector<float> inner = Phase == StepPart.All ? RowVector.Load(recurrent + (Candidate * width) + i, n) : reset * old;
                    if (before is not null)
                    {
                        RowVector.Store(old, before + i, n);
                        RowVector.Store(inner, before + states + i, n);
                    }

                    RowVector.Store(reset, z + (Reset * width) + i, n);
                    RowVector.Store(update, z + (Update * width) + i, n);
                    if (Phase == StepPart.Gates)
                    {
                        RowVector.Store(inner, recurrent + i, n);
                        continue;
                    }

                    candidate += reset * inner;
                }

                candidate = CandidateFunction.Value(candidate);
                Vector<float> value = ((Vector<float>.One - update) * candidate) + (update * old);
                RowVector.Store(candidate, z + (Candidate * width) + i, n);
                RowVector.Store(active ? value : Vector<float>.Zero, y + i, n);
                RowVector.Store(active ? value : old, h + i, n);
            }
        }
    }

    /// <summary>The way back through one step, but for the recurrent products; a part is a sample.</summary>
    private struct BackwardStep : IParallelJob
    {
        internal RecurrentShape Shape;
        internal GateFunction Gate;
        internal GateFunction CandidateFunction;
        internal float* Gates;
        internal float* Before;
        internal float* Product;
        internal float* OutputGradient;
        internal float* HiddenGradient;
        internal int* Lengths;
        internal StepPart Phase;
        internal int T;

        public readonly void Execute(int part)
        {
            int width = Shape.Hidden;
            nint row = ((nint)part * Shape.Time) + T, states = (nint)Shape.Rows * width;
            float* z = Gates + (row * Shape.Width);
            float* before = Before + (row * width);
            float* inner = before + states;
            if (Lengths is not null && T >= Lengths[part])
            {
                // The step did nothing: what comes from later ones passes by.
                new Span<float>(z, Shape.Width).Clear();
                if (Phase == StepPart.All)
                {
                    new Span<float>(inner, width).Clear();
                }

                return;
            }

            float* dy = OutputGradient + (row * width);
            float* dh = HiddenGradient + ((nint)part * width);
            float* product = Product + ((nint)part * width);
            for (int i = 0; i < width; i += Vector<float>.Count)
            {
                int n = RowVector.Count(i, width);
                Vector<float> old = RowVector.Load(before + i, n), reset = RowVector.Load(z + (Reset * width) + i, n);
                if (Phase == StepPart.Gates)
                {
                    Vector<float> dProduct = RowVector.Load(product + i, n);
                    RowVector.Store(dProduct * old * Gate.Slope(reset), z + (Reset * width) + i, n);
                    RowVector.Store(RowVector.Load(dh + i, n) + (dProduct * reset), dh + i, n);
                    continue;
                }

                Vector<float> update = RowVector.Load(z + (Update * width) + i, n), candidate = RowVector.Load(z + (Candidate * width) + i, n);
                Vector<float> gradient = RowVector.Load(dh + i, n) + RowVector.Load(dy + i, n);
                Vector<float> dCandidate = gradient * (Vector<float>.One - update) * CandidateFunction.Slope(candidate);
                RowVector.Store(gradient * (old - candidate) * Gate.Slope(update), z + (Update * width) + i, n);
                RowVector.Store(dCandidate, z + (Candidate * width) + i, n);
                RowVector.Store(gradient * update, dh + i, n);
                if (Phase == StepPart.All)
                {
                    RowVector.Store(dCandidate * RowVector.Load(inner + i, n) * Gate.Slope(reset), z + (Reset * width) + i, n);
                    RowVector.Store(dCandidate * reset, inner + i, n);
                }
            }
        }
    }
}
