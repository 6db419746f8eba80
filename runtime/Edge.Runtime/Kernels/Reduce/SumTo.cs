using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Sums over the dimensions along which a tensor is repeated: reductions, and the gradients of broadcast operands.</summary>
/// <remarks>
/// The order of additions depends on the shape alone. Float32 sums are cut after a few hundred terms and collected in a second level, so the error
/// grows with the square root of the length at most; measured against a double sum in the tests.
/// </remarks>
internal static unsafe class SumTo
{
    private const int BlockWidth = 256;
    private const int RowsPerSum = 256;
    private const int ElementsPerSum = 2048;

    /// <summary>destination[i] = scale · Σ source · factor over all positions of the result that the first tensor of the shape repeats i for.</summary>
    /// <param name="team">The threads.</param>
    /// <param name="shape">The destination's shape and the factor's shape.</param>
    /// <param name="source">A value for each position of the result, row-major.</param>
    /// <param name="factor">The factor, in the shape of the second tensor; empty for 1.</param>
    /// <param name="scale">Multiplies every sum.</param>
    /// <param name="destination">In the shape of the first tensor.</param>
    /// <param name="accumulate">Whether to add to the destination.</param>
    internal static void Run(
        WorkerTeam team, in BroadcastShape shape, ReadOnlySpan<float> source, ReadOnlySpan<float> factor, float scale, Span<float> destination, bool accumulate)
    {
        Debug.Assert(source.Length == shape.Length && destination.Length == shape.Length0);
        int reduced = shape.Length / shape.Length0;
        fixed (float* ps = source, pf = factor, pd = destination)
        {
            Job job = new() { Shape = shape, Source = ps, Factor = factor.IsEmpty ? null : pf, Destination = pd, Scale = scale, Accumulate = accumulate };
            int parts;
            if (shape.Step0 == 1)
            {
                job.Reduced = reduced;
                job.Blocks = (shape.RowLength + BlockWidth - 1) / BlockWidth;
                parts = shape.Length0 / shape.RowLength * job.Blocks;
            }
            else
            {
                job.Reduced = reduced / shape.RowLength;
                job.Sums = Math.Max(1, Elementwise.Chunk / reduced);
                parts = (shape.Length0 + job.Sums - 1) / job.Sums;
            }

            Elementwise.Team(team, source.Length, 1).Run(parts, job);
        }
    }

    private struct Job : IParallelJob
    {
        internal BroadcastShape Shape;
        internal float* Source;
        internal float* Factor;
        internal float* Destination;
        internal float Scale;
        internal bool Accumulate;
        internal int Reduced;            // positions summed, of rows (Step0 = 1) or of whole rows (Step0 = 0)
        internal int Blocks;             // blocks of a row of the destination
        internal int Sums;               // destination elements of a part

        public readonly void Execute(int part)
        {
            if (Shape.Step0 == 1)
            {
                SumRows(part / Blocks, part % Blocks * BlockWidth);
                return;
            }

            int last = Math.Min((part * Sums) + Sums, Shape.Length0);
            for (int i = part * Sums; i < last; i++)
            {
                (int destination, int source, int factor) = Start(i, repeated: false);
                double sum = 0;
                for (int k = 0; k < Reduced; k++)
                {
                    (_, int sourceStep, int factorStep) = Start(k, repeated: true);
                    sum += SumRow(Source + source + sourceStep, Factor + factor + factorStep);
                }

                float value = (float)(sum * Scale);
                Destination[destination] = Accumulate ? Destination[destination] + value : value;
            }
        }

        // The innermost dimension stays: whole pieces of rows are added up.
        private readonly void SumRows(int row, int column)
        {
            int width = Math.Min(BlockWidth, Shape.RowLength - column);
            float* sums = stackalloc float[BlockWidth];
            float* totals = stackalloc float[BlockWidth];
            Clear(sums);
            Clear(totals);
            (int destination, int source, int factor) = Start(row, repeated: false);
            for (int k = 0; k < Reduced; k++)
            {
                (_, int sourceStep, int factorStep) = Start(k, repeated: true);
                AddRow(Source + source + sourceStep + column, Factor + factor + factorStep + (column * Shape.Step1), sums, width);
                if ((k + 1) % RowsPerSum == 0)
                {
                    Add(sums, totals);
                    Clear(sums);
                }
            }

            Add(sums, totals);
            float* target = Destination + destination + column;
            for (int i = 0; i < width; i++)
            {
                target[i] = Accumulate ? target[i] + (totals[i] * Scale) : totals[i] * Scale;
            }
        }

        private readonly void AddRow(float* source, float* factor, float* sums, int width)
        {
            int i = 0;
            if (Factor is null)
            {
                for (; i <= width - Vector<float>.Count; i += Vector<float>.Count)
                {
                    (Vector.Load(sums + i) + Vector.Load(source + i)).Store(sums + i);
                }

                for (; i < width; i++)
                {
                    sums[i] += source[i];
                }
            }
            else if (Shape.Step1 == 0)
            {
                Vector<float> same = new(*factor);
                for (; i <= width - Vector<float>.Count; i += Vector<float>.Count)
                {
                    (Vector.Load(sums + i) + (Vector.Load(source + i) * same)).Store(sums + i);
                }

                for (; i < width; i++)
                {
                    sums[i] += source[i] * *factor;
                }
            }
            else
            {
                for (; i <= width - Vector<float>.Count; i += Vector<float>.Count)
                {
                    (Vector.Load(sums + i) + (Vector.Load(source + i) * Vector.Load(factor + i))).Store(sums + i);
                }

                for (; i < width; i++)
                {
                    sums[i] += source[i] * factor[i];
                }
            }
        }

        // The innermost dimension goes: a row becomes one number. A factor cannot be repeated there too, or the dimension would not exist.
        private readonly double SumRow(float* source, float* factor)
        {
            double total = 0;
            for (int start = 0; start < Shape.RowLength; start += ElementsPerSum)
            {
                int end = Math.Min(start + ElementsPerSum, Shape.RowLength);
                int i = start;
                Vector<float> lanes = Vector<float>.Zero;
                for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
                {
                    lanes += Factor is null ? Vector.Load(source + i) : Vector.Load(source + i) * Vector.Load(factor + i);
                }

                total += Vector.Sum(lanes);
                for (; i < end; i++)
                {
                    total += Factor is null ? source[i] : source[i] * factor[i];
                }
            }

            return total;
        }

        // Where the index-th position of the repeated (or the other) dimensions begins; the innermost one is left out.
        private readonly (int Destination, int Source, int Factor) Start(int index, bool repeated)
        {
            int destination = 0;
            int source = 0;
            int factor = 0;
            int stride = Shape.RowLength;
            for (int i = 1; i < Shape.Rank; i++)
            {
                int size = Shape.Size(i);
                if ((Shape.Stride0(i) == 0) == repeated)
                {
                    (index, int position) = Math.DivRem(index, size);
                    destination += position * Shape.Stride0(i);
                    source += position * stride;
                    factor += position * Shape.Stride1(i);
                }

                stride *= size;
            }

            return (destination, source, factor);
        }

        private static void Clear(float* values) => Unsafe.InitBlockUnaligned(values, 0, BlockWidth * sizeof(float));

        private static void Add(float* values, float* totals)
        {
            for (int i = 0; i < BlockWidth; i += Vector<float>.Count)
            {
                (Vector.Load(totals + i) + Vector.Load(values + i)).Store(totals + i);
            }
        }
    }
}
