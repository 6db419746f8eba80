namespace Edge.Import.Hdf5;

/// <summary>B-trees of version 1: of groups, and of chunks.</summary>
internal static class BTree1
{
    /// <summary>Type of a group's nodes.</summary>
    public const int GroupNode = 0;

    /// <summary>Type of the nodes of a chunked dataset.</summary>
    public const int ChunkNode = 1;

    /// <summary>Visits the entries of all leaves.</summary>
    /// <param name="store">The file.</param>
    /// <param name="root">Address of the root; undefined: an empty tree.</param>
    /// <param name="type">Type that nodes must have.</param>
    /// <param name="keyBytes">Bytes of a key.</param>
    /// <param name="what">What the tree belongs to, for messages.</param>
    /// <param name="visit">Takes the key before an entry, and the entry's address.</param>
    public static void Walk(Hdf5Store store, long root, int type, int keyBytes, string what, Action<Hdf5Cursor, long> visit)
    {
        if (root < 0)
        {
            return;
        }

        string name = $"the B-tree of {what}";
        HashSet<long> seen = [];
        Stack<(long Address, int Level)> nodes = new();
        nodes.Push((root, -1));
        while (nodes.TryPop(out (long Address, int Level) next))
        {
            if (!seen.Add(next.Address))
            {
                throw new ModelImportException($"HDF5: {name} comes back to its node at address {next.Address:N0}.");
            }

            Hdf5Cursor node = store.At(next.Address, name);
            node.Signature("TREE"u8);
            int found = node.Byte();
            int level = node.Byte();
            if (found != type || (next.Level >= 0 && level != next.Level))
            {
                throw node.Malformed($"has a node of type {found} on level {level}; type {type}{(next.Level >= 0 ? $" on level {next.Level}" : "")} is needed");
            }

            int count = node.UInt16();
            node.Skip(2 * store.AddressBytes);
            for (int i = 0; i < count; i++)
            {
                store.Step(name);
                Hdf5Cursor key = node.Part(keyBytes, name);
                long child = node.Address();
                if (level == 0)
                {
                    visit(key, child);
                }
                else
                {
                    nodes.Push((child, level - 1));
                }
            }
        }
    }
}
