using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>exp and its normalization over rows.</summary>
internal static unsafe class SoftmaxKernel
{
    /// <summary>Time of an element in units of a plain copy.</summary>
    internal const int Cost = 4;

    /// <summary>Rows that one part works on.</summary>
    internal static int RowsPerPart(int columns) => Math.Max(1, Elementwise.Chunk / Cost / columns);

    /// <summary>y = softmax(beta · x) for each row. y may be x.</summary>
    internal static void Run(WorkerTeam team, int rows, int columns, float beta, ReadOnlySpan<float> x, Span<float> y)
    {
        Debug.Assert(x.Length == rows * columns && y.Length == x.Length);
        fixed (float* px = x, py = y)
        {
            ForwardJob job = new() { X = px, Y = py, Rows = rows, Columns = columns, Beta = beta, RowsPerPart = RowsPerPart(columns) };
            Elementwise.Team(team, x.Length, Cost).Run((rows + job.RowsPerPart - 1) / job.RowsPerPart, job);
        }
    }

    /// <summary>dx = beta · y · (dy − Σ dy · y) for each row, or adds that. dx may be dy.</summary>
    internal static void RunBackward(WorkerTeam team, int rows, int columns, float beta, ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx, bool accumulate)
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
                Beta = beta,
                RowsPerPart = RowsPerPart(columns),
                Accumulate = accumulate,
            };
            Elementwise.Team(team, y.Length, 1).Run((rows + job.RowsPerPart - 1) / job.RowsPerPart, job);
        }
    }

    /// <summary>The largest of a row's elements.</summary>
    internal static float Max(float* x, int count)
    {
        float max = float.NegativeInfinity;
        int i = 0;
        if (count >= Vector<float>.Count)
        {
            Vector<float> lanes = Vector.Load(x);
            for (i = Vector<float>.Count; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            {
                lanes = Vector.Max(lanes, Vector.Load(x + i));
            }

            for (int lane = 0; lane < Vector<float>.Count; lane++)
            {
                max = Math.Max(max, lanes[lane]);
            }
        }

        for (; i < count; i++)
        {
            max = Math.Max(max, x[i]);
        }

        return max;
    }

    /// <summary>y = exp(beta · (x − max)); returns the sum. y may be x.</summary>
    internal static float Exp(float* x, float* y, int count, float max, float beta)
    {
        Vector<float> shift = new(max);
        Vector<float> scale = new(beta);
        Vector<float> lanes = Vector<float>.Zero;
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> value = VectorMath.Exp((Vector.Load(x + i) - shift) * scale);
            value.Store(y + i);
            lanes += value;
        }

        float sum = Vector.Sum(lanes);
        if (i < count)
        {
            Elementwise.StorePart(VectorMath.Exp((Elementwise.LoadPart(x + i, count - i) - shift) * scale), y + i, count - i);
            for (; i < count; i++)
            {
                sum += y[i];
            }
        }

        return sum;
    }

    /// <summary>y = factor · y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Scale(float* y, int count, float factor)
    {
        Vector<float> factors = new(factor);
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            (Vector.Load(y + i) * factors).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] *= factor;
        }
    }

    private struct ForwardJob : IParallelJob
    {
        internal float* X;
        internal float* Y;
        internal int Rows;
        internal int Columns;
        internal int RowsPerPart;
        internal float Beta;

        public readonly void Execute(int part)
        {
            int last = Math.Min((part + 1) * RowsPerPart, Rows);
            for (int row = part * RowsPerPart; row < last; row++)
            {
                float* x = X + ((nint)row * Columns);
                float* y = Y + ((nint)row * Columns);

                // The largest exponent becomes 0: beta may be negative, then the smallest x gives it.
                float max = Beta >= 0 ? Max(x, Columns) : Min(x, Columns);
                float sum = Exp(x, y, Columns, max, Beta);
                Scale(y, Columns, 1 / sum);
            }
        }

        private static float Min(float* x, int count)
        {
            float min = float.PositiveInfinity;
            for (int i = 0; i < count; i++)
            {
                min = Math.Min(min, x[i]);
            }

            return min;
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
        internal float Beta;
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
            int count = Columns;
            Vector<float> lanes = Vector<float>.Zero;
            int i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            {
                lanes += Vector.Load(y + i) * Vector.Load(dy + i);
            }

            float sum = Vector.Sum(lanes);
            for (; i < count; i++)
            {
                sum += y[i] * dy[i];
            }

            Vector<float> sums = new(sum);
            Vector<float> scale = new(Beta);
            for (i = 0; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> value = scale * Vector.Load(y + i) * (Vector.Load(dy + i) - sums);
                (Accumulate ? Vector.Load(dx + i) + value : value).Store(dx + i);
            }

            for (; i < count; i++)
            {
                float value = Beta * y[i] * (dy[i] - sum);
                dx[i] = Accumulate ? dx[i] + value : value;
            }
        }
    }
}
