using System.Diagnostics;
using System.Numerics;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Loops of the losses. Each part leaves one partial sum in double; the caller adds them in their order, so threads change nothing.</summary>
internal static unsafe class LossKernels
{
    /// <summary>Partial sums that a loss over single elements needs.</summary>
    internal static int Parts(int length) => (length + Elementwise.Chunk - 1) / Elementwise.Chunk;

    /// <summary>Partial sums that <see cref="SoftmaxCrossEntropy"/> needs.</summary>
    internal static int RowParts(int rows, int columns) => (rows + SoftmaxKernel.RowsPerPart(columns) - 1) / SoftmaxKernel.RowsPerPart(columns);

    /// <summary>probabilities = softmax(logits) row by row; returns Σ −Σ target · log(probability) over the rows. Labels, or targets where there are no labels.</summary>
    internal static double SoftmaxCrossEntropy(
        WorkerTeam team, int rows, int columns, ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, ReadOnlySpan<float> targets, Span<float> probabilities, Span<double> partials)
    {
        fixed (float* px = logits, pt = targets, py = probabilities)
        fixed (int* pl = labels)
        fixed (double* pp = partials)
        {
            CrossEntropyJob job = new()
            {
                Logits = px,
                Labels = pl,
                Targets = pt,
                Probabilities = py,
                Partials = pp,
                Rows = rows,
                Columns = columns,
                RowsPerPart = SoftmaxKernel.RowsPerPart(columns),
            };
            Elementwise.Team(team, logits.Length, SoftmaxKernel.Cost).Run(RowParts(rows, columns), job);
        }

        return Sum(partials[..RowParts(rows, columns)]);
    }

    /// <summary>dx = scale · (Σ target · probability − target) row by row, or adds that. Labels, or targets where there are no labels.</summary>
    internal static void SoftmaxCrossEntropyBackward(
        WorkerTeam team, int rows, int columns, ReadOnlySpan<float> probabilities, ReadOnlySpan<int> labels, ReadOnlySpan<float> targets, float scale, Span<float> dx, bool accumulate)
    {
        if (!labels.IsEmpty)
        {
            Elementwise.CopyScaled(team, scale, probabilities, dx, accumulate);
            for (int row = 0; row < rows; row++)
            {
                dx[(row * columns) + labels[row]] -= scale;
            }

            return;
        }

        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> target = targets.Slice(row * columns, columns);
            float sum = 0;
            foreach (float value in target)
            {
                sum += value;
            }

            Span<float> gradient = dx.Slice(row * columns, columns);
            ReadOnlySpan<float> probability = probabilities.Slice(row * columns, columns);
            Elementwise.Zip(WorkerTeam.Single, new TargetSlope(sum * scale, scale), probability, target, gradient, accumulate);
        }
    }

    /// <summary>sigmoids = 1 / (1 + exp(−x)); returns Σ max(x, 0) − x t + log(1 + exp(−|x|)).</summary>
    internal static double BinaryCrossEntropy(WorkerTeam team, ReadOnlySpan<float> logits, ReadOnlySpan<float> targets, Span<float> sigmoids, Span<double> partials) =>
        Run(team, default(BinaryKernel), SoftmaxKernel.Cost, logits, targets, sigmoids, partials);

    /// <summary>dx = scale · (x − target), or adds that.</summary>
    internal static void DifferenceBackward(WorkerTeam team, ReadOnlySpan<float> x, ReadOnlySpan<float> targets, float scale, Span<float> dx, bool accumulate) =>
        Elementwise.Zip(team, new TargetSlope(scale, scale), x, targets, dx, accumulate);

    /// <summary>copy = x; returns Σ (x − t)².</summary>
    internal static double SquaredError(WorkerTeam team, ReadOnlySpan<float> x, ReadOnlySpan<float> targets, Span<float> copy, Span<double> partials) =>
        Run(team, default(SquareKernel), 1, x, targets, copy, partials);

    private static double Run<TKernel>(WorkerTeam team, TKernel kernel, int cost, ReadOnlySpan<float> x, ReadOnlySpan<float> targets, Span<float> report, Span<double> partials)
        where TKernel : unmanaged, ILossKernel
    {
        Debug.Assert(x.Length == targets.Length && report.Length == x.Length && partials.Length >= Parts(x.Length));
        fixed (float* px = x, pt = targets, pr = report)
        fixed (double* pp = partials)
        {
            ElementJob<TKernel> job = new() { Kernel = kernel, X = px, Targets = pt, Report = pr, Partials = pp, Length = x.Length };
            Elementwise.Team(team, x.Length, cost).Run(Parts(x.Length), job);
        }

        return Sum(partials[..Parts(x.Length)]);
    }

    private static double Sum(ReadOnlySpan<double> partials)
    {
        double sum = 0;
        foreach (double partial in partials)
        {
            sum += partial;
        }

        return sum;
    }

    /// <summary>A loss of single elements.</summary>
    private interface ILossKernel
    {
        /// <summary>The loss of each element, and what to report for it.</summary>
        Vector<float> Loss(Vector<float> x, Vector<float> target, out Vector<float> report);
    }

    private readonly struct BinaryKernel : ILossKernel
    {
        public Vector<float> Loss(Vector<float> x, Vector<float> target, out Vector<float> report)
        {
            Vector<float> small = VectorMath.Exp(-Vector.Abs(x));
            Vector<float> positive = Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), Vector<float>.Zero, x);

            // Sigmoid(−|x|) = small / (1 + small), and sigmoid(|x|) = 1 / (1 + small): one exponential for both results.
            report = Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), small, Vector<float>.One) / (Vector<float>.One + small);
            return positive - (x * target) + VectorMath.LogOnePlus(small);
        }
    }

    private readonly struct SquareKernel : ILossKernel
    {
        public Vector<float> Loss(Vector<float> x, Vector<float> target, out Vector<float> report)
        {
            report = x;
            Vector<float> difference = x - target;
            return difference * difference;
        }
    }

    private readonly struct TargetSlope(float probabilityScale, float targetScale) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> probability, Vector<float> target) =>
            (probability * new Vector<float>(probabilityScale)) - (target * new Vector<float>(targetScale));
    }

    private struct ElementJob<TKernel> : IParallelJob where TKernel : unmanaged, ILossKernel
    {
        internal TKernel Kernel;
        internal float* X;
        internal float* Targets;
        internal float* Report;
        internal double* Partials;
        internal int Length;

        public readonly void Execute(int part)
        {
            TKernel kernel = Kernel;
            int i = part * Elementwise.Chunk;
            int end = (int)Math.Min((long)i + Elementwise.Chunk, Length);
            Vector<double> lanes = Vector<double>.Zero;
            Vector<float> report;
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> loss = kernel.Loss(Vector.Load(X + i), Vector.Load(Targets + i), out report);
                report.Store(Report + i);
                Vector.Widen(loss, out Vector<double> low, out Vector<double> high);
                lanes += low + high;
            }

            double sum = Vector.Sum(lanes);
            if (i < end)
            {
                Vector<float> loss = kernel.Loss(Elementwise.LoadPart(X + i, end - i), Elementwise.LoadPart(Targets + i, end - i), out report);
                Elementwise.StorePart(report, Report + i, end - i);
                for (int lane = 0; lane < end - i; lane++)
                {
                    sum += loss[lane];
                }
            }

            Partials[part] = sum;
        }
    }

    private struct CrossEntropyJob : IParallelJob
    {
        internal float* Logits;
        internal int* Labels;
        internal float* Targets;
        internal float* Probabilities;
        internal double* Partials;
        internal int Rows;
        internal int Columns;
        internal int RowsPerPart;

        public readonly void Execute(int part)
        {
            double total = 0;
            int last = Math.Min((part + 1) * RowsPerPart, Rows);
            for (int row = part * RowsPerPart; row < last; row++)
            {
                float* x = Logits + ((nint)row * Columns);
                float* y = Probabilities + ((nint)row * Columns);
                float max = SoftmaxKernel.Max(x, Columns);
                float sum = SoftmaxKernel.Exp(x, y, Columns, max, 1);
                SoftmaxKernel.Scale(y, Columns, 1 / sum);

                // −log p = log Σ exp(x − max) − (x − max): finite where p itself has become 0.
                double logSum = Math.Log(sum);
                if (Labels is not null)
                {
                    total += logSum - (x[Labels[row]] - (double)max);
                    continue;
                }

                float* target = Targets + ((nint)row * Columns);
                for (int i = 0; i < Columns; i++)
                {
                    total += target[i] * (logSum - (x[i] - (double)max));
                }
            }

            Partials[part] = total;
        }
    }
}
