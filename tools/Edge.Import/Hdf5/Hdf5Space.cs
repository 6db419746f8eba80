namespace Edge.Import.Hdf5;

/// <summary>Sizes of the axes of a dataset or attribute.</summary>
internal static class Hdf5Space
{
    private const int MaxRank = 32;
    private const byte Null = 2;

    /// <summary>Reads a dataspace message.</summary>
    /// <param name="content">Its content.</param>
    /// <returns>The sizes, a single 0 where there is no element at all; and the sizes up to which the axes may grow, −1 for any.</returns>
    public static (long[] Sizes, long[] Most) Read(Hdf5Cursor content)
    {
        byte version = content.Version(1, 2);
        int rank = content.Byte();
        byte flags = content.Byte();
        byte type = content.Byte();
        if (version == 1)
        {
            content.Skip(4);
        }
        else if (type == Null)
        {
            return ([0], [0]);
        }

        if (rank > MaxRank)
        {
            throw content.Malformed($"has {rank} axes; at most {MaxRank} are possible");
        }

        long[] sizes = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            sizes[i] = content.Length();
        }

        long[] most = sizes;
        if ((flags & 1) != 0)
        {
            most = new long[rank];
            for (int i = 0; i < rank; i++)
            {
                ulong size = content.Number(content.Store.LengthBytes);
                most[i] = size < Unlimited(content.Store) && size <= long.MaxValue ? (long)size : -1;
            }
        }

        return (sizes, most);
    }

    private static ulong Unlimited(Hdf5Store store) => store.LengthBytes == 8 ? ulong.MaxValue : (1ul << (8 * store.LengthBytes)) - 1;

    /// <summary>Number of elements.</summary>
    /// <param name="sizes">Sizes of the axes.</param>
    /// <param name="what">What has them, for the message.</param>
    public static long Count(ReadOnlySpan<long> sizes, string what)
    {
        long count = 1;
        foreach (long size in sizes)
        {
            count = size == 0 ? 0 : count <= int.MaxValue / size ? count * size
                : throw new ModelImportException($"HDF5: {what} has the sizes [{string.Join(", ", sizes.ToArray())}]; at most {int.MaxValue:N0} elements are allowed.");
        }

        return count;
    }
}
