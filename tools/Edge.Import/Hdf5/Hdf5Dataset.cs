namespace Edge.Import.Hdf5;

/// <summary>A dataset: elements of one type in a grid.</summary>
internal sealed class Hdf5Dataset
{
    private const int MaxTypeNesting = 8;
    private const int Compact = 0;
    private const int Contiguous = 1;
    private const int Chunked = 2;
    private readonly Hdf5Object _object;
    private readonly Hdf5Type _type;
    private readonly long[] _space;
    private readonly long[] _most;

    /// <summary>Reads what a dataset is; its elements are read when they are asked for.</summary>
    /// <param name="owner">The object.</param>
    public Hdf5Dataset(Hdf5Object owner)
    {
        _object = owner;
        if (owner.Find(MessageKind.ExternalFiles) is not null)
        {
            throw new ModelImportException(
                $"HDF5: dataset '{owner.Path}' keeps its data in other files (external storage). Other files are never opened for a model; store its content in the file itself.");
        }

        Hdf5Cursor type = owner.Find(MessageKind.Datatype) ?? throw Missing("type");
        _type = Hdf5Type.Read(ref type, MaxTypeNesting);
        if (_type is { Kind: ElementKind.Opaque, Bytes: 2 } && owner.Attributes.TryGetValue("dtype", out Hdf5Attribute? dtype) && dtype.Texts() is ["bfloat16"])
        {
            _type = _type with { Kind = ElementKind.Float, IsBrainFloat = true, Name = "bfloat16" };         // as Keras 3 writes them
        }

        (_space, _most) = Hdf5Space.Read(owner.Find(MessageKind.Dataspace) ?? throw Missing("sizes"));
        long[] sizes = [.. _space, .. _type.Axes.Select(static axis => (long)axis)];
        Count = (int)Hdf5Space.Count(sizes, $"dataset '{owner.Path}'");
        Sizes = Array.ConvertAll(sizes, static size => (int)Math.Min(size, int.MaxValue));
    }

    /// <summary>Its path.</summary>
    public string Path => _object.Path;

    /// <summary>Sizes of the axes.</summary>
    public IReadOnlyList<int> Sizes { get; }

    /// <summary>Number of elements.</summary>
    public int Count { get; }

    /// <summary>Whether its elements are floats.</summary>
    public bool IsFloat => _type.Kind == ElementKind.Float;

    /// <summary>Name of the element type.</summary>
    public string TypeName => _type.Name;

    /// <summary>Its elements, row-major, as numbers of single precision.</summary>
    public float[] Singles() => Values().Singles();

    /// <summary>Its elements as texts.</summary>
    public string[] Texts() => Values().Texts();

    private Hdf5Values Values() => new(_object.File, _type, Read(), $"dataset '{Path}'");

    private ReadOnlyMemory<byte> Read()
    {
        string what = $"dataset '{Path}'";
        Hdf5Store store = _object.File.Store;
        long bytes = (long)Count * _type.Bytes;
        store.Spend(bytes, what);
        Hdf5Cursor layout = _object.Find(MessageKind.Layout) ?? throw Missing("layout");
        byte version = layout.Version(1, 4);
        if (version < 3)
        {
            return ReadOldLayout(layout, bytes);
        }

        int kind = layout.Byte();
        switch (kind)
        {
            case Compact:
                int size = layout.UInt16();
                return Inside(layout, size, bytes);
            case Contiguous:
                long address = layout.Address();
                return ReadContiguous(address, bytes);
            case Chunked when version == 3:
                int rank = layout.Byte() - 1;
                long tree = layout.Address();
                return Filled(bytes, ReadChunkSizes(ref layout, rank, 4), (grid, output) => ChunkIndex.Tree1(store, tree, grid, output));
            case Chunked:
                return ReadChunked4(layout, bytes);
            default:
                throw new ModelImportException($"HDF5: {what} is {(kind == 3 ? "virtual: its data lies in other datasets" : $"of layout {kind}")}, which is not supported. Store its content in the file itself.");
        }
    }

    private ReadOnlyMemory<byte> ReadOldLayout(Hdf5Cursor layout, long bytes)
    {
        int rank = layout.Byte();
        int kind = layout.Byte();
        layout.Skip(5);
        long address = kind == Compact ? -1 : layout.Address();
        if (kind == Chunked)
        {
            // The last size is that of an element.
            Hdf5Store store = _object.File.Store;
            return Filled(bytes, ReadChunkSizes(ref layout, rank - 1, 4), (grid, output) => ChunkIndex.Tree1(store, address, grid, output));
        }

        layout.Skip(4L * rank);
        if (kind == Contiguous)
        {
            return ReadContiguous(address, bytes);
        }

        long size = layout.UInt32();
        return Inside(layout, size, bytes);
    }

    private ReadOnlyMemory<byte> ReadChunked4(Hdf5Cursor layout, long bytes)
    {
        Hdf5Store store = _object.File.Store;
        byte flags = layout.Byte();
        int rank = layout.Byte() - 1;
        int width = layout.Byte();
        if (width is < 1 or > 8)
        {
            throw layout.Malformed($"writes chunk sizes in {width} bytes");
        }

        long[] chunk = ReadChunkSizes(ref layout, rank, width);
        int kind = layout.Byte();
        bool rawEdges = (flags & 1) != 0;
        switch (kind)
        {
            case 1:
                (long Bytes, uint Mask)? packed = (flags & 2) != 0 ? (layout.Length(), layout.UInt32()) : null;
                long only = layout.Address();
                return Filled(bytes, chunk, (grid, output) => ChunkIndex.Single(only, packed, grid, output), rawEdges);
            case 2:
                long first = layout.Address();
                return Filled(bytes, chunk, (grid, output) => ChunkIndex.Implicit(first, grid, output), rawEdges);
            case 3:
                layout.Skip(1);
                long fixedArray = layout.Address();
                return Filled(bytes, chunk, (grid, output) => ChunkIndex.FixedArray(store, fixedArray, grid, output), rawEdges);
            case 4:
                layout.Skip(5);
                long growingArray = layout.Address();
                return Filled(bytes, chunk, (grid, output) => ChunkIndex.ExtensibleArray(store, growingArray, grid, output), rawEdges);
            case 5:
                layout.Skip(6);
                long tree = layout.Address();
                return Filled(bytes, chunk, (grid, output) => ChunkIndex.Tree2(store, tree, grid, output), rawEdges);
            default:
                throw layout.Malformed($"has chunk index {kind}; 1 … 5 are known");
        }
    }

    private ReadOnlyMemory<byte> Inside(Hdf5Cursor layout, long size, long bytes)
    {
        if (size < bytes)
        {
            throw layout.Malformed($"holds {size:N0} bytes; {bytes:N0} are needed");
        }

        long position = layout.Position;
        layout.Skip(bytes);
        return _object.File.Store.Memory(position, bytes, layout.What);
    }

    private ReadOnlyMemory<byte> ReadContiguous(long address, long bytes)
    {
        if (address < 0)
        {
            return Fill(bytes);
        }

        Hdf5Store store = _object.File.Store;
        return store.Memory(address + store.Base, bytes, $"dataset '{Path}'");
    }

    private long[] ReadChunkSizes(ref Hdf5Cursor layout, int rank, int width)
    {
        if (rank != _space.Length)
        {
            throw layout.Malformed($"has chunks of {rank} axes; the dataset has {_space.Length}");
        }

        long[] sizes = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            sizes[i] = layout.Count(width);
        }

        long element = layout.Count(width);
        return element == _type.Bytes * _type.Axes.Aggregate(1L, static (count, axis) => count * axis)
            ? sizes
            : throw layout.Malformed($"has chunks with elements of {element:N0} bytes; the dataset's have {_type.Bytes}");
    }

    private byte[] Filled(long bytes, long[] chunk, Action<ChunkGrid, ChunkOutput> read, bool rawEdges = false)
    {
        Hdf5Filters filters = _object.Find(MessageKind.FilterPipeline) is { } pipeline ? Hdf5Filters.Read(pipeline, Path) : Hdf5Filters.None;
        byte[] data = Fill(bytes);
        if (Count > 0)
        {
            int element = checked(_type.Bytes * (int)Hdf5Space.Count(Array.ConvertAll(_type.Axes, static axis => (long)axis), Path));
            ChunkGrid grid = new(_space, _most, chunk, element, Path);
            read(grid, new ChunkOutput(_object.File.Store, grid, filters, rawEdges, data));
        }

        return data;
    }

    /// <summary>What elements are that were never written.</summary>
    private byte[] Fill(long bytes)
    {
        byte[] data = new byte[bytes];
        ReadOnlySpan<byte> value = default;
        if (_object.Find(MessageKind.FillValue) is { } message)
        {
            byte version = message.Version(1, 3);
            bool stated;
            if (version == 3)
            {
                stated = (message.Byte() & 0x20) != 0;
            }
            else
            {
                message.Skip(2);
                stated = message.Byte() != 0 || version == 1;
            }

            value = stated ? message.Bytes(message.UInt32()) : default;
        }

        if (value.Length == _type.Bytes && value.IndexOfAnyExcept((byte)0) >= 0)
        {
            for (int at = 0; at < data.Length; at += value.Length)
            {
                value.CopyTo(data.AsSpan(at));
            }
        }

        return data;
    }

    private ModelImportException Missing(string what) => new($"HDF5: dataset '{Path}' states no {what}.");
}
