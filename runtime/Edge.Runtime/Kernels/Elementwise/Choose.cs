using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Format;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>y = condition ? a : b of three broadcast tensors; see <see cref="ChooseShape"/>.</summary>
internal static unsafe class Choose
{
    /// <summary>Runs over elements of 1, 2, 4 or 8 bytes.</summary>
    /// <param name="team">The threads.</param>
    /// <param name="elementBytes">Bytes of an element of a, b and y.</param>
    /// <param name="shape">How elements meet.</param>
    /// <param name="condition">One byte an element; 0 means b.</param>
    /// <param name="a">First choice.</param>
    /// <param name="b">Second choice.</param>
    /// <param name="y">Receives the result; may be a or b where they are not repeated.</param>
    internal static void Run(
        WorkerTeam team, int elementBytes, in ChooseShape shape, ReadOnlySpan<byte> condition, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> y)
    {
        fixed (byte* pc = condition, pa = a, pb = b, py = y)
        {
            switch (elementBytes)
            {
                case 1:
                    Run(team, shape, pc, pa, pb, py);
                    break;
                case 2:
                    Run(team, shape, pc, (short*)pa, (short*)pb, (short*)py);
                    break;
                case 4:
                    Run(team, shape, pc, (int*)pa, (int*)pb, (int*)py);
                    break;
                default:
                    Debug.Assert(elementBytes == 8);
                    Run(team, shape, pc, (long*)pa, (long*)pb, (long*)py);
                    break;
            }
        }
    }

    private static void Run<T>(WorkerTeam team, in ChooseShape shape, byte* condition, T* a, T* b, T* y) where T : unmanaged, IBinaryInteger<T>
    {
        int pieces = (shape.RowLength + Elementwise.Chunk - 1) / Elementwise.Chunk;
        int rowsPerPart = Math.Max(1, Elementwise.Chunk / shape.RowLength);
        Job<T> job = new() { Shape = shape, Condition = condition, A = a, B = b, Y = y, Pieces = pieces, RowsPerPart = rowsPerPart };
        Elementwise.Team(team, shape.Rows * shape.RowLength, 1).Run((shape.Rows + rowsPerPart - 1) / rowsPerPart * pieces, job);
    }

    private struct Job<T> : IParallelJob where T : unmanaged, IBinaryInteger<T>
    {
        internal ChooseShape Shape;
        internal byte* Condition;
        internal T* A;
        internal T* B;
        internal T* Y;
        internal int Pieces;
        internal int RowsPerPart;

        public readonly void Execute(int part)
        {
            int row = part / Pieces * RowsPerPart;
            int lastRow = Math.Min(row + RowsPerPart, Shape.Rows);
            int start = part % Pieces * Elementwise.Chunk;
            int length = Math.Min(Shape.RowLength - start, Elementwise.Chunk);
            (int stepC, int stepA, int stepB) = Shape.Steps;
            for (; row < lastRow; row++)
            {
                (int startC, int startA, int startB) = Shape.RowStart(row);
                byte* c = Condition + startC + ((nint)start * stepC);
                T* a = A + startA + ((nint)start * stepA);
                T* b = B + startB + ((nint)start * stepB);
                T* y = Y + ((nint)row * Shape.RowLength) + start;
                for (int i = 0; i < length; i++)
                {
                    // By a mask: a branch on a condition without pattern is mispredicted every other time.
                    T mask = T.Zero - T.CreateTruncating(*c == 0 ? 0 : 1);
                    y[i] = (*a & mask) | (*b & ~mask);
                    c += stepC;
                    a += stepA;
                    b += stepB;
                }
            }
        }
    }
}

/// <summary>How the elements of three tensors meet under NumPy broadcasting, neighbouring axes merged where all three behave alike.</summary>
internal readonly struct ChooseShape
{
    private readonly Dimensions _sizes;          // dimension 0 is the innermost
    private readonly Dimensions _strides0;
    private readonly Dimensions _strides1;
    private readonly Dimensions _strides2;
    private readonly int _rank;

    /// <summary>Lets three shapes meet; the shape rule proved that they broadcast.</summary>
    public ChooseShape(Shape shape0, Shape shape1, Shape shape2)
    {
        int rank = Math.Max(shape0.Rank, Math.Max(shape1.Rank, shape2.Rank));
        int count0 = 1, count1 = 1, count2 = 1;
        for (int i = 1; i <= rank; i++)
        {
            int size0 = i <= shape0.Rank ? shape0[-i] : 1, size1 = i <= shape1.Rank ? shape1[-i] : 1, size2 = i <= shape2.Rank ? shape2[-i] : 1;
            int size = Math.Max(size0, Math.Max(size1, size2));
            if (size > 1)
            {
                int step0 = size0 == 1 ? 0 : count0, step1 = size1 == 1 ? 0 : count1, step2 = size2 == 1 ? 0 : count2;
                if (_rank > 0 && step0 == _strides0[_rank - 1] * _sizes[_rank - 1] && step1 == _strides1[_rank - 1] * _sizes[_rank - 1] && step2 == _strides2[_rank - 1] * _sizes[_rank - 1])
                {
                    _sizes[_rank - 1] *= size;
                }
                else
                {
                    _sizes[_rank] = size;
                    _strides0[_rank] = step0;
                    _strides1[_rank] = step1;
                    _strides2[_rank] = step2;
                    _rank++;
                }
            }

            count0 *= size0;
            count1 *= size1;
            count2 *= size2;
        }

        if (_rank == 0)
        {
            _rank = 1;
            _sizes[0] = 1;
        }

        Rows = 1;
        for (int i = 1; i < _rank; i++)
        {
            Rows *= _sizes[i];
        }
    }

    /// <summary>Rows of the result.</summary>
    public int Rows { get; }

    /// <summary>Elements of a row.</summary>
    public int RowLength => _sizes[0];

    /// <summary>Steps of the three within a row: 1 or 0.</summary>
    public (int Step0, int Step1, int Step2) Steps => (_strides0[0], _strides1[0], _strides2[0]);

    /// <summary>First element of each for a row.</summary>
    /// <param name="row">0 … <see cref="Rows"/> − 1.</param>
    public (int Start0, int Start1, int Start2) RowStart(int row)
    {
        int start0 = 0, start1 = 0, start2 = 0;
        for (int i = 1; i < _rank; i++)
        {
            int index = row % _sizes[i];
            row /= _sizes[i];
            start0 += index * _strides0[i];
            start1 += index * _strides1[i];
            start2 += index * _strides2[i];
        }

        return (start0, start1, start2);
    }

    [InlineArray(Shape.MaxRank)]
    private struct Dimensions
    {
        private int _first;
    }
}
