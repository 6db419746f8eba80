namespace Edge.Import.Hdf5;

/// <summary>The links of a group in the form of HDF5 1.6: a B-tree of nodes with symbols, whose names lie in a local heap.</summary>
internal static class SymbolTable
{
    private const uint SymbolicLink = 2;

    /// <summary>Reads all links.</summary>
    /// <param name="store">The file.</param>
    /// <param name="message">The symbol table message.</param>
    /// <param name="group">The group, for messages.</param>
    /// <param name="links">Receives them.</param>
    public static void Read(Hdf5Store store, Hdf5Cursor message, string group, Dictionary<string, Hdf5Link> links)
    {
        long tree = message.Address();
        Hdf5Cursor heap = store.At(message.Address(), $"the local heap of '{group}'");
        heap.Signature("HEAP"u8);
        heap.Version(0, 0);
        heap.Skip(3);
        long bytes = heap.Length();
        heap.Length();
        Hdf5Cursor names = store.At(heap.Address(), heap.What).Part(bytes, heap.What);
        BTree1.Walk(store, tree, BTree1.GroupNode, store.LengthBytes, $"group '{group}'", (_, child) => ReadNode(store, child, names, group, links));
    }

    private static void ReadNode(Hdf5Store store, long address, Hdf5Cursor names, string group, Dictionary<string, Hdf5Link> links)
    {
        Hdf5Cursor node = store.At(address, $"a symbol node of '{group}'");
        node.Signature("SNOD"u8);
        node.Version(1, 1);
        node.Skip(1);
        int count = node.UInt16();
        for (int i = 0; i < count; i++)
        {
            store.Step(node.What);
            string name = NameAt(names, node.Count(store.AddressBytes));
            long header = node.Address();
            uint cache = node.UInt32();
            node.Skip(4);
            Hdf5Cursor scratch = node.Part(16, node.What);
            links[name] = cache == SymbolicLink
                ? new Hdf5Link(name, LinkKind.Soft, -1, NameAt(names, scratch.UInt32()))
                : new Hdf5Link(name, LinkKind.Hard, header, "");
        }
    }

    private static string NameAt(Hdf5Cursor names, long offset)
    {
        names.Skip(offset);
        return names.Text();
    }
}
