using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>What a reduction does with the elements of one result, in row-major order.</summary>
internal interface IFold<TIn, TSum, TOut>
{
    /// <summary>After the first element.</summary>
    TSum First(TIn x);

    /// <summary>After one more.</summary>
    TSum Next(TSum sum, TIn x);

    /// <summary>The result.</summary>
    TOut Finish(TSum sum);
}

/// <summary>A fold that also runs on vectors, in any order.</summary>
internal interface IVectorFold<T> : IFold<T, T, T> where T : struct
{
    Vector<T> Next(Vector<T> sum, Vector<T> x);
}

/// <summary>Loops of reductions over any axes; float32 sums have <see cref="SumTo"/>.</summary>
internal static unsafe class Folds
{
    private const int BlockWidth = 256;

    /// <summary>Reduces, one element at a time.</summary>
    /// <param name="team">The threads.</param>
    /// <param name="fold">What happens to the elements.</param>
    /// <param name="shape">The output with its reduced axes kept at size 1, and the input.</param>
    /// <param name="x">The input.</param>
    /// <param name="y">The output.</param>
    internal static void Run<TFold, TIn, TSum, TOut>(WorkerTeam team, TFold fold, in BroadcastShape shape, ReadOnlySpan<TIn> x, Span<TOut> y)
        where TFold : unmanaged, IFold<TIn, TSum, TOut> where TIn : unmanaged where TSum : unmanaged where TOut : unmanaged
    {
        Debug.Assert(x.Length == shape.Length && y.Length == shape.Length0);
        fixed (TIn* px = x)
        fixed (TOut* py = y)
        {
            Job<TFold, TIn, TSum, TOut> job = new() { Fold = fold, Walk = new(shape), X = px, Y = py };
            Elementwise.Team(team, x.Length, 1).Run(job.Walk.Parts, job);
        }
    }

    /// <summary>Reduces whole vectors at a time.</summary>
    internal static void Vectors<TFold, T>(WorkerTeam team, TFold fold, in BroadcastShape shape, ReadOnlySpan<T> x, Span<T> y)
        where TFold : unmanaged, IVectorFold<T> where T : unmanaged
    {
        Debug.Assert(x.Length == shape.Length && y.Length == shape.Length0);
        fixed (T* px = x, py = y)
        {
            VectorJob<TFold, T> job = new() { Fold = fold, Walk = new(shape), X = px, Y = py };
            Elementwise.Team(team, x.Length, 1).Run(job.Walk.Parts, job);
        }
    }

    /// <summary>The gradient of a product: the product of the other elements, times dy; one zero leaves only itself a gradient, two leave none.</summary>
    internal static void ProductGradient(in BroadcastShape shape, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx, bool accumulate)
    {
        FoldWalk walk = new(shape);
        int width = walk.Inner ? 1 : shape.RowLength;                     // results that lie side by side
        int run = walk.Inner ? shape.RowLength : 1;                       // their elements that do
        for (int i = 0; i < shape.Length0; i++)
        {
            int start = walk.Start(i / width, repeated: false) + (i % width);
            int zeros = 0;
            double product = 1;
            for (int k = 0; k < walk.Reduced; k++)
            {
                ReadOnlySpan<float> row = x.Slice(start + walk.Start(k, repeated: true), run);
                foreach (float value in row)
                {
                    zeros += value == 0 ? 1 : 0;
                    product *= value == 0 ? 1 : value;
                }
            }

            for (int k = 0; k < walk.Reduced; k++)
            {
                int at = start + walk.Start(k, repeated: true);
                for (int c = at; c < at + run; c++)
                {
                    double others = zeros == 0 ? product / x[c] : zeros == 1 && x[c] == 0 ? product : 0;
                    float value = (float)(dy[i] * others);
                    dx[c] = accumulate ? dx[c] + value : value;
                }
            }
        }
    }

    private struct Job<TFold, TIn, TSum, TOut> : IParallelJob
        where TFold : unmanaged, IFold<TIn, TSum, TOut> where TIn : unmanaged where TSum : unmanaged where TOut : unmanaged
    {
        internal TFold Fold;
        internal FoldWalk Walk;
        internal TIn* X;
        internal TOut* Y;

        public readonly void Execute(int part)
        {
            TFold fold = Fold;
            if (Walk.Inner)
            {
                (int first, int last) = Walk.Results(part);
                for (int i = first; i < last; i++)
                {
                    TIn* start = X + Walk.Start(i, repeated: false);
                    TSum sum = fold.First(*start);
                    for (int k = 0; k < Walk.Reduced; k++)
                    {
                        TIn* row = start + Walk.Start(k, repeated: true);
                        for (int c = k == 0 ? 1 : 0; c < Walk.RowLength; c++)
                        {
                            sum = fold.Next(sum, row[c]);
                        }
                    }

                    Y[i] = fold.Finish(sum);
                }

                return;
            }

            (int result, int column, int width) = Walk.Block(part);
            TIn* source = X + Walk.Start(result, repeated: false) + column;
            TOut* y = Y + ((nint)result * Walk.RowLength) + column;
            TSum* sums = stackalloc TSum[BlockWidth];
            for (int c = 0; c < width; c++)
            {
                sums[c] = fold.First(source[c]);
            }

            for (int k = 1; k < Walk.Reduced; k++)
            {
                TIn* row = source + Walk.Start(k, repeated: true);
                for (int c = 0; c < width; c++)
                {
                    sums[c] = fold.Next(sums[c], row[c]);
                }
            }

            for (int c = 0; c < width; c++)
            {
                y[c] = fold.Finish(sums[c]);
            }
        }
    }

    private struct VectorJob<TFold, T> : IParallelJob where TFold : unmanaged, IVectorFold<T> where T : unmanaged
    {
        internal TFold Fold;
        internal FoldWalk Walk;
        internal T* X;
        internal T* Y;

        public readonly void Execute(int part)
        {
            TFold fold = Fold;
            if (Walk.Inner)
            {
                (int first, int last) = Walk.Results(part);
                for (int i = first; i < last; i++)
                {
                    T* start = X + Walk.Start(i, repeated: false);
                    T sum = fold.First(*start);
                    for (int k = 0; k < Walk.Reduced; k++)
                    {
                        sum = Row(fold, sum, start + Walk.Start(k, repeated: true), Walk.RowLength);
                    }

                    Y[i] = fold.Finish(sum);
                }

                return;
            }

            (int result, int column, int width) = Walk.Block(part);
            T* source = X + Walk.Start(result, repeated: false) + column;
            T* y = Y + ((nint)result * Walk.RowLength) + column;
            for (int c = 0; c < width; c++)
            {
                y[c] = fold.First(source[c]);
            }

            for (int k = 1; k < Walk.Reduced; k++)
            {
                T* row = source + Walk.Start(k, repeated: true);
                int c = 0;
                for (; c <= width - Vector<T>.Count; c += Vector<T>.Count)
                {
                    fold.Next(Vector.Load(y + c), Vector.Load(row + c)).Store(y + c);
                }

                for (; c < width; c++)
                {
                    y[c] = fold.Next(y[c], row[c]);
                }
            }

            for (int c = 0; c < width; c++)
            {
                y[c] = fold.Finish(y[c]);
            }
        }

        // The first element of all may be folded in twice: a largest or smallest one does not mind.
        private static T Row(TFold fold, T sum, T* row, int length)
        {
            int c = 0;
            if (length >= Vector<T>.Count)
            {
                Vector<T> lanes = Vector.Load(row);
                for (c = Vector<T>.Count; c <= length - Vector<T>.Count; c += Vector<T>.Count)
                {
                    lanes = fold.Next(lanes, Vector.Load(row + c));
                }

                for (int lane = 0; lane < Vector<T>.Count; lane++)
                {
                    sum = fold.Next(sum, lanes[lane]);
                }
            }

            for (; c < length; c++)
            {
                sum = fold.Next(sum, row[c]);
            }

            return sum;
        }
    }

    /// <summary>Where the elements of a result lie.</summary>
    private readonly struct FoldWalk
    {
        private readonly BroadcastShape _shape;
        private readonly int _perPart;

        internal FoldWalk(in BroadcastShape shape)
        {
            _shape = shape;
            int reduced = shape.Length / shape.Length0;
            Inner = shape.Step0 == 0;
            RowLength = shape.RowLength;
            Reduced = Inner ? reduced / RowLength : reduced;
            _perPart = Inner ? Math.Max(1, Elementwise.Chunk / reduced) : (RowLength + BlockWidth - 1) / BlockWidth;
            Parts = Inner ? (shape.Length0 + _perPart - 1) / _perPart : shape.Length0 / RowLength * _perPart;
        }

        /// <summary>Whether the innermost dimension is reduced; otherwise results lie side by side.</summary>
        internal bool Inner { get; }

        /// <summary>Elements of a row of the input.</summary>
        internal int RowLength { get; }

        /// <summary>Rows of a result (<see cref="Inner"/>), or elements.</summary>
        internal int Reduced { get; }

        internal int Parts { get; }

        /// <summary>The results of a part, where <see cref="Inner"/>.</summary>
        internal (int First, int Last) Results(int part) => (part * _perPart, Math.Min((part * _perPart) + _perPart, _shape.Length0));

        /// <summary>The row of results of a part, its first column and columns, where not <see cref="Inner"/>.</summary>
        internal (int Result, int Column, int Width) Block(int part)
        {
            int column = part % _perPart * BlockWidth;
            return (part / _perPart, column, Math.Min(BlockWidth, RowLength - column));
        }

        /// <summary>Where in the input the index-th position of the repeated (or the other) dimensions begins; the innermost one is left out.</summary>
        internal int Start(int index, bool repeated)
        {
            int source = 0;
            for (int i = 1; i < _shape.Rank; i++)
            {
                if ((_shape.Stride0(i) == 0) == repeated)
                {
                    (index, int position) = Math.DivRem(index, _shape.Size(i));
                    source += position * _shape.Stride1(i);
                }
            }

            return source;
        }
    }
}
