namespace Edge.Import.TFLite;

/// <summary>Tensors of which only some elements are stored: compressed rows along some of the axes, perhaps of blocks.</summary>
/// <remarks>Source: SparsityParameters, tensorflow/lite/schema/schema.fbs; FormatConverter, tensorflow/lite/kernels/internal/utils/sparsity_format_converter.cc.</remarks>
internal static class SparseTensor
{
    private const int MostLevels = 16;

    /// <summary>All elements, row-major; those not stored are 0.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="stored">Stored elements, in traversal order.</param>
    /// <param name="elementBytes">Bytes of an element.</param>
    /// <param name="bytes">Bytes of all elements, bounded by the caller.</param>
    public static byte[] Expand(TfliteTensor tensor, ReadOnlyMemory<byte> stored, int elementBytes, long bytes)
    {
        FlatTable table = tensor.Sparsity;
        int[] order = table.Int32s(0, "traversal order"), blockMap = table.Int32s(1, "block map");
        FlatTable[] levels = table.Tables(2, "dimensions", MostLevels);
        int rank = tensor.Axes.Length;
        if (levels.Length != rank + blockMap.Length || order.Length != levels.Length || !order.Order().SequenceEqual(Enumerable.Range(0, order.Length)))
        {
            throw Bad(tensor, $"{levels.Length} dimensions, {blockMap.Length} blocks and the order [{string.Join(", ", order.Take(MostLevels))}]; a permutation of {rank} axes and the blocks is needed");
        }

        // Sizes of the levels: blocks first, then each axis in whole blocks.
        int[] sizes = new int[levels.Length];
        int[] axisOf = new int[levels.Length];
        int[] blocks = new int[rank];
        Array.Fill(blocks, 1);
        for (int i = 0; i < levels.Length; i++)
        {
            axisOf[i] = i < rank ? i : blockMap[i - rank];
            if (axisOf[i] < 0 || axisOf[i] >= rank)
            {
                throw Bad(tensor, $"a block along axis {axisOf[i]}; 0 … {rank - 1} is allowed");
            }
        }

        Level[] read = new Level[levels.Length];
        for (int i = 0; i < levels.Length; i++)
        {
            int level = order[i];
            read[i] = Read(levels[i]);
            if (level >= rank)
            {
                sizes[level] = read[i].Size;
                blocks[axisOf[level]] = checked(blocks[axisOf[level]] * Math.Max(1, read[i].Size));
            }
        }

        for (int axis = 0; axis < rank; axis++)
        {
            sizes[axis] = tensor.Axes[axis] / blocks[axis];
            if (sizes[axis] * (long)blocks[axis] != tensor.Axes[axis])
            {
                throw Bad(tensor, $"blocks of {blocks[axis]} along axis {axis} of {tensor.Axes[axis]}; whole blocks are needed");
            }
        }

        long[] strides = new long[rank];
        long stride = 1;
        for (int axis = rank - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= tensor.Axes[axis];
        }

        // What one step along a level moves in the dense tensor: a block's inner levels count single elements, the axis itself whole blocks.
        long[] steps = new long[levels.Length];
        long[] inner = new long[rank];
        Array.Fill(inner, 1L);
        for (int level = levels.Length - 1; level >= 0; level--)
        {
            steps[level] = strides[axisOf[level]] * inner[axisOf[level]];
            inner[axisOf[level]] *= Math.Max(1, sizes[level]);
        }

        byte[] dense = new byte[checked((int)bytes)];
        Walk walk = new(tensor, read, [.. order.Select(level => sizes[level])], [.. order.Select(level => steps[level])], stored, elementBytes, dense);
        walk.Run(0, 0, 0);
        return dense;
    }

    private static Level Read(FlatTable table)
    {
        const int Dense = 0;
        return table.Byte(0) == Dense
            ? new Level(table.Int32(1), null, null)
            : new Level(0, Indices(table, 2), Indices(table, 4));
    }

    /// <summary>A vector of 32, 16 or 8-bit integers, as the union before it says.</summary>
    private static int[] Indices(FlatTable table, int field)
    {
        FlatTable vector = table.Table(field + 1, "indices");
        switch (table.Byte(field))
        {
            case 1:
                return vector.Int32s(0, "indices");
            case 2:
                ReadOnlyMemory<byte> bytes = vector.UInt16s(0, "indices");
                int[] values = new int[bytes.Length / 2];
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = bytes.Span[2 * i] | (bytes.Span[(2 * i) + 1] << 8);
                }

                return values;
            case 3:
                return [.. vector.Bytes(0, "indices").ToArray().Select(static value => (int)value)];
            default:
                return [];
        }
    }

    private static ModelImportException Bad(TfliteTensor tensor, string found) => new($"sparse tensor '{tensor.Name}' has {found}.");

    /// <summary>One level: dense of a size, or segments of indices.</summary>
    private readonly record struct Level(int Size, int[]? Segments, int[]? Indices);

    private sealed class Walk(TfliteTensor tensor, Level[] levels, int[] sizes, long[] steps, ReadOnlyMemory<byte> stored, int elementBytes, byte[] dense)
    {
        private int _next;

        /// <summary>Goes through one level. There are at most 16, and every path to the last one takes a stored element, so a walk ends.</summary>
        /// <param name="depth">The level.</param>
        /// <param name="parent">Which node of the level before leads here.</param>
        /// <param name="offset">The element of the dense tensor reached so far.</param>
        public void Run(int depth, long parent, long offset)
        {
            if (depth == levels.Length)
            {
                int from = checked(_next * elementBytes);
                if (from > stored.Length - elementBytes || offset < 0 || offset >= dense.Length / elementBytes)
                {
                    throw Bad(tensor, $"{stored.Length / elementBytes:N0} stored elements; its indices name more, or one beyond its shape");
                }

                stored.Span.Slice(from, elementBytes).CopyTo(dense.AsSpan((int)offset * elementBytes));
                _next++;
                return;
            }

            Level level = levels[depth];
            if (level.Segments is null)
            {
                if (level.Size != sizes[depth])
                {
                    throw Bad(tensor, $"a dense dimension of {level.Size}; {sizes[depth]} is needed");
                }

                for (int i = 0; i < level.Size; i++)
                {
                    Run(depth + 1, (parent * level.Size) + i, offset + (i * steps[depth]));
                }

                return;
            }

            if (parent < 0 || parent + 1 >= level.Segments.Length)
            {
                throw Bad(tensor, $"{level.Segments.Length} segments; one more than {parent + 1} nodes is needed");
            }

            (int first, int end) = (level.Segments[parent], level.Segments[parent + 1]);
            if (first < 0 || end < first || end > level.Indices!.Length)
            {
                throw Bad(tensor, $"a segment from {first} to {end} of {level.Indices!.Length} indices; an ascending one within is needed");
            }

            for (int i = first; i < end; i++)
            {
                int index = level.Indices[i];
                if (index < 0 || index >= sizes[depth])
                {
                    throw Bad(tensor, $"index {index}; 0 … {sizes[depth] - 1} is allowed");
                }

                Run(depth + 1, i, offset + (index * steps[depth]));
            }
        }
    }
}
