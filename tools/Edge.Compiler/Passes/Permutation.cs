using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>Orders of axes, as <see cref="Transpose"/> has them: axis i of the result is axis p[i] of the input.</summary>
internal static class Permutation
{
    /// <summary>Whether every axis stays in its place.</summary>
    public static bool IsIdentity(IntList order)
    {
        for (int i = 0; i < order.Count; i++)
        {
            if (order[i] != i)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the axes longer than 1 keep their order, so that no element moves. Axis 0 counts as long, since the batch may grow.</summary>
    /// <param name="order">The order.</param>
    /// <param name="shape">Shape of the input.</param>
    public static bool IsFree(IntList order, Shape shape)
    {
        int last = -1;
        foreach (int axis in order)
        {
            if (axis > 0 && shape[axis] == 1)
            {
                continue;
            }

            if (axis < last)
            {
                return false;
            }

            last = axis;
        }

        return true;
    }

    /// <summary>The order that undoes another.</summary>
    public static IntList Inverse(IntList order)
    {
        int[] inverse = new int[order.Count];
        for (int i = 0; i < inverse.Length; i++)
        {
            inverse[order[i]] = i;
        }

        return IntList.Create(inverse);
    }

    /// <summary>The order that equals first one, then another.</summary>
    public static IntList Then(IntList first, IntList second)
    {
        int[] both = new int[first.Count];
        for (int i = 0; i < both.Length; i++)
        {
            both[i] = first[second[i]];
        }

        return IntList.Create(both);
    }

    /// <summary>The shape of the result.</summary>
    public static Shape Apply(IntList order, Shape shape)
    {
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        for (int i = 0; i < order.Count; i++)
        {
            sizes[i] = shape[order[i]];
        }

        return new Shape(sizes[..order.Count]);
    }

    /// <summary>What an operator states for each axis of the result, in the order of the input's axes.</summary>
    /// <param name="order">The order.</param>
    /// <param name="values">One for each axis of the result.</param>
    public static IntList Undo(IntList order, IntList values)
    {
        int[] moved = new int[values.Count];
        for (int i = 0; i < moved.Length; i++)
        {
            moved[order[i]] = values[i];
        }

        return IntList.Create(moved);
    }

    /// <summary>The elements of a tensor in the order of its result.</summary>
    /// <param name="order">The order.</param>
    /// <param name="shape">Shape of the input.</param>
    /// <param name="size">Bytes of an element.</param>
    /// <param name="source">The input's elements.</param>
    public static byte[] Apply(IntList order, Shape shape, int size, ReadOnlySpan<byte> source)
    {
        byte[] data = new byte[source.Length];
        switch (size)
        {
            case sizeof(byte): Move(order, shape, source, data.AsSpan()); break;
            case sizeof(short): Move(order, shape, MemoryMarshal.Cast<byte, short>(source), MemoryMarshal.Cast<byte, short>(data.AsSpan())); break;
            case sizeof(int): Move(order, shape, MemoryMarshal.Cast<byte, int>(source), MemoryMarshal.Cast<byte, int>(data.AsSpan())); break;
            default: Move(order, shape, MemoryMarshal.Cast<byte, long>(source), MemoryMarshal.Cast<byte, long>(data.AsSpan())); break;
        }

        return data;
    }

    private static void Move<T>(IntList order, Shape shape, ReadOnlySpan<T> source, Span<T> target) where T : unmanaged
    {
        int rank = order.Count;
        if (rank == 0)
        {
            source.CopyTo(target);
            return;
        }

        Span<int> sizes = stackalloc int[Shape.MaxRank], strides = stackalloc int[Shape.MaxRank], at = stackalloc int[Shape.MaxRank];
        at.Clear();
        for (int i = 0; i < rank; i++)
        {
            sizes[i] = shape[order[i]];
            strides[i] = shape.Product(order[i] + 1, rank);
        }

        int line = sizes[rank - 1], step = strides[rank - 1], from = 0;
        for (int to = 0; to < target.Length; to += line)
        {
            for (int i = 0; i < line; i++)
            {
                target[to + i] = source[from + (i * step)];
            }

            for (int axis = rank - 2; axis >= 0; axis--)
            {
                from += strides[axis];
                if (++at[axis] < sizes[axis])
                {
                    break;
                }

                from -= strides[axis] * sizes[axis];
                at[axis] = 0;
            }
        }
    }
}
