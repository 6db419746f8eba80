using System.Numerics;

namespace Edge.Import.Hdf5;

/// <summary>The ways in which a file says where the chunks of a dataset lie.</summary>
internal static class ChunkIndex
{
    private const int ChecksumBytes = 4;

    /// <summary>A B-tree of version 1.</summary>
    public static void Tree1(Hdf5Store store, long tree, ChunkGrid grid, ChunkOutput output)
    {
        int rank = grid.Sizes.Length;
        long[] place = new long[rank];
        BTree1.Walk(store, tree, BTree1.ChunkNode, 8 + (8 * (rank + 1)), $"dataset '{grid.Dataset}'", (key, address) =>
        {
            long stored = key.UInt32();
            uint mask = key.UInt32();
            for (int i = 0; i < rank; i++)
            {
                long offset = key.Count(8);
                if (offset % grid.Chunk[i] != 0)
                {
                    throw key.Malformed($"has a chunk at element {offset:N0} of axis {i}; multiples of {grid.Chunk[i]:N0} are needed");
                }

                place[i] = offset / grid.Chunk[i];
            }

            output.Add(place, address, stored, mask);
        });
    }

    /// <summary>A single chunk.</summary>
    public static void Single(long address, (long Bytes, uint Mask)? packed, ChunkGrid grid, ChunkOutput output) =>
        output.Add(new long[grid.Sizes.Length], address, packed?.Bytes ?? grid.ChunkBytes, packed?.Mask ?? 0);

    /// <summary>Chunks that lie one behind the other.</summary>
    public static void Implicit(long first, ChunkGrid grid, ChunkOutput output)
    {
        for (long i = 0; i < grid.Numbers && first >= 0; i++)
        {
            output.Add(grid.PlaceOf(i), checked(first + (i * grid.ChunkBytes)), grid.ChunkBytes, 0);
        }
    }

    /// <summary>A B-tree of version 2.</summary>
    public static void Tree2(Hdf5Store store, long tree, ChunkGrid grid, ChunkOutput output)
    {
        if (tree < 0)
        {
            return;
        }

        int rank = grid.Sizes.Length;
        long[] place = new long[rank];
        foreach (Hdf5Cursor record in BTree2.Records(store, tree, grid.Dataset))
        {
            Hdf5Cursor fields = record;
            long address = fields.Address();
            (long stored, uint mask) = (grid.ChunkBytes, 0);
            if (!output.IsRaw)
            {
                long width = fields.Left - 4 - (8 * rank);
                if (width is < 1 or > 8)
                {
                    throw fields.Malformed($"has chunk records whose sizes take {width} bytes");
                }

                stored = fields.Count((int)width);
                mask = fields.UInt32();
            }

            for (int i = 0; i < rank; i++)
            {
                place[i] = fields.Count(8);
            }

            output.Add(place, address, stored, mask);
        }
    }

    /// <summary>An array of as many entries as there are chunks.</summary>
    public static void FixedArray(Hdf5Store store, long array, ChunkGrid grid, ChunkOutput output)
    {
        if (array < 0)
        {
            return;
        }

        Hdf5Cursor header = store.At(array, $"the fixed array of dataset '{grid.Dataset}'");
        header.Signature("FAHD"u8);
        header.Version(0, 0);
        bool filtered = header.Byte() == 1;
        int entry = header.Byte();
        int pageBits = header.Byte();
        long count = header.Length();
        long block = header.Address();
        if (block < 0)
        {
            return;
        }

        count = Math.Min(count, grid.Numbers);
        CheckBits(header, pageBits, entry, filtered);
        Hdf5Cursor data = store.At(block, header.What);
        data.Signature("FADB"u8);
        data.Version(0, 0);
        data.Skip(1 + store.AddressBytes);
        long page = 1L << pageBits;
        if (count <= page)
        {
            Entries(ref data, 0, count, entry, filtered, grid, output);
            return;
        }

        long pages = ((count - 1) / page) + 1;
        long bitmapAt = data.Position;
        data.Skip((pages + 7) / 8);
        data.Skip(ChecksumBytes);
        for (long p = 0; p < pages; p++)
        {
            long inPage = Math.Min(page, count - (p * page));
            Hdf5Cursor content = data.Part((inPage * entry) + ChecksumBytes, data.What);
            if ((store.Span(bitmapAt + (p / 8), 1, data.What)[0] & (0x80 >> (int)(p % 8))) != 0)
            {
                Entries(ref content, p * page, inPage, entry, filtered, grid, output);
            }
        }
    }

    /// <summary>An array that grows: entries in its index block, in data blocks of that, and in data blocks of super blocks.</summary>
    public static void ExtensibleArray(Hdf5Store store, long array, ChunkGrid grid, ChunkOutput output)
    {
        if (array < 0)
        {
            return;
        }

        Hdf5Cursor header = store.At(array, $"the extensible array of dataset '{grid.Dataset}'");
        header.Signature("EAHD"u8);
        header.Version(0, 0);
        bool filtered = header.Byte() == 1;
        int entry = header.Byte();
        int maxBits = header.Byte();
        int inIndex = header.Byte();
        int least = header.Byte();
        int leastPointers = header.Byte();
        int pageBits = header.Byte();
        header.Skip(6L * store.LengthBytes);
        long index = header.Address();
        if (index < 0)
        {
            return;
        }

        CheckBits(header, pageBits, entry, filtered);
        if (maxBits > 62 || !BitOperations.IsPow2(least) || !BitOperations.IsPow2(leastPointers) || least == 0 || leastPointers == 0 || BitOperations.Log2((uint)least) > maxBits)
        {
            throw header.Malformed($"has blocks of {least} entries and {leastPointers} pointers in {maxBits} bits; powers of two are needed");
        }

        int offsetWidth = (maxBits + 7) / 8;
        long page = 1L << pageBits;
        Hdf5Cursor block = store.At(index, header.What);
        block.Signature("EAIB"u8);
        block.Version(0, 0);
        block.Skip(1 + store.AddressBytes);
        long at = Math.Min(inIndex, grid.Numbers);
        Entries(ref block, 0, at, entry, filtered, grid, output);
        block.Skip((inIndex - at) * (long)entry);

        // The first super blocks exist only as the data blocks that the index block points to.
        int superBlocks = 1 + (maxBits - BitOperations.Log2((uint)least));
        int direct = Math.Min(superBlocks, 2 * BitOperations.Log2((uint)leastPointers));
        for (int s = 0; s < superBlocks && at < grid.Numbers; s++)
        {
            long blocks = 1L << (s / 2);
            long entries = (1L << ((s + 1) / 2)) * least;
            if (s < direct)
            {
                for (long b = 0; b < blocks && at < grid.Numbers; b++, at += entries)
                {
                    store.Step(block.What);
                    DataBlock(block.Address(), at, entries, default);
                }

                continue;
            }

            store.Step(block.What);
            long address = block.Address();
            if (address < 0)
            {
                at = checked(at + (blocks * entries));
                continue;
            }

            Hdf5Cursor super = store.At(address, header.What);
            super.Signature("EASB"u8);
            super.Version(0, 0);
            super.Skip(1 + store.AddressBytes + offsetWidth);
            long bitmapBytes = entries > page ? ((entries / page) + 7) / 8 : 0;
            long bitmapAt = super.Position;
            super.Skip(checked(blocks * bitmapBytes));
            for (long b = 0; b < blocks && at < grid.Numbers; b++, at += entries)
            {
                store.Step(block.What);
                DataBlock(super.Address(), at, entries, store.Span(bitmapAt + (b * bitmapBytes), bitmapBytes, header.What));
            }
        }

        void DataBlock(long address, long first, long entries, ReadOnlySpan<byte> pagesWritten)
        {
            if (address < 0)
            {
                return;
            }

            Hdf5Cursor data = store.At(address, header.What);
            data.Signature("EADB"u8);
            data.Version(0, 0);
            data.Skip(1 + store.AddressBytes + offsetWidth);
            if (entries <= page)
            {
                Entries(ref data, first, Math.Min(entries, grid.Numbers - first), entry, filtered, grid, output);
                return;
            }

            data.Skip(ChecksumBytes);
            for (long p = 0; p * page < entries && first + (p * page) < grid.Numbers; p++)
            {
                Hdf5Cursor content = data.Part((page * entry) + ChecksumBytes, data.What);
                if (pagesWritten.IsEmpty || (pagesWritten[(int)(p / 8)] & (0x80 >> (int)(p % 8))) != 0)
                {
                    Entries(ref content, first + (p * page), Math.Min(page, grid.Numbers - first - (p * page)), entry, filtered, grid, output);
                }
            }
        }
    }

    private static void CheckBits(Hdf5Cursor header, int pageBits, int entry, bool filtered)
    {
        int least = header.Store.AddressBytes;
        if (pageBits > 62 || (filtered ? entry - least - 4 is < 1 or > 8 : entry != least))
        {
            throw header.Malformed($"has entries of {entry} bytes in pages of 2^{pageBits}; that cannot be");
        }
    }

    private static void Entries(ref Hdf5Cursor content, long first, long count, int entry, bool filtered, ChunkGrid grid, ChunkOutput output)
    {
        for (long i = 0; i < count; i++)
        {
            content.Store.Step(content.What);
            long address = content.Address();
            (long stored, uint mask) = filtered ? (content.Count(entry - content.Store.AddressBytes - 4), content.UInt32()) : (grid.ChunkBytes, 0u);
            output.Add(grid.PlaceOf(first + i), address, stored, mask);
        }
    }
}
