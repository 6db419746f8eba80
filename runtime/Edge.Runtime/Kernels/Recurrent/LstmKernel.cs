using System.Numerics;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Long short-term memory, step by step.</summary>
/// <remarks>
/// Saved for the backward phase, row by row: gates after their functions [rows, 4 · hidden], then h before the step, c before the step and output(c') [rows, hidden] each. The backward
/// phase turns the gates into the gradients of what went into them, and output(c') into c', which the output peephole needs.
/// </remarks>
internal static unsafe class LstmKernel
{
    /// <summary>Time of an element in units of a plain copy.</summary>
    private const int Cost = 60;

    internal static void Forward(in Lstm op, in Buffers io)
    {
        RecurrentShape s = RecurrentShape.Of(io.InputShape(RecurrentRule.Input), io.InputShape(RecurrentRule.Recurrent));
        ReadOnlySpan<int> lengths = io.Input<int>(RecurrentRule.Lengths);
        s.CheckLengths(lengths);
        Span<float> hidden = io.Output(1), cell = io.Output(2);
        RecurrentShape.Start(io.Input(RecurrentRule.Hidden), hidden);
        RecurrentShape.Start(io.Input(RecurrentRule.Cell), cell);
        int states = s.Rows * s.Hidden;
        Span<float> saved = io.Saves ? io.Saved<float>() : default;
        Span<float> products = io.Saves ? saved[..(s.Rows * s.Width)] : io.Scratch<float>();
        int steps = io.Saves ? s.Time : s.ChunkSteps;
        fixed (float* py = io.Output(0), ph = hidden, pc = cell, pz = products, pSaved = saved, pPeephole = io.Input(RecurrentRule.Peephole))
        fixed (int* pLengths = lengths)
        {
            ForwardStep job = new()
            {
                Shape = s,
                Gate = new GateFunction(op.Gate, RecurrentFunction.Sigmoid, op.Clip),
                Candidate = new GateFunction(op.Candidate, RecurrentFunction.Tanh, op.Clip),
                Output = new GateFunction(op.Output, RecurrentFunction.Tanh),
                CellClip = op.CellClip,
                Coupled = op.CoupledForget,
                Products = pz,
                Steps = steps,
                Hidden = ph,
                Cell = pc,
                Y = py,
                Peephole = pPeephole,
                Lengths = pLengths,
                Saved = pSaved is null ? null : pSaved + ((nint)s.Rows * s.Width),
            };
            int first = 0;
            for (int done = 0; done < s.Time; done++)
            {
                int t = op.Reverse ? s.Time - 1 - done : done;
                if (done % steps == 0)
                {
                    int count = Math.Min(steps, s.Time - done);
                    first = op.Reverse ? t - count + 1 : t;
                    s.Project(first, count, io.Input(RecurrentRule.Input), io.Input(RecurrentRule.Weights), io.Input(RecurrentRule.Bias), products, steps, io.Team);
                }

                Gemm.Multiply(
                    s.Batch, s.Width, s.Hidden, hidden, s.Hidden, 1, io.Input(RecurrentRule.Recurrent), 1, s.Hidden,
                    products[((t - first) * s.Width)..], steps * s.Width, accumulate: true, io.Input(RecurrentRule.RecurrentBias), Activation.None, io.Team);
                job.T = t;
                job.Local = t - first;
                Elementwise.Team(io.Team, hidden.Length, Cost).Run(s.Batch, job);
            }
        }
    }

    internal static void Backward(in Lstm op, in Gradients io)
    {
        RecurrentShape s = RecurrentShape.Of(io.InputShape(RecurrentRule.Input), io.InputShape(RecurrentRule.Recurrent));
        Span<float> saved = io.Saved<float>();
        Span<float> dz = saved[..(s.Rows * s.Width)];
        int states = s.Rows * s.Hidden;
        ReadOnlySpan<float> before = saved.Slice(dz.Length, states);

        // The gradients of the last states become those of the states before each step.
        Span<float> dh = io.OutputGradient(1), dc = io.OutputGradient(2);
        fixed (float* pdy = io.OutputGradient(0), pdh = dh, pdc = dc, pSaved = saved, pPeephole = io.Input(RecurrentRule.Peephole))
        fixed (int* pLengths = io.Input<int>(RecurrentRule.Lengths))
        {
            BackwardStep job = new()
            {
                Shape = s,
                Gate = new GateFunction(op.Gate, RecurrentFunction.Sigmoid, op.Clip),
                Candidate = new GateFunction(op.Candidate, RecurrentFunction.Tanh, op.Clip),
                Output = new GateFunction(op.Output, RecurrentFunction.Tanh),
                CellClip = op.CellClip,
                Coupled = op.CoupledForget,
                Gates = pSaved,
                Saved = pSaved + dz.Length,
                OutputGradient = pdy,
                HiddenGradient = pdh,
                CellGradient = pdc,
                Peephole = pPeephole,
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
        RecurrentShape.StateGradient(io, RecurrentRule.Cell, dc);
        if (io.Wants(RecurrentRule.Peephole))
        {
            Span<float> gradient = io.InputGradient(RecurrentRule.Peephole);
            if (!io.Accumulate(RecurrentRule.Peephole))
            {
                gradient.Clear();
            }

            ReadOnlySpan<float> cells = saved.Slice(dz.Length + states, states), after = saved.Slice(dz.Length + (2 * states), states);
            for (int row = 0; row < s.Rows; row++)
            {
                ReadOnlySpan<float> gates = dz.Slice(row * s.Width, s.Width);
                for (int i = 0; i < s.Hidden; i++)
                {
                    float c = cells[(row * s.Hidden) + i];
                    gradient[i] += gates[i] * c;
                    gradient[s.Hidden + i] += gates[s.Hidden + i] * c;
                    gradient[(2 * s.Hidden) + i] += gates[(3 * s.Hidden) + i] * after[(row * s.Hidden) + i];
                }
            }
        }
    }

    /// <summary>One step; a part is a sample.</summary>
    private struct ForwardStep : IParallelJob
    {
        internal RecurrentShape Shape;
        internal GateFunction Gate;
        internal GateFunction Candidate;
        internal GateFunction Output;
        internal float CellClip;
        internal bool Coupled;
        internal float* Products;
        internal int Steps;
        internal float* Hidden;
        internal float* Cell;
        internal float* Y;
        internal float* Peephole;
        internal int* Lengths;
        internal float* Saved;
        internal int T;
        internal int Local;

        public readonly void Execute(int part)
        {
            int width = Shape.Hidden;
            bool active = Lengths is null || T < Lengths[part];
            nint row = ((nint)part * Shape.Time) + T, states = (nint)Shape.Rows * width;
            float* z = Products + ((((nint)part * Steps) + Local) * Shape.Width);
            float* h = Hidden + ((nint)part * width);
            float* c = Cell + ((nint)part * width);
            float* y = Y + (row * width);
            float* saved = Saved is null ? null : Saved + (row * width);
            for (int i = 0; i < width; i += Vector<float>.Count)
            {
                int n = RowVector.Count(i, width);
                Vector<float> cell = RowVector.Load(c + i, n);
                if (saved is not null)
                {
                    RowVector.Store(RowVector.Load(h + i, n), saved + i, n);
                    RowVector.Store(cell, saved + states + i, n);
                }

                if (!active)
                {
                    RowVector.Store(Vector<float>.Zero, y + i, n);
                    continue;
                }

                Vector<float> zi = RowVector.Load(z + i, n), zf = RowVector.Load(z + width + i, n), zo = RowVector.Load(z + (3 * width) + i, n);
                if (Peephole is not null)
                {
                    zi += RowVector.Load(Peephole + i, n) * cell;
                    zf += RowVector.Load(Peephole + width + i, n) * cell;
                }

                Vector<float> input = Gate.Value(zi);
                Vector<float> forget = Coupled ? Vector<float>.One - input : Gate.Value(zf);
                Vector<float> candidate = Candidate.Value(RowVector.Load(z + (2 * width) + i, n));
                cell = (forget * cell) + (input * candidate);
                if (CellClip > 0)
                {
                    cell = GateFunction.Clamp(cell, CellClip);
                }

                if (Peephole is not null)
                {
                    zo += RowVector.Load(Peephole + (2 * width) + i, n) * cell;
                }

                Vector<float> output = Gate.Value(zo), shown = Output.Value(cell);
                RowVector.Store(cell, c + i, n);
                RowVector.Store(output * shown, h + i, n);
                RowVector.Store(output * shown, y + i, n);
                if (saved is not null)
                {
                    RowVector.Store(input, z + i, n);
                    RowVector.Store(forget, z + width + i, n);
                    RowVector.Store(candidate, z + (2 * width) + i, n);
                    RowVector.Store(output, z + (3 * width) + i, n);
                    RowVector.Store(shown, saved + (2 * states) + i, n);
                }
            }
        }
    }

    /// <summary>The way back through one step, but for the recurrent product; a part is a sample.</summary>
    private struct BackwardStep : IParallelJob
    {
        internal RecurrentShape Shape;
        internal GateFunction Gate;
        internal GateFunction Candidate;
        internal GateFunction Output;
        internal float CellClip;
        internal bool Coupled;
        internal float* Gates;
        internal float* Saved;
        internal float* OutputGradient;
        internal float* HiddenGradient;
        internal float* CellGradient;
        internal float* Peephole;
        internal int* Lengths;
        internal int T;

        public readonly void Execute(int part)
        {
            int width = Shape.Hidden;
            nint row = ((nint)part * Shape.Time) + T, states = (nint)Shape.Rows * width;
            float* z = Gates + (row * Shape.Width);
            float* shown = Saved + (2 * states) + (row * width);
            if (Lengths is not null && T >= Lengths[part])
            {
                // The step did nothing: what comes from later ones passes by.
                new Span<float>(z, Shape.Width).Clear();
                new Span<float>(shown, width).Clear();
                return;
            }

            float* before = Saved + states + (row * width);
            float* dy = OutputGradient + (row * width);
            float* dh = HiddenGradient + ((nint)part * width);
            float* dc = CellGradient + ((nint)part * width);
            for (int i = 0; i < width; i += Vector<float>.Count)
            {
                int n = RowVector.Count(i, width);
                Vector<float> input = RowVector.Load(z + i, n), forget = RowVector.Load(z + width + i, n);
                Vector<float> candidate = RowVector.Load(z + (2 * width) + i, n), output = RowVector.Load(z + (3 * width) + i, n);
                Vector<float> old = RowVector.Load(before + i, n), value = RowVector.Load(shown + i, n);
                Vector<float> cell = (forget * old) + (input * candidate), unclipped = cell;
                Vector<float> gradient = RowVector.Load(dh + i, n) + RowVector.Load(dy + i, n);
                Vector<float> dOutput = gradient * value * Gate.Slope(output);
                Vector<float> dCell = RowVector.Load(dc + i, n) + (gradient * output * Output.Slope(value));
                if (Peephole is not null)
                {
                    dCell += dOutput * RowVector.Load(Peephole + (2 * width) + i, n);
                }

                if (CellClip > 0)
                {
                    cell = GateFunction.Clamp(cell, CellClip);
                    dCell = GateFunction.Inside(unclipped, new Vector<float>(-CellClip), new Vector<float>(CellClip), dCell);
                }

                Vector<float> dInput = dCell * (Coupled ? candidate - old : candidate) * Gate.Slope(input);
                Vector<float> dForget = Coupled ? Vector<float>.Zero : dCell * old * Gate.Slope(forget);
                Vector<float> dCandidate = dCell * input * Candidate.Slope(candidate);
                dCell *= forget;
                if (Peephole is not null)
                {
                    dCell += (dInput * RowVector.Load(Peephole + i, n)) + (dForget * RowVector.Load(Peephole + width + i, n));
                }

                RowVector.Store(dInput, z + i, n);
                RowVector.Store(dForget, z + width + i, n);
                RowVector.Store(dCandidate, z + (2 * width) + i, n);
                RowVector.Store(dOutput, z + (3 * width) + i, n);
                RowVector.Store(cell, shown + i, n);
                RowVector.Store(dCell, dc + i, n);
                RowVector.Store(Vector<float>.Zero, dh + i, n);
            }
        }
    }
}
