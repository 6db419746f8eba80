using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>
/// The boxes in which <see cref="StridedCopy"/> exchanges space and batch: element [n, s, …] of space, with s + before = t · block + offset, is element
/// [offset · N + n, t, …] of batch.
/// </summary>
internal readonly ref struct BatchMove
{
    private readonly ReadOnlySpan<int> _block;
    private readonly ReadOnlySpan<int> _before;
    private readonly Shape _space;
    private readonly Shape _batch;

    /// <summary>Looks at the two tensors.</summary>
    /// <param name="block">Size of the block on each axis after the first.</param>
    /// <param name="before">Elements before the first of space on each of these axes.</param>
    /// <param name="space">Shape of the tensor in space.</param>
    /// <param name="batch">Shape of the tensor in batch.</param>
    internal BatchMove(ReadOnlySpan<int> block, ReadOnlySpan<int> before, in Shape space, in Shape batch)
    {
        _block = block;
        _before = before;
        _space = space;
        _batch = batch;
        int boxes = 1;
        foreach (int size in block)
        {
            boxes *= size;
        }

        Boxes = boxes;
    }

    /// <summary>Number of boxes: one for each offset in a block.</summary>
    internal int Boxes { get; }

    /// <summary>One box.</summary>
    /// <param name="box">Which one.</param>
    /// <param name="sizes">Receives its sizes.</param>
    /// <param name="spaceStrides">Receives its strides in space.</param>
    /// <param name="batchStrides">Receives its strides in batch.</param>
    /// <returns>Its first element in space and in batch, or null where it is empty.</returns>
    internal (int Space, int Batch)? Box(int box, Span<int> sizes, Span<int> spaceStrides, Span<int> batchStrides)
    {
        StridedCopy.Strides(_space, spaceStrides);
        StridedCopy.Strides(_batch, batchStrides);
        int inSpace = 0, inBatch = box * _space[0] * batchStrides[0], rest = box;
        sizes[0] = _space[0];
        for (int axis = _space.Rank - 1; axis >= 1; axis--)
        {
            if (axis > _block.Length)
            {
                sizes[axis] = _space[axis];
                continue;
            }

            (int block, int before) = (_block[axis - 1], _before[axis - 1]);
            (rest, int offset) = Math.DivRem(rest, block);

            // The t with 0 ≤ t · block + offset − before < size.
            int first = offset >= before ? 0 : (before - offset + block - 1) / block;
            int end = (int)Math.Min(_batch[axis], ((long)_space[axis] + before - offset + block - 1) / block);
            if (end <= first)
            {
                return null;
            }

            sizes[axis] = end - first;
            inSpace += ((first * block) + offset - before) * spaceStrides[axis];
            inBatch += first * batchStrides[axis];
            spaceStrides[axis] *= sizes[axis] > 1 ? block : 1;
        }

        return (inSpace, inBatch);
    }

    /// <summary>Throws unless block, before and after have one entry for each of the first axes after the batch.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="block">The block.</param>
    /// <param name="before">What is added or cut before.</param>
    /// <param name="after">What is added or cut after.</param>
    /// <param name="input">The input.</param>
    /// <returns>Elements of a block.</returns>
    internal static long Require(in Shapes shapes, IntList block, IntList before, IntList after, in TensorSpec input)
    {
        shapes.Require(
            block.Count < Math.Max(input.Shape.Rank, 1) && before.Count == block.Count && after.Count == block.Count && input.Shape.Rank >= 1,
            $"the block {block}, before {before} and after {after} for the input {input}; as many entries each, fewer than the input's axes, are allowed.");
        long boxes = 1;
        for (int i = 0; i < block.Count; i++)
        {
            shapes.Require(
                block[i] is >= 1 and <= Window.Most && before[i] is >= 0 and <= Window.Most && after[i] is >= 0 and <= Window.Most,
                $"block {block[i]}, before {before[i]} and after {after[i]} on axis {i + 1}; 1 … {Window.Most} and twice 0 … {Window.Most} are allowed.");
            boxes *= block[i];
            shapes.Require(boxes <= int.MaxValue, $"a block {block} has more than {int.MaxValue} elements.");
        }

        return boxes;
    }
}
