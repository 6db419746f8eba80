using System.Numerics;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>The logarithm of softmax over rows.</summary>
internal static unsafe class LogSoftmaxKernel
{
    /// <summary>y = x − max − ln Σ exp(x − max) for each row. y may be x.</summary>
    internal static void Run(WorkerTeam team, int rows, int columns, ReadOnlySpan<float> x, Span<float> y)
    {
        fixed (float* px = x, py = y)
        {
            ForwardJob job = new() { X = px, Y = py, Rows = rows, Columns = columns, RowsPerPart = SoftmaxKernel.RowsPerPart(columns) };
            Elementwise.Team(team, x.Length, SoftmaxKernel.Cost).Run((rows + job.RowsPerPart - 1) / job.RowsPerPart, job);
        }
    }

    /// <summary>dx = dy − exp(y) · Σ dy for each row, or adds that. dx may be dy.</summary>
    internal static void RunBackward(WorkerTeam team, int rows, int columns, ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx, bool accumulate)
    {
        fixed (float* py = y, pdy = dy, pdx = dx)
        {
            BackwardJob job = new()
            {
                Y = py,
                OutputGradient = pdy,
                InputGradient = pdx,
                Rows = rows,
                Columns = columns,
                RowsPerPart = SoftmaxKernel.RowsPerPart(columns),
                Accumulate = accumulate,
            };
            Elementwise.Team(team, y.Length, SoftmaxKernel.Cost).Run((rows + job.RowsPerPart - 1) / job.RowsPerPart, job);
        }
    }

    private struct ForwardJob : IParallelJob
    {
        internal float* X;
        internal float* Y;
        internal int Rows;
        internal int Columns;
        internal int RowsPerPart;

        public readonly void Execute(int part)
        {
            int last = Math.Min((part + 1) * RowsPerPart, Rows);
            for (int row = part * RowsPerPart; row < last; row++)
            {
                float* x = X + ((nint)row * Columns);
                float* y = Y + ((nint)row * Columns);
                float max = SoftmaxKernel.Max(x, Columns);
                float log = MathF.Log(ExpSum(x, Columns, max));
                Vector<float> shifts = new(max), logs = new(log);
                int i = 0;
                for (; i <= Columns - Vector<float>.Count; i += Vector<float>.Count)
                {
                    (Vector.Load(x + i) - shifts - logs).Store(y + i);
                }

                for (; i < Columns; i++)
                {
                    y[i] = x[i] - max - log;
                }
            }
        }

        private static float ExpSum(float* x, int count, float max)
        {
            Vector<float> shift = new(max), lanes = Vector<float>.Zero;
            int i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            {
                lanes += VectorMath.Exp(Vector.Load(x + i) - shift);
            }

            float sum = Vector.Sum(lanes);
            if (i < count)
            {
                Vector<float> tail = VectorMath.Exp(Elementwise.LoadPart(x + i, count - i) - shift);
                for (int lane = 0; i < count; i++, lane++)
                {
                    sum += tail[lane];
                }
            }

            return sum;
        }
    }

    private struct BackwardJob : IParallelJob
    {
        internal float* Y;
        internal float* OutputGradient;
        internal float* InputGradient;
        internal int Rows;
        internal int Columns;
        internal int RowsPerPart;
        internal bool Accumulate;

        public readonly void Execute(int part)
        {
            int last = Math.Min((part + 1) * RowsPerPart, Rows);
            for (int row = part * RowsPerPart; row < last; row++)
            {
                Row(Y + ((nint)row * Columns), OutputGradient + ((nint)row * Columns), InputGradient + ((nint)row * Columns));
            }
        }

        private readonly void Row(float* y, float* dy, float* dx)
        {
            Vector<float> lanes = Vector<float>.Zero;
            int i = 0;
            for (; i <= Columns - Vector<float>.Count; i += Vector<float>.Count)
            {
                lanes += Vector.Load(dy + i);
            }

            float sum = Vector.Sum(lanes);
            for (; i < Columns; i++)
            {
                sum += dy[i];
            }

            Vector<float> sums = new(sum);
            for (i = 0; i <= Columns - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> value = Vector.Load(dy + i) - (VectorMath.Exp(Vector.Load(y + i)) * sums);
                (Accumulate ? Vector.Load(dx + i) + value : value).Store(dx + i);
            }

            if (i < Columns)
            {
                int rest = Columns - i;
                Vector<float> value = Elementwise.LoadPart(dy + i, rest) - (VectorMath.Exp(Elementwise.LoadPart(y + i, rest)) * sums);
                Elementwise.StorePart(Accumulate ? Elementwise.LoadPart(dx + i, rest) + value : value, dx + i, rest);
            }
        }
    }
}
