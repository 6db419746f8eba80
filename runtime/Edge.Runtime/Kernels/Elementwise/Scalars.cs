using System.Diagnostics;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>A function of one element of any type.</summary>
internal interface IScalarUnary<TIn, TOut>
{
    TOut Value(TIn x);
}

/// <summary>A function of two elements of any type.</summary>
internal interface IScalarBinary<TIn, TOut>
{
    TOut Value(TIn left, TIn right);
}

/// <summary>Loops over elements of any type, one at a time: integers, truth values and conversions, which are rare and short beside float32.</summary>
internal static unsafe class Scalars
{
    /// <summary>y = f(x). y may be x where the elements have the same size.</summary>
    internal static void Map<TKernel, TIn, TOut>(WorkerTeam team, TKernel kernel, ReadOnlySpan<TIn> x, Span<TOut> y)
        where TKernel : unmanaged, IScalarUnary<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        Debug.Assert(x.Length == y.Length);
        fixed (TIn* px = x)
        fixed (TOut* py = y)
        {
            Elementwise.Divide(team, y.Length, 1, new MapJob<TKernel, TIn, TOut> { Kernel = kernel, X = px, Y = py, Length = y.Length });
        }
    }

    /// <summary>y = f(left, right), each repeated where its size is 1. y may be an input of as many elements of the same size.</summary>
    internal static void Zip<TKernel, TIn, TOut>(
        WorkerTeam team, TKernel kernel, in BroadcastShape shape, ReadOnlySpan<TIn> left, ReadOnlySpan<TIn> right, Span<TOut> y)
        where TKernel : unmanaged, IScalarBinary<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        Debug.Assert(left.Length == shape.Length0 && right.Length == shape.Length1 && y.Length == shape.Length);
        int pieces = (shape.RowLength + Elementwise.Chunk - 1) / Elementwise.Chunk;
        int rowsPerPart = Math.Max(1, Elementwise.Chunk / shape.RowLength);
        fixed (TIn* pl = left, pr = right)
        fixed (TOut* py = y)
        {
            ZipJob<TKernel, TIn, TOut> job = new() { Kernel = kernel, Shape = shape, Left = pl, Right = pr, Y = py, Pieces = pieces, RowsPerPart = rowsPerPart };
            Elementwise.Team(team, y.Length, 1).Run((shape.Rows + rowsPerPart - 1) / rowsPerPart * pieces, job);
        }
    }

    private struct MapJob<TKernel, TIn, TOut> : IParallelJob
        where TKernel : unmanaged, IScalarUnary<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        internal TKernel Kernel;
        internal TIn* X;
        internal TOut* Y;
        internal int Length;

        public readonly void Execute(int part)
        {
            TKernel kernel = Kernel;
            int end = (int)Math.Min(((long)part + 1) * Elementwise.Chunk, Length);
            for (int i = part * Elementwise.Chunk; i < end; i++)
            {
                Y[i] = kernel.Value(X[i]);
            }
        }
    }

    private struct ZipJob<TKernel, TIn, TOut> : IParallelJob
        where TKernel : unmanaged, IScalarBinary<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        internal TKernel Kernel;
        internal BroadcastShape Shape;
        internal TIn* Left;
        internal TIn* Right;
        internal TOut* Y;
        internal int Pieces;
        internal int RowsPerPart;

        public readonly void Execute(int part)
        {
            TKernel kernel = Kernel;
            int step0 = Shape.Step0, step1 = Shape.Step1;
            int row = part / Pieces * RowsPerPart;
            int lastRow = Math.Min(row + RowsPerPart, Shape.Rows);
            int start = part % Pieces * Elementwise.Chunk;
            int length = Math.Min(Shape.RowLength - start, Elementwise.Chunk);
            for (; row < lastRow; row++)
            {
                (int start0, int start1) = Shape.RowStart(row);
                TIn* left = Left + start0 + ((nint)start * step0);
                TIn* right = Right + start1 + ((nint)start * step1);
                TOut* y = Y + ((nint)row * Shape.RowLength) + start;
                for (int i = 0; i < length; i++)
                {
                    y[i] = kernel.Value(*left, *right);
                    left += step0;
                    right += step1;
                }
            }
        }
    }
}
