using System.Numerics.Tensors;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Rows divided by their length.</summary>
internal static unsafe class L2NormalizationKernel
{
    /// <summary>y = x / max(‖x‖, epsilon) for each row. y may be x.</summary>
    internal static void Run(WorkerTeam team, int columns, float epsilon, ReadOnlySpan<float> x, Span<float> y)
    {
        int rows = x.Length / columns, rowsPerPart = Math.Max(1, Elementwise.Chunk / columns);
        fixed (float* px = x, py = y)
        {
            ForwardJob job = new() { X = px, Y = py, Rows = rows, Columns = columns, RowsPerPart = rowsPerPart, Epsilon = epsilon };
            Elementwise.Team(team, x.Length, 2).Run((rows + rowsPerPart - 1) / rowsPerPart, job);
        }
    }

    /// <summary>dx = (dy − u (dy · u)) / ‖x‖ with u = x / ‖x‖ for each row, or dy / epsilon where the row is shorter than epsilon; or adds that. dx may be dy.</summary>
    internal static void RunBackward(WorkerTeam team, int columns, float epsilon, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx, bool accumulate)
    {
        int rows = x.Length / columns, rowsPerPart = Math.Max(1, Elementwise.Chunk / columns);
        fixed (float* px = x, pdy = dy, pdx = dx)
        {
            BackwardJob job = new()
            {
                X = px,
                OutputGradient = pdy,
                InputGradient = pdx,
                Rows = rows,
                Columns = columns,
                RowsPerPart = rowsPerPart,
                Epsilon = epsilon,
                Accumulate = accumulate,
            };
            Elementwise.Team(team, x.Length, 2).Run((rows + rowsPerPart - 1) / rowsPerPart, job);
        }
    }

    private struct ForwardJob : IParallelJob
    {
        internal float* X;
        internal float* Y;
        internal int Rows;
        internal int Columns;
        internal int RowsPerPart;
        internal float Epsilon;

        public readonly void Execute(int part)
        {
            int last = Math.Min((part + 1) * RowsPerPart, Rows);
            for (int row = part * RowsPerPart; row < last; row++)
            {
                ReadOnlySpan<float> x = new(X + ((nint)row * Columns), Columns);
                float length = MathF.Max(MathF.Sqrt(TensorPrimitives.SumOfSquares(x)), Epsilon);
                TensorPrimitives.Divide(x, length, new Span<float>(Y + ((nint)row * Columns), Columns));
            }
        }
    }

    private struct BackwardJob : IParallelJob
    {
        internal float* X;
        internal float* OutputGradient;
        internal float* InputGradient;
        internal int Rows;
        internal int Columns;
        internal int RowsPerPart;
        internal float Epsilon;
        internal bool Accumulate;

        public readonly void Execute(int part)
        {
            int last = Math.Min((part + 1) * RowsPerPart, Rows);
            for (int row = part * RowsPerPart; row < last; row++)
            {
                ReadOnlySpan<float> x = new(X + ((nint)row * Columns), Columns);
                ReadOnlySpan<float> dy = new(OutputGradient + ((nint)row * Columns), Columns);
                float* dx = InputGradient + ((nint)row * Columns);
                float length = MathF.Sqrt(TensorPrimitives.SumOfSquares(x));
                float share = length > Epsilon ? TensorPrimitives.Dot(x, dy) / length / length : 0;
                length = MathF.Max(length, Epsilon);
                for (int c = 0; c < Columns; c++)
                {
                    float value = (dy[c] - (x[c] * share)) / length;
                    dx[c] = Accumulate ? dx[c] + value : value;
                }
            }
        }
    }
}
