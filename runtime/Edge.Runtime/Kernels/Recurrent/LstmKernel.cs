using System.Numerics;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Long short-term memory, step by step.</summary>
/// <remarks>
/// Saved for the backward phase, row by row: gates after their functions [rows, 4 · hidden], h before the step [rows, state], c before the step and output(c') [rows, hidden] each, and with
/// a projection what it read [rows, hidden] and gave [rows, state]. The backward phase turns the gates into the gradients of what went into them, output(c') into c', which the output
/// peephole needs, and what the projection gave into its gradient.
/// </remarks>
internal static unsafe class LstmKernel
{
    /// <summary>Time of an element in units of a plain copy.</summary>
    private const int Cost = 60;

    internal static void Forward(in Lstm op, in Buffers io)
    {
        RecurrentShape s = RecurrentShape.Of(io.InputShape(RecurrentRule.Input), io.InputShape(RecurrentRule.Recurrent), gates: 4);
        ReadOnlySpan<int> lengths = io.Input<int>(RecurrentRule.Lengths);
        s.CheckLengths(lengths);
        Span<float> hidden = io.Output(1), cell = io.Output(2);
        RecurrentShape.Start(io.Input(RecurrentRule.Hidden), hidden);
        RecurrentShape.Start(io.Input(RecurrentRule.Cell), cell);
        Span<float> saved = io.Saves ? io.Saved<float>() : default;
        ReadOnlySpan<float> projection = io.Input(RecurrentRule.Projection);
        Span<float> cells = projection.IsEmpty ? default : io.Scratch<float>().Slice(s.ChunkFloats, s.Batch * s.Hidden);
        Span<float> projected = projection.IsEmpty ? default : io.Scratch<float>().Slice(s.ChunkFloats + cells.Length, s.Batch * s.State);
        Span<float> products = io.Saves ? saved[..(s.Rows * s.Width)] : io.Scratch<float>();
        int steps = io.Saves ? s.Time : s.ChunkSteps;
        fixed (float* py = io.Output(0), ph = hidden, pc = cell, pz = products, pSaved = saved, pPeephole = io.Input(RecurrentRule.Peephole), pCells = cells, pProjected = projected)
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
                Unprojected = pCells,
                Projected = pProjected,
                ProjectionClip = op.ProjectionClip,
            };
            int first = 0;
            for (int done = 0; done < s.Time; done++)
            {
                int t = s.Next(io, op.Reverse, done, steps, products, ref first);
                Gemm.Multiply(
                    s.Batch, s.Width, s.State, hidden, s.State, 1, io.Input(RecurrentRule.Recurrent), 1, s.State,
                    products[((t - first) * s.Width)..], steps * s.Width, accumulate: true, io.Input(RecurrentRule.RecurrentBias), Activation.None, io.Team);
                job.T = t;
                job.Local = t - first;
                Elementwise.Team(io.Team, cell.Length, Cost).Run(s.Batch, job);
                if (!projection.IsEmpty)
                {
                    Gemm.Multiply(
                        s.Batch, s.State, s.Hidden, cells, s.Hidden, 1, projection, 1, s.Hidden, projected, s.State, false, io.Input(RecurrentRule.ProjectionBias), Activation.None, io.Team);
                    for (int sample = 0; sample < s.Batch; sample++)
                    {
                        job.Project(sample);
                    }
                }
            }
        }
    }

    internal static void Backward(in Lstm op, in Gradients io)
    {
        RecurrentShape s = RecurrentShape.Of(io.InputShape(RecurrentRule.Input), io.InputShape(RecurrentRule.Recurrent), gates: 4);
        Span<float> saved = io.Saved<float>();
        Span<float> dz = saved[..(s.Rows * s.Width)];
        int states = s.Rows * s.State, cells = s.Rows * s.Hidden;
        ReadOnlySpan<float> before = saved.Slice(dz.Length, states), projection = io.Input(RecurrentRule.Projection);
        Span<float> sums = io.Scratch<float>()[..s.Width];
        Span<float> unprojected = projection.IsEmpty ? default : io.Scratch<float>().Slice(s.Width, s.Batch * s.Hidden);
        Span<float> projected = projection.IsEmpty ? default : saved.Slice(dz.Length + states + (3 * cells), states);

        // The gradients of the last states become those of the states before each step.
        Span<float> dh = io.OutputGradient(1), dc = io.OutputGradient(2);
        fixed (float* pdy = io.OutputGradient(0), pdh = dh, pdc = dc, pSaved = saved, pPeephole = io.Input(RecurrentRule.Peephole), pUnprojected = unprojected, pProjected = projected)
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
                Unprojected = pUnprojected,
                Projected = pProjected,
                ProjectionClip = op.ProjectionClip,
            };
            for (int done = 0; done < s.Time; done++)
            {
                job.T = op.Reverse ? done : s.Time - 1 - done;
                if (!projection.IsEmpty)
                {
                    for (int sample = 0; sample < s.Batch; sample++)
                    {
                        job.Project(sample);
                    }

                    Gemm.Multiply(
                        s.Batch, s.Hidden, s.State, projected[(job.T * s.State)..], s.Time * s.State, 1, projection, s.Hidden, 1, unprojected, s.Hidden, false, default, Activation.None, io.Team);
                }

                Elementwise.Team(io.Team, dc.Length, Cost).Run(s.Batch, job);
                Gemm.Multiply(
                    s.Batch, s.State, s.Width, dz[(job.T * s.Width)..], s.Time * s.Width, 1, io.Input(RecurrentRule.Recurrent), s.State, 1,
                    dh, s.State, accumulate: true, default, Activation.None, io.Team);
            }
        }

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

            ReadOnlySpan<float> old = saved.Slice(dz.Length + states, cells), after = saved.Slice(dz.Length + states + cells, cells);
            for (int row = 0; row < s.Rows; row++)
            {
                ReadOnlySpan<float> gates = dz.Slice(row * s.Width, s.Width);
                for (int i = 0; i < s.Hidden; i++)
                {
                    float c = old[(row * s.Hidden) + i];
                    gradient[i] += gates[i] * c;
                    gradient[s.Hidden + i] += gates[s.Hidden + i] * c;
                    gradient[(2 * s.Hidden) + i] += gates[(3 * s.Hidden) + i] * after[(row * s.Hidden) + i];
                }
            }
        }

        if (io.Wants(RecurrentRule.Projection))
        {
            Gemm.Multiply(
                s.State, s.Hidden, s.Rows, projected, 1, s.State, saved.Slice(dz.Length + states + (2 * cells), cells), s.Hidden, 1,
                io.InputGradient(RecurrentRule.Projection), s.Hidden, io.Accumulate(RecurrentRule.Projection), default, Activation.None, io.Team);
        }

        if (io.Wants(RecurrentRule.ProjectionBias))
        {
            ColumnSums.Run(s.Rows, s.State, projected, io.InputGradient(RecurrentRule.ProjectionBias), io.Accumulate(RecurrentRule.ProjectionBias), io.Team);
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
        internal float* Unprojected;
        internal float* Projected;
        internal float ProjectionClip;
        internal int T;
        internal int Local;

        public readonly void Execute(int part)
        {
            int width = Shape.Hidden;
            nint row = ((nint)part * Shape.Time) + T, states = (nint)Shape.Rows * Shape.State, cells = (nint)Shape.Rows * width;
            float* z = Products + ((((nint)part * Steps) + Local) * Shape.Width);
            float* h = Hidden + ((nint)part * Shape.State);
            float* c = Cell + ((nint)part * width);
            float* y = Y + (row * Shape.State);
            float* shownCells = Unprojected is null ? null : Unprojected + ((nint)part * width);
            float* before = Saved is null ? null : Saved + states + (row * width);
            if (Saved is not null)
            {
                new ReadOnlySpan<float>(h, Shape.State).CopyTo(new Span<float>(Saved + (row * Shape.State), Shape.State));
                new ReadOnlySpan<float>(c, width).CopyTo(new Span<float>(before, width));
            }

            if (!IsActive(part))
            {
                new Span<float>(y, Shape.State).Clear();
                if (Saved is not null && Unprojected is not null)
                {
                    new Span<float>(before + (2 * cells), width).Clear();
                }

                return;
            }

            for (int i = 0; i < width; i += Vector<float>.Count)
            {
                int n = RowVector.Count(i, width);
                Vector<float> cell = RowVector.Load(c + i, n);
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

                Vector<float> output = Gate.Value(zo), shown = Output.Value(cell), value = output * shown;
                RowVector.Store(cell, c + i, n);
                if (shownCells is not null)
                {
                    RowVector.Store(value, shownCells + i, n);
                }
                else
                {
                    RowVector.Store(value, h + i, n);
                    RowVector.Store(value, y + i, n);
                }

                if (before is not null)
                {
                    RowVector.Store(input, z + i, n);
                    RowVector.Store(forget, z + width + i, n);
                    RowVector.Store(candidate, z + (2 * width) + i, n);
                    RowVector.Store(output, z + (3 * width) + i, n);
                    RowVector.Store(shown, before + cells + i, n);
                    if (shownCells is not null)
                    {
                        RowVector.Store(value, before + (2 * cells) + i, n);
                    }
                }
            }
        }

        /// <summary>Makes what the projection of a sample gave its h.</summary>
        internal readonly void Project(int part)
        {
            if (!IsActive(part))
            {
                return;
            }

            nint row = ((nint)part * Shape.Time) + T;
            ReadOnlySpan<float> given = new(Projected + ((nint)part * Shape.State), Shape.State);
            Span<float> h = new(Hidden + ((nint)part * Shape.State), Shape.State);
            for (int i = 0; i < h.Length; i++)
            {
                // A NaN passes both comparisons, as it passes the other clamps.
                float value = given[i];
                h[i] = ProjectionClip > 0 ? value < -ProjectionClip ? -ProjectionClip : value > ProjectionClip ? ProjectionClip : value : value;
            }

            h.CopyTo(new Span<float>(Y + (row * Shape.State), Shape.State));
            if (Saved is not null)
            {
                h.CopyTo(new Span<float>(Saved + ((nint)Shape.Rows * (Shape.State + (3 * Shape.Hidden))) + (row * Shape.State), Shape.State));
            }
        }

        private readonly bool IsActive(int part) => Lengths is null || T < Lengths[part];
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
        internal float* Unprojected;
        internal float* Projected;
        internal float ProjectionClip;
        internal int T;

        /// <summary>Makes what the projection of a sample gave its gradient.</summary>
        internal readonly void Project(int part)
        {
            nint row = ((nint)part * Shape.Time) + T;
            Span<float> given = new(Projected + (row * Shape.State), Shape.State);
            if (!IsActive(part))
            {
                given.Clear();
                return;
            }

            ReadOnlySpan<float> dy = new(OutputGradient + (row * Shape.State), Shape.State);
            Span<float> dh = new(HiddenGradient + ((nint)part * Shape.State), Shape.State);
            for (int i = 0; i < dh.Length; i++)
            {
                given[i] = ProjectionClip > 0 && Math.Abs(given[i]) >= ProjectionClip ? 0 : dy[i] + dh[i];
                dh[i] = 0;
            }
        }

        private readonly bool IsActive(int part) => Lengths is null || T < Lengths[part];

        public readonly void Execute(int part)
        {
            int width = Shape.Hidden;
            nint row = ((nint)part * Shape.Time) + T, states = (nint)Shape.Rows * Shape.State, cells = (nint)Shape.Rows * width;
            float* z = Gates + (row * Shape.Width);
            float* shown = Saved + states + cells + (row * width);
            if (!IsActive(part))
            {
                // The step did nothing: what comes from later ones passes by.
                new Span<float>(z, Shape.Width).Clear();
                new Span<float>(shown, width).Clear();
                return;
            }

            float* before = Saved + states + (row * width);
            float* dy = OutputGradient + (row * Shape.State);
            float* dh = HiddenGradient + ((nint)part * Shape.State);
            float* dc = CellGradient + ((nint)part * width);
            for (int i = 0; i < width; i += Vector<float>.Count)
            {
                int n = RowVector.Count(i, width);
                Vector<float> input = RowVector.Load(z + i, n), forget = RowVector.Load(z + width + i, n);
                Vector<float> candidate = RowVector.Load(z + (2 * width) + i, n), output = RowVector.Load(z + (3 * width) + i, n);
                Vector<float> old = RowVector.Load(before + i, n), value = RowVector.Load(shown + i, n);
                Vector<float> cell = (forget * old) + (input * candidate), unclipped = cell;
                Vector<float> gradient = Unprojected is null
                    ? RowVector.Load(dh + i, n) + RowVector.Load(dy + i, n)
                    : RowVector.Load(Unprojected + ((nint)part * width) + i, n);
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
                if (Unprojected is null)
                {
                    RowVector.Store(Vector<float>.Zero, dh + i, n);
                }
            }
        }
    }
}
