using System.Diagnostics;
using System.Numerics;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Loops over pairs of elements of two tensors of different shapes; see <see cref="BroadcastShape"/>.</summary>
internal static unsafe class Broadcast
{
    /// <summary>y = f(left, right), each repeated where its size is 1. y may be the one that is not repeated.</summary>
    internal static void Zip<TKernel>(WorkerTeam team, TKernel kernel, in BroadcastShape shape, ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> y)
        where TKernel : unmanaged, IBinaryKernel
    {
        Debug.Assert(left.Length == shape.Length0 && right.Length == shape.Length1 && y.Length == shape.Length);
        if (left.Length == y.Length && right.Length == y.Length)
        {
            Elementwise.Zip(team, kernel, left, right, y);
            return;
        }

        int pieces = (shape.RowLength + Elementwise.Chunk - 1) / Elementwise.Chunk;
        int rowsPerPart = Math.Max(1, Elementwise.Chunk / shape.RowLength);
        fixed (float* pl = left, pr = right, py = y)
        {
            Job<TKernel> job = new() { Kernel = kernel, Shape = shape, Left = pl, Right = pr, Y = py, Pieces = pieces, RowsPerPart = rowsPerPart };
            Elementwise.Team(team, y.Length, TKernel.Cost).Run((shape.Rows + rowsPerPart - 1) / rowsPerPart * pieces, job);
        }
    }

    private struct Job<TKernel> : IParallelJob where TKernel : unmanaged, IBinaryKernel
    {
        internal TKernel Kernel;
        internal BroadcastShape Shape;
        internal float* Left;
        internal float* Right;
        internal float* Y;
        internal int Pieces;
        internal int RowsPerPart;

        public readonly void Execute(int part)
        {
            int row = part / Pieces * RowsPerPart;
            int lastRow = Math.Min(row + RowsPerPart, Shape.Rows);
            int start = part % Pieces * Elementwise.Chunk;
            int length = Math.Min(Shape.RowLength - start, Elementwise.Chunk);
            for (; row < lastRow; row++)
            {
                (int left, int right) = Shape.RowStart(row);
                float* y = Y + (row * Shape.RowLength) + start;
                if (Shape.Step0 == 0)
                {
                    Row(new Vector<float>(Left[left]), Right + right + start, y, length);
                }
                else if (Shape.Step1 == 0)
                {
                    Row(Left + left + start, new Vector<float>(Right[right]), y, length);
                }
                else
                {
                    Row(Left + left + start, Right + right + start, y, length);
                }
            }
        }

        private readonly void Row(float* left, float* right, float* y, int length)
        {
            TKernel kernel = Kernel;
            int i = 0;
            for (; i <= length - Vector<float>.Count; i += Vector<float>.Count)
            {
                kernel.Value(Vector.Load(left + i), Vector.Load(right + i)).Store(y + i);
            }

            if (i < length)
            {
                Elementwise.StorePart(kernel.Value(Elementwise.LoadPart(left + i, length - i), Elementwise.LoadPart(right + i, length - i)), y + i, length - i);
            }
        }

        private readonly void Row(float* left, Vector<float> right, float* y, int length)
        {
            TKernel kernel = Kernel;
            int i = 0;
            for (; i <= length - Vector<float>.Count; i += Vector<float>.Count)
            {
                kernel.Value(Vector.Load(left + i), right).Store(y + i);
            }

            if (i < length)
            {
                Elementwise.StorePart(kernel.Value(Elementwise.LoadPart(left + i, length - i), right), y + i, length - i);
            }
        }

        private readonly void Row(Vector<float> left, float* right, float* y, int length)
        {
            TKernel kernel = Kernel;
            int i = 0;
            for (; i <= length - Vector<float>.Count; i += Vector<float>.Count)
            {
                kernel.Value(left, Vector.Load(right + i)).Store(y + i);
            }

            if (i < length)
            {
                Elementwise.StorePart(kernel.Value(left, Elementwise.LoadPart(right + i, length - i)), y + i, length - i);
            }
        }
    }
}
