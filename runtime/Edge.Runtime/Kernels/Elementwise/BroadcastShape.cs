using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>How the elements of two tensors pair up under broadcasting, with neighbouring dimensions that behave alike merged into one.</summary>
/// <remarks>
/// NumPy's rule: shapes are aligned at the last dimension; a missing dimension or one of size 1 is repeated, with stride 0. Merging turns
/// equal shapes into one long row, and [N, H, W, C] with [C] into N·H·W rows of C.
/// </remarks>
internal readonly struct BroadcastShape
{
    /// <summary>Largest rank of either shape.</summary>
    public const int MaxRank = 8;

    private readonly Dimensions _sizes;
    private readonly Dimensions _strides0;
    private readonly Dimensions _strides1;

    /// <summary>Pairs two shapes.</summary>
    /// <param name="shape0">Sizes of the first tensor, rank 0 … 8.</param>
    /// <param name="shape1">Sizes of the second tensor, rank 0 … 8.</param>
    /// <exception cref="ArgumentException">A rank is above 8, or two sizes differ and neither is 1.</exception>
    public BroadcastShape(ReadOnlySpan<int> shape0, ReadOnlySpan<int> shape1)
    {
        int rank = Math.Max(shape0.Length, shape1.Length);
        if (rank > MaxRank)
        {
            throw new ArgumentException($"Broadcasting takes shapes of rank 0 to {MaxRank}; one has rank {rank}. Merge dimensions first.");
        }

        // From the last dimension to the first: dimension 0 here is the innermost.
        Rank = 0;
        int stride0 = 1;
        int stride1 = 1;
        for (int i = 1; i <= rank; i++)
        {
            int size0 = i <= shape0.Length ? shape0[^i] : 1;
            int size1 = i <= shape1.Length ? shape1[^i] : 1;
            if (size0 != size1 && size0 != 1 && size1 != 1)
            {
                throw new ArgumentException(
                    $"Shapes cannot be broadcast: dimension {rank - i} of {rank} is {size0} on one side and {size1} on the other; sizes must be equal or 1.");
            }

            if (size0 == 1 && size1 == 1)
            {
                continue;
            }

            int size = size0 == 1 ? size1 : size0;
            int step0 = size0 == 1 ? 0 : stride0;
            int step1 = size1 == 1 ? 0 : stride1;
            bool continues = Rank > 0
                && step0 == (_strides0[Rank - 1] == 0 ? 0 : _strides0[Rank - 1] * _sizes[Rank - 1])
                && step1 == (_strides1[Rank - 1] == 0 ? 0 : _strides1[Rank - 1] * _sizes[Rank - 1]);
            if (continues)
            {
                _sizes[Rank - 1] *= size;
            }
            else
            {
                _sizes[Rank] = size;
                _strides0[Rank] = step0;
                _strides1[Rank] = step1;
                Rank++;
            }

            stride0 *= size0;
            stride1 *= size1;
        }

        if (Rank == 0)
        {
            Rank = 1;
            _sizes[0] = 1;
            _strides0[0] = 1;
            _strides1[0] = 1;
        }

        Length0 = stride0;
        Length1 = stride1;
        Rows = 1;
        for (int i = 1; i < Rank; i++)
        {
            Rows *= _sizes[i];
        }
    }

    /// <summary>Dimensions after merging, 1 … 8.</summary>
    public int Rank { get; }

    /// <summary>Elements of the first tensor.</summary>
    public int Length0 { get; }

    /// <summary>Elements of the second tensor.</summary>
    public int Length1 { get; }

    /// <summary>Rows of the result: products of all sizes but the innermost.</summary>
    public int Rows { get; }

    /// <summary>Elements of a row, the innermost size after merging.</summary>
    public int RowLength => _sizes[0];

    /// <summary>Elements of the result.</summary>
    public int Length => Rows * RowLength;

    /// <summary>Step of the first tensor within a row: 1, or 0 where one element serves the whole row.</summary>
    public int Step0 => _strides0[0];

    /// <summary>Step of the second tensor within a row: 1 or 0.</summary>
    public int Step1 => _strides1[0];

    /// <summary>Size of a merged dimension; 0 is the innermost.</summary>
    /// <param name="dimension">0 … <see cref="Rank"/> − 1.</param>
    public int Size(int dimension) => _sizes[dimension];

    /// <summary>Step of the first tensor along a merged dimension; 0 where it repeats.</summary>
    /// <param name="dimension">0 … <see cref="Rank"/> − 1.</param>
    public int Stride0(int dimension) => _strides0[dimension];

    /// <summary>Step of the second tensor along a merged dimension; 0 where it repeats.</summary>
    /// <param name="dimension">0 … <see cref="Rank"/> − 1.</param>
    public int Stride1(int dimension) => _strides1[dimension];

    /// <summary>First element of each tensor for a row.</summary>
    /// <param name="row">0 … <see cref="Rows"/> − 1.</param>
    public (int Start0, int Start1) RowStart(int row)
    {
        Debug.Assert((uint)row < (uint)Rows);
        int start0 = 0;
        int start1 = 0;
        for (int i = 1; i < Rank; i++)
        {
            int index = row % _sizes[i];
            row /= _sizes[i];
            start0 += index * _strides0[i];
            start1 += index * _strides1[i];
        }

        return (start0, start1);
    }

    [InlineArray(MaxRank)]
    private struct Dimensions
    {
        private int _first;
    }
}
