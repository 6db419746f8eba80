namespace Edge.Import.Hdf5;

/// <summary>B-trees of version 2, whose records index links, attributes, huge objects and chunks.</summary>
internal static class BTree2
{
    private const int NodeOverhead = 10;                 // signature, version, type, checksum
    private const int MaxDepth = 16;

    /// <summary>All records, in no particular order.</summary>
    /// <param name="store">The file.</param>
    /// <param name="address">Address of the tree's header.</param>
    /// <param name="what">What it belongs to, for messages.</param>
    public static List<Hdf5Cursor> Records(Hdf5Store store, long address, string what)
    {
        string name = $"the B-tree of '{what}'";
        Hdf5Cursor header = store.At(address, name);
        header.Signature("BTHD"u8);
        header.Version(0, 0);
        header.Skip(1);
        long nodeBytes = header.UInt32();
        int recordBytes = header.UInt16();
        int depth = header.UInt16();
        header.Skip(2);
        long root = header.Address();
        int rootRecords = header.UInt16();
        if (recordBytes == 0 || nodeBytes < NodeOverhead + recordBytes || depth > MaxDepth)
        {
            throw header.Malformed($"has nodes of {nodeBytes:N0} bytes with records of {recordBytes} on {depth} levels; that cannot be");
        }

        // Widths of the counts in child pointers follow from how much a subtree can hold.
        long most = (nodeBytes - NodeOverhead) / recordBytes;
        int countWidth = Hdf5File.WidthFor(most);
        int[] totalWidths = new int[depth + 1];
        long total = most;
        for (int level = 1; level <= depth; level++)
        {
            int pointer = store.AddressBytes + countWidth + totalWidths[level - 1];
            long records = Math.Max(0, (nodeBytes - NodeOverhead - pointer) / (recordBytes + pointer));
            total = (long)Math.Min(long.MaxValue, (((decimal)records + 1) * total) + records);
            totalWidths[level] = Hdf5File.WidthFor(total);
        }

        List<Hdf5Cursor> found = [];
        HashSet<long> seen = [];
        Stack<(long Address, int Level, long Records)> nodes = new();
        if (root >= 0)
        {
            nodes.Push((root, depth, rootRecords));
        }

        while (nodes.TryPop(out (long Address, int Level, long Records) next))
        {
            if (!seen.Add(next.Address))
            {
                throw new ModelImportException($"HDF5: {name} comes back to its node at address {next.Address:N0}.");
            }

            Hdf5Cursor node = store.At(next.Address, name);
            node.Signature(next.Level == 0 ? "BTLF"u8 : "BTIN"u8);
            node.Version(0, 0);
            node.Skip(1);
            for (long i = 0; i < next.Records; i++)
            {
                store.Step(name);
                found.Add(node.Part(recordBytes, name));
            }

            for (long i = 0; next.Level > 0 && i <= next.Records; i++)
            {
                store.Step(name);
                long child = node.Address();
                long records = node.Count(countWidth);
                if (next.Level > 1)
                {
                    node.Skip(totalWidths[next.Level - 1]);
                }

                nodes.Push((child, next.Level - 1, records));
            }
        }

        return found;
    }
}
