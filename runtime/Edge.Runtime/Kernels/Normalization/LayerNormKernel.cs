using System.Numerics;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Normalization of each row by its own mean and variance.</summary>
internal static unsafe class LayerNormKernel
{
    /// <summary>Rows that one part works on. At least 16, so that the partial sums of the parameter gradients stay below an eighth of the data.</summary>
    internal static int RowsPerPart(int columns) => Math.Max(16, Elementwise.Chunk / columns);

    internal static int Parts(int rows, int columns) => (rows + RowsPerPart(columns) - 1) / RowsPerPart(columns);

    /// <summary>y = (x − mean) / √(variance + epsilon) · gamma + beta. y may be x. statistics, if not empty, receives mean and 1/√(variance + epsilon) of each row.</summary>
    internal static void Run(
        WorkerTeam team, int rows, int columns, float epsilon, ReadOnlySpan<float> x, ReadOnlySpan<float> gamma, ReadOnlySpan<float> beta, Span<float> y, Span<float> statistics)
    {
        fixed (float* px = x, pg = gamma, pb = beta, py = y, ps = statistics)
        {
            ForwardJob job = new() { X = px, Gamma = pg, Beta = pb, Y = py, Statistics = ps, Rows = rows, Columns = columns, Epsilon = epsilon };
            Elementwise.Team(team, x.Length, 2).Run(Parts(rows, columns), job);
        }
    }

    /// <summary>The wanted gradients; empty spans for the others. dx may be dy. partials has 2 · columns values for each part.</summary>
    internal static void RunBackward(
        WorkerTeam team,
        int rows,
        int columns,
        ReadOnlySpan<float> x,
        ReadOnlySpan<float> gamma,
        ReadOnlySpan<float> statistics,
        ReadOnlySpan<float> dy,
        Span<float> dx,
        bool accumulateX,
        Span<float> dgamma,
        bool accumulateGamma,
        Span<float> dbeta,
        bool accumulateBeta,
        Span<float> partials)
    {
        int parts = Parts(rows, columns);
        bool sums = !dgamma.IsEmpty || !dbeta.IsEmpty;
        fixed (float* px = x, pg = gamma, ps = statistics, pdy = dy, pdx = dx, pp = partials)
        {
            BackwardJob job = new()
            {
                X = px,
                Gamma = pg,
                Statistics = ps,
                OutputGradient = pdy,
                InputGradient = pdx,
                Partials = sums ? pp : null,
                Rows = rows,
                Columns = columns,
                Accumulate = accumulateX,
            };
            Elementwise.Team(team, dy.Length, 2).Run(parts, job);
        }

        ColumnPartials.Add(partials, parts, 2 * columns, 0, dbeta, accumulateBeta);
        ColumnPartials.Add(partials, parts, 2 * columns, columns, dgamma, accumulateGamma);
    }

    private struct ForwardJob : IParallelJob
    {
        internal float* X;
        internal float* Gamma;
        internal float* Beta;
        internal float* Y;
        internal float* Statistics;
        internal int Rows;
        internal int Columns;
        internal float Epsilon;

        public readonly void Execute(int part)
        {
            int last = Math.Min((part + 1) * RowsPerPart(Columns), Rows);
            for (int row = part * RowsPerPart(Columns); row < last; row++)
            {
                float* x = X + ((nint)row * Columns);
                float mean = Mean(x);
                float inverse = (float)(1 / Math.Sqrt(Variance(x, mean) + Epsilon));
                Normalize(x, Y + ((nint)row * Columns), mean, inverse);
                if (Statistics is not null)
                {
                    Statistics[2 * row] = mean;
                    Statistics[(2 * row) + 1] = inverse;
                }
            }
        }

        private readonly float Mean(float* x)
        {
            Vector<float> lanes = Vector<float>.Zero;
            int i = 0;
            for (; i <= Columns - Vector<float>.Count; i += Vector<float>.Count)
            {
                lanes += Vector.Load(x + i);
            }

            double sum = Vector.Sum(lanes);
            for (; i < Columns; i++)
            {
                sum += x[i];
            }

            return (float)(sum / Columns);
        }

        private readonly double Variance(float* x, float mean)
        {
            Vector<float> means = new(mean);
            Vector<float> lanes = Vector<float>.Zero;
            int i = 0;
            for (; i <= Columns - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> difference = Vector.Load(x + i) - means;
                lanes += difference * difference;
            }

            double sum = Vector.Sum(lanes);
            for (; i < Columns; i++)
            {
                sum += (x[i] - mean) * (x[i] - mean);
            }

            return sum / Columns;
        }

        private readonly void Normalize(float* x, float* y, float mean, float inverse)
        {
            Vector<float> means = new(mean);
            Vector<float> inverses = new(inverse);
            int i = 0;
            for (; i <= Columns - Vector<float>.Count; i += Vector<float>.Count)
            {
                (((Vector.Load(x + i) - means) * inverses * Vector.Load(Gamma + i)) + Vector.Load(Beta + i)).Store(y + i);
            }

            for (; i < Columns; i++)
            {
                y[i] = ((x[i] - mean) * inverse * Gamma[i]) + Beta[i];
            }
        }
    }

    private struct BackwardJob : IParallelJob
    {
        internal float* X;
        internal float* Gamma;
        internal float* Statistics;
        internal float* OutputGradient;
        internal float* InputGradient;
        internal float* Partials;
        internal int Rows;
        internal int Columns;
        internal bool Accumulate;

        public readonly void Execute(int part)
        {
            float* partials = null;
            if (Partials is not null)
            {
                partials = Partials + ((nint)part * 2 * Columns);
                new Span<float>(partials, 2 * Columns).Clear();
            }

            int last = Math.Min((part + 1) * RowsPerPart(Columns), Rows);
            for (int row = part * RowsPerPart(Columns); row < last; row++)
            {
                float mean = 0;
                float inverse = 0;
                float* x = null;
                if (Statistics is not null)
                {
                    mean = Statistics[2 * row];
                    inverse = Statistics[(2 * row) + 1];
                    x = X + ((nint)row * Columns);
                }

                float* dy = OutputGradient + ((nint)row * Columns);
                if (partials is not null)
                {
                    AddPartials(x, dy, partials, mean, inverse);
                }

                if (InputGradient is not null)
                {
                    Row(x, dy, InputGradient + ((nint)row * Columns), mean, inverse);
                }
            }
        }

        private readonly void AddPartials(float* x, float* dy, float* partials, float mean, float inverse)
        {
            Vector<float> means = new(mean);
            Vector<float> inverses = new(inverse);
            int i = 0;
            for (; i <= Columns - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> gradient = Vector.Load(dy + i);
                (Vector.Load(partials + i) + gradient).Store(partials + i);
                (Vector.Load(partials + Columns + i) + (gradient * ((Vector.Load(x + i) - means) * inverses))).Store(partials + Columns + i);
            }

            for (; i < Columns; i++)
            {
                partials[i] += dy[i];
                partials[Columns + i] += dy[i] * ((x[i] - mean) * inverse);
            }
        }

        // With g = dy · gamma and z = (x − mean) · inverse: dx = inverse · (g − mean(g) − z · mean(g · z)).
        private readonly void Row(float* x, float* dy, float* dx, float mean, float inverse)
        {
            Vector<float> means = new(mean);
            Vector<float> inverses = new(inverse);
            Vector<float> sums = Vector<float>.Zero;
            Vector<float> products = Vector<float>.Zero;
            int i = 0;
            for (; i <= Columns - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> g = Vector.Load(dy + i) * Vector.Load(Gamma + i);
                sums += g;
                products += g * ((Vector.Load(x + i) - means) * inverses);
            }

            double sum = Vector.Sum(sums);
            double product = Vector.Sum(products);
            for (; i < Columns; i++)
            {
                float g = dy[i] * Gamma[i];
                sum += g;
                product += g * ((x[i] - mean) * inverse);
            }

            float meanG = (float)(sum / Columns);
            float meanProduct = (float)(product / Columns);
            Vector<float> meansG = new(meanG);
            Vector<float> meansProduct = new(meanProduct);
            for (i = 0; i <= Columns - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> g = Vector.Load(dy + i) * Vector.Load(Gamma + i);
                Vector<float> z = (Vector.Load(x + i) - means) * inverses;
                Vector<float> value = inverses * (g - meansG - (z * meansProduct));
                (Accumulate ? Vector.Load(dx + i) + value : value).Store(dx + i);
            }

            for (; i < Columns; i++)
            {
                float value = inverse * ((dy[i] * Gamma[i]) - meanG - ((x[i] - mean) * inverse * meanProduct));
                dx[i] = Accumulate ? dx[i] + value : value;
            }
        }
    }
}
