using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Edge.Format;

namespace Edge.Runtime.Kernels;

/// <summary>Moves a box of elements between two tensors of any strides: what Transpose, Slice, Pad, Concat and Tile do, forwards and backwards.</summary>
internal static unsafe class StridedCopy
{
    /// <summary>Most axes of a box: every axis of a tensor may be divided into two.</summary>
    internal const int MostAxes = 2 * Shape.MaxRank;

    /// <summary>Elements between neighbours along each axis of a dense tensor.</summary>
    internal static void Strides(in Shape shape, Span<int> strides)
    {
        int stride = 1;
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }
    }

    /// <summary>Strides of a dense tensor, and where in it an index lies.</summary>
    internal static int Offset(in Shape shape, ReadOnlySpan<int> index, Span<int> strides)
    {
        Strides(shape, strides);
        int offset = 0;
        for (int axis = 0; axis < index.Length; axis++)
        {
            offset += index[axis] * strides[axis];
        }

        return offset;
    }

    /// <summary>target[Σ i·targetStride] = source[Σ i·sourceStride] for every index of the box. The memory must not overlap.</summary>
    /// <param name="elementBytes">1, 2, 4 or 8.</param>
    /// <param name="sizes">The box.</param>
    /// <param name="sourceStrides">In elements; 0 repeats, negative ones walk back.</param>
    /// <param name="targetStrides">In elements; no two indices may meet.</param>
    /// <param name="source">From the first element of the box.</param>
    /// <param name="target">From the first element of the box.</param>
    internal static void Copy(
        int elementBytes, ReadOnlySpan<int> sizes, ReadOnlySpan<int> sourceStrides, ReadOnlySpan<int> targetStrides, ReadOnlySpan<byte> source, Span<byte> target)
    {
        Box box = new(sizes, sourceStrides, targetStrides);
        fixed (byte* from = source, to = target)
        {
            Debug.Assert(box.Fits(source.Length / elementBytes, target.Length / elementBytes));
            switch (elementBytes)
            {
                case 1:
                    Run<byte, Assign<byte>>(ref box, from, to);
                    break;
                case 2:
                    Run<ushort, Assign<ushort>>(ref box, (ushort*)from, (ushort*)to);
                    break;
                case 4:
                    Run<uint, Assign<uint>>(ref box, (uint*)from, (uint*)to);
                    break;
                default:
                    Debug.Assert(elementBytes == 8);
                    Run<ulong, Assign<ulong>>(ref box, (ulong*)from, (ulong*)to);
                    break;
            }
        }
    }

    /// <summary><see cref="Copy"/> of gradients: adds to the target, or overwrites it.</summary>
    /// <param name="accumulate">Whether to add.</param>
    /// <param name="sizes">The box.</param>
    /// <param name="sourceStrides">In elements.</param>
    /// <param name="targetStrides">In elements; indices may meet only where the gradient is added.</param>
    /// <param name="source">From the first element of the box.</param>
    /// <param name="target">From the first element of the box.</param>
    internal static void Gradient(
        bool accumulate, ReadOnlySpan<int> sizes, ReadOnlySpan<int> sourceStrides, ReadOnlySpan<int> targetStrides, ReadOnlySpan<float> source, Span<float> target)
    {
        Box box = new(sizes, sourceStrides, targetStrides);
        Debug.Assert(box.Fits(source.Length, target.Length));
        fixed (float* from = source, to = target)
        {
            if (accumulate)
            {
                Run<float, Sum>(ref box, from, to);
            }
            else
            {
                Run<float, Assign<float>>(ref box, from, to);
            }
        }
    }

    private static void Run<T, TMove>(ref Box box, T* source, T* target) where T : unmanaged where TMove : IMove<T>
    {
        if (box.Empty)
        {
            return;
        }

        int inner = box.Rank - 1;
        bool runs = box.Sources[inner] == 1 && box.Targets[inner] == 1;

        // A transposition: reads along one axis, writes along another. Tiles over both keep the cache lines of either in reach.
        int other = runs ? -1 : box.SourceAxis();
        Span<int> index = stackalloc int[MostAxes];
        index.Clear();
        while (true)
        {
            if (runs)
            {
                TMove.Run(source, target, box.Sizes[inner]);
            }
            else if (other < 0)
            {
                Line<T, TMove>(source, box.Sources[inner], target, box.Targets[inner], box.Sizes[inner]);
            }
            else
            {
                Plane<T, TMove>(
                    source, box.Sources[other], box.Sources[inner], target, box.Targets[other], box.Targets[inner], box.Sizes[other], box.Sizes[inner]);
            }

            int axis = inner - 1;
            for (; axis >= 0; axis--)
            {
                if (axis == other)
                {
                    continue;
                }

                source += box.Sources[axis];
                target += box.Targets[axis];
                if (++index[axis] < box.Sizes[axis])
                {
                    break;
                }

                source -= (nint)box.Sources[axis] * box.Sizes[axis];
                target -= (nint)box.Targets[axis] * box.Sizes[axis];
                index[axis] = 0;
            }

            if (axis < 0)
            {
                return;
            }
        }
    }

    private static void Line<T, TMove>(T* source, nint sourceStride, T* target, nint targetStride, int count)
        where T : unmanaged where TMove : IMove<T>
    {
        for (int i = 0; i < count; i++)
        {
            TMove.One(*source, target);
            source += sourceStride;
            target += targetStride;
        }
    }

    private static void Plane<T, TMove>(
        T* source, nint sourceRow, nint sourceColumn, T* target, nint targetRow, nint targetColumn, int rows, int columns)
        where T : unmanaged where TMove : IMove<T>
    {
        const int Tile = 16;
        for (int row = 0; row < rows; row += Tile)
        {
            int rowEnd = Math.Min(row + Tile, rows);
            for (int column = 0; column < columns; column += Tile)
            {
                int count = Math.Min(Tile, columns - column);
                for (int r = row; r < rowEnd; r++)
                {
                    Line<T, TMove>(
                        source + (r * sourceRow) + (column * sourceColumn), sourceColumn, target + (r * targetRow) + (column * targetColumn), targetColumn, count);
                }
            }
        }
    }

    /// <summary>What happens to an element.</summary>
    private interface IMove<T> where T : unmanaged
    {
        static abstract void One(T value, T* target);

        static abstract void Run(T* source, T* target, int count);
    }

    private readonly struct Assign<T> : IMove<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void One(T value, T* target) => *target = value;

        public static void Run(T* source, T* target, int count) => new ReadOnlySpan<T>(source, count).CopyTo(new Span<T>(target, count));
    }

    private readonly struct Sum : IMove<float>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void One(float value, float* target) => *target += value;

        public static void Run(float* source, float* target, int count)
        {
            Span<float> sum = new(target, count);
            TensorPrimitives.Add(sum, new ReadOnlySpan<float>(source, count), sum);
        }
    }

    [InlineArray(MostAxes)]
    private struct Numbers
    {
        private int _first;
    }

    /// <summary>The box with axes of size 1 dropped, sorted so that writes run as contiguously as they can, and neighbours merged where both sides allow.</summary>
    private struct Box
    {
        public Numbers Sizes;
        public Numbers Sources;
        public Numbers Targets;
        public int Rank;
        public bool Empty;

        public Box(ReadOnlySpan<int> sizes, ReadOnlySpan<int> sources, ReadOnlySpan<int> targets)
        {
            for (int i = 0; i < sizes.Length; i++)
            {
                Empty |= sizes[i] == 0;
                if (sizes[i] == 1)
                {
                    continue;
                }

                int at = Rank++;
                for (; at > 0 && Targets[at - 1] < targets[i]; at--)
                {
                    Sizes[at] = Sizes[at - 1];
                    Sources[at] = Sources[at - 1];
                    Targets[at] = Targets[at - 1];
                }

                Sizes[at] = sizes[i];
                Sources[at] = sources[i];
                Targets[at] = targets[i];
            }

            int kept = 0;
            for (int i = 1; i < Rank; i++)
            {
                if (Sources[kept] == (long)Sizes[i] * Sources[i] && Targets[kept] == (long)Sizes[i] * Targets[i])
                {
                    Sizes[kept] *= Sizes[i];
                }
                else
                {
                    Sizes[++kept] = Sizes[i];
                }

                Sources[kept] = Sources[i];
                Targets[kept] = Targets[i];
            }

            Rank = kept + 1;
            if (Sizes[0] == 0 && !Empty)
            {
                Sizes[0] = Sources[0] = Targets[0] = 1;          // every axis had size 1: one element
            }
        }

        /// <summary>The axis that is contiguous in the source, if it is not the innermost one; otherwise −1.</summary>
        public readonly int SourceAxis()
        {
            for (int axis = 0; axis < Rank - 1; axis++)
            {
                if (Sources[axis] == 1)
                {
                    return axis;
                }
            }

            return -1;
        }

        public readonly bool Fits(long source, long target)
        {
            if (Empty)
            {
                return true;
            }

            long lastSource = 0, lastTarget = 0;
            for (int i = 0; i < Rank; i++)
            {
                lastSource += (Sizes[i] - 1L) * Sources[i];
                lastTarget += (Sizes[i] - 1L) * Targets[i];
            }

            return lastSource < source && lastTarget < target;
        }
    }
}
