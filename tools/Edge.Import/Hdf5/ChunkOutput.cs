namespace Edge.Import.Hdf5;

/// <summary>Takes chunks and puts their elements where they belong.</summary>
/// <param name="store">The file.</param>
/// <param name="grid">How they cover the dataset.</param>
/// <param name="filters">What they went through.</param>
/// <param name="rawEdges">Whether chunks that reach over the edge went through no filter.</param>
/// <param name="data">Receives the elements.</param>
internal sealed class ChunkOutput(Hdf5Store store, ChunkGrid grid, Hdf5Filters filters, bool rawEdges, byte[] data)
{
    private readonly HashSet<long> _seen = [];

    /// <summary>Whether chunks are stored as they are.</summary>
    public bool IsRaw => filters.IsEmpty;

    /// <summary>Takes a chunk.</summary>
    /// <param name="place">Its place along each axis, counted in chunks.</param>
    /// <param name="address">Its address; undefined where it was never written.</param>
    /// <param name="stored">Bytes it is stored in; those of a chunk where it went through no filter.</param>
    /// <param name="mask">Bits of the filters that were left out for it.</param>
    public void Add(ReadOnlySpan<long> place, long address, long stored, uint mask)
    {
        if (address < 0)
        {
            return;
        }

        string what = $"a chunk of dataset '{grid.Dataset}'";
        store.Step(what);
        long number = 0;
        bool edge = false;
        for (int i = 0; i < place.Length; i++)
        {
            if (place[i] < 0 || place[i] >= grid.Counts[i])
            {
                return;                                  // left over from before the dataset shrank
            }

            number = (number * grid.Counts[i]) + place[i];
            edge |= (place[i] + 1) * grid.Chunk[i] > grid.Sizes[i];
        }

        if (!_seen.Add(number))
        {
            throw new ModelImportException($"HDF5: {what} is there twice, at place [{string.Join(", ", place.ToArray())}].");
        }

        ReadOnlyMemory<byte> content;
        if (filters.IsEmpty || (rawEdges && edge))
        {
            content = store.Memory(address + store.Base, grid.ChunkBytes, what);
        }
        else
        {
            store.Spend(grid.ChunkBytes, what);
            content = filters.Undo(store.Memory(address + store.Base, stored, what), mask, grid.ChunkBytes, grid.Dataset);
        }

        Copy(place, content.Span);
    }

    /// <summary>Copies the rows of a chunk that lie inside the dataset.</summary>
    private void Copy(ReadOnlySpan<long> place, ReadOnlySpan<byte> chunk)
    {
        int rank = place.Length;
        if (rank == 0)
        {
            chunk.CopyTo(data);
            return;
        }

        long[] count = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            count[i] = Math.Min(grid.Chunk[i], grid.Sizes[i] - (place[i] * grid.Chunk[i]));
        }

        long[] at = new long[rank];
        int row = checked((int)(count[^1] * grid.Element));
        while (true)
        {
            long from = 0, to = 0;
            for (int i = 0; i < rank; i++)
            {
                from = (from * grid.Chunk[i]) + at[i];
                to = (to * grid.Sizes[i]) + (place[i] * grid.Chunk[i]) + at[i];
            }

            chunk.Slice((int)(from * grid.Element), row).CopyTo(data.AsSpan((int)(to * grid.Element)));
            int axis = rank - 2;
            while (axis >= 0 && ++at[axis] == count[axis])
            {
                at[axis--] = 0;
            }

            if (axis < 0)
            {
                return;
            }
        }
    }
}
