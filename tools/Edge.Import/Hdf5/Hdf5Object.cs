namespace Edge.Import.Hdf5;

/// <summary>A group or a dataset: a header with messages.</summary>
internal sealed class Hdf5Object
{
    private const int MaxBlocks = 4096;
    private const int SharedFlag = 2;
    private readonly List<(MessageKind Kind, byte Flags, Hdf5Cursor Content)> _messages = [];
    private Dictionary<string, Hdf5Link>? _links;
    private Dictionary<string, Hdf5Attribute>? _attributes;

    /// <summary>Reads a header.</summary>
    /// <param name="file">The file.</param>
    /// <param name="address">Its address.</param>
    /// <param name="path">The path it was found under, for messages.</param>
    public Hdf5Object(Hdf5File file, long address, string path)
    {
        File = file;
        Path = path;
        Hdf5Cursor cursor = file.Store.At(address, $"the header of '{path}'");
        if (cursor.Left >= 4 && file.Store.Span(cursor.Position, 4, cursor.What).SequenceEqual("OHDR"u8))
        {
            ReadVersion2(cursor);
        }
        else
        {
            ReadVersion1(cursor);
        }
    }

    /// <summary>The file.</summary>
    public Hdf5File File { get; }

    /// <summary>The path it was found under.</summary>
    public string Path { get; }

    /// <summary>Whether it is a dataset; otherwise it is a group.</summary>
    public bool IsDataset => Find(MessageKind.Layout) is not null;

    /// <summary>The group's links by name; none for a dataset.</summary>
    public IReadOnlyDictionary<string, Hdf5Link> Links => _links ??= ReadLinks();

    /// <summary>The object's attributes by name.</summary>
    public IReadOnlyDictionary<string, Hdf5Attribute> Attributes => _attributes ??= ReadAttributes();

    /// <summary>Finds an object by its path below this group; null where there is none.</summary>
    /// <param name="path">Names separated by slashes.</param>
    /// <exception cref="ModelImportException">The path leads out of the file or in a circle.</exception>
    public Hdf5Object? Find(string path) => Find(path, File.Store.Limits.MaxNesting);

    /// <summary>The object as a dataset.</summary>
    /// <exception cref="ModelImportException">It is a group, or of a form that is not supported.</exception>
    public Hdf5Dataset Dataset() => IsDataset ? new Hdf5Dataset(this) : throw new ModelImportException($"HDF5: '{Path}' is a group; a dataset is needed.");

    /// <summary>Contents of the first message of a kind, followed to where it lies when it is shared; null where there is none.</summary>
    /// <param name="kind">The kind.</param>
    public Hdf5Cursor? Find(MessageKind kind)
    {
        foreach ((MessageKind Kind, byte Flags, Hdf5Cursor Content) message in _messages)
        {
            if (message.Kind == kind)
            {
                return (message.Flags & SharedFlag) == 0 ? message.Content : Shared(kind, message.Content);
            }
        }

        return null;
    }

    /// <summary>Contents of a message that lies in another object's header: a named data type.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="reference">What stands in its place.</param>
    public Hdf5Cursor Shared(MessageKind kind, Hdf5Cursor reference)
    {
        byte version = reference.Version(1, 3);
        byte type = reference.Byte();
        if (version == 3 && type == 1)
        {
            throw new ModelImportException($"HDF5: '{Path}' keeps its {kind} message in a shared heap, which is not supported. Write the file again without shared messages.");
        }

        if (version == 1)
        {
            reference.Skip(6);
        }

        Hdf5Object owner = File.ObjectAt(reference.Address(), Path);
        foreach ((MessageKind Kind, byte Flags, Hdf5Cursor Content) message in owner._messages)
        {
            if (message.Kind == kind && (message.Flags & SharedFlag) == 0)
            {
                return message.Content;
            }
        }

        throw reference.Malformed($"refers to a {kind} message that is not there");
    }

    private Hdf5Object? Find(string path, int depth)
    {
        Hdf5Object? at = this;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            File.Store.Step($"the path '{path}'");
            if (name == "." || at is null)
            {
                continue;
            }

            at = at.Links.TryGetValue(name, out Hdf5Link? link) ? at.Follow(link, depth) : null;
        }

        return at;
    }

    private Hdf5Object? Follow(Hdf5Link link, int depth)
    {
        string path = Path == "/" ? $"/{link.Name}" : $"{Path}/{link.Name}";
        switch (link.Kind)
        {
            case LinkKind.Hard:
                return File.ObjectAt(link.Address, path);
            case LinkKind.Soft:
                if (depth == 0)
                {
                    throw new ModelImportException($"HDF5: the soft link '{path}' leads to '{link.Target}' over too many others; they may form a circle.");
                }

                return (link.Target.StartsWith('/') ? File.Root : this).Find(link.Target, depth - 1);
            default:
                throw new ModelImportException(
                    $"HDF5: '{path}' is a link out of the file ({(link.Kind == LinkKind.External ? $"to '{link.Target}'" : "of an unknown kind")}). " +
                    "Other files are never opened for a model; store its content in the file itself.");
        }
    }

    private void ReadVersion1(Hdf5Cursor cursor)
    {
        cursor.Version(1, 1);
        cursor.Skip(1);
        int count = cursor.UInt16();
        cursor.Skip(4);
        long bytes = cursor.UInt32();
        cursor.Skip(4);
        Queue<Hdf5Cursor> blocks = new();
        blocks.Enqueue(cursor.Part(bytes, cursor.What));
        for (int read = 0, messages = 0; blocks.TryDequeue(out Hdf5Cursor block); read++)
        {
            CheckBlocks(read, block);
            while (messages < count && block.Left >= 8)
            {
                File.Store.Step(block.What);
                MessageKind kind = (MessageKind)block.UInt16();
                int size = block.UInt16();
                byte flags = block.Byte();
                block.Skip(3);
                messages++;
                Hdf5Cursor content = block.Part(size, Describe(kind));
                if (kind == MessageKind.Continuation)
                {
                    blocks.Enqueue(Continuation(content));
                }
                else
                {
                    _messages.Add((kind, flags, content));
                }
            }
        }
    }

    private void ReadVersion2(Hdf5Cursor cursor)
    {
        const int Checksum = 4;
        cursor.Skip(4);
        cursor.Version(2, 2);
        byte flags = cursor.Byte();
        cursor.Skip(((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0));
        long bytes = cursor.Count(1 << (flags & 3));
        int head = (flags & 4) != 0 ? 6 : 4;
        Queue<Hdf5Cursor> blocks = new();
        blocks.Enqueue(cursor.Part(bytes, cursor.What));
        for (int read = 0; blocks.TryDequeue(out Hdf5Cursor block); read++)
        {
            CheckBlocks(read, block);
            while (block.Left >= head)
            {
                File.Store.Step(block.What);
                MessageKind kind = (MessageKind)block.Byte();
                int size = block.UInt16();
                byte messageFlags = block.Byte();
                block.Skip(head - 4);
                Hdf5Cursor content = block.Part(size, Describe(kind));
                if (kind == MessageKind.Continuation)
                {
                    Hdf5Cursor next = Continuation(content);
                    next.Signature("OCHK"u8);
                    blocks.Enqueue(next.Part(next.Left - Checksum, next.What));
                }
                else
                {
                    _messages.Add((kind, messageFlags, content));
                }
            }
        }

    }

    private Hdf5Cursor Continuation(Hdf5Cursor content)
    {
        long address = content.Address();
        long length = content.Length();
        return File.Store.At(address, $"the continued header of '{Path}'").Part(length, $"the continued header of '{Path}'");
    }

    private static void CheckBlocks(int read, Hdf5Cursor block)
    {
        if (read >= MaxBlocks)
        {
            throw block.Malformed($"goes on over more than {MaxBlocks:N0} blocks");
        }
    }

    private string Describe(MessageKind kind) => $"the {kind} message of '{Path}'";

    private Dictionary<string, Hdf5Link> ReadLinks()
    {
        Dictionary<string, Hdf5Link> links = new(StringComparer.Ordinal);
        if (Find(MessageKind.SymbolTable) is { } table)
        {
            SymbolTable.Read(File.Store, table, Path, links);
        }

        if (Find(MessageKind.LinkInfo) is { } info)
        {
            foreach ((FractalHeap objects, Hdf5Cursor record) in Dense(info, orderBytes: 8))
            {
                Hdf5Cursor rest = record;
                rest.Skip(4);                            // the name's hash
                Hdf5Link link = Hdf5Link.Read(objects.Find(rest), Path);
                links[link.Name] = link;
            }
        }

        foreach ((MessageKind Kind, byte Flags, Hdf5Cursor Content) message in _messages)
        {
            if (message.Kind == MessageKind.Link)
            {
                Hdf5Link link = Hdf5Link.Read(message.Content, Path);
                links[link.Name] = link;
            }
        }

        return links;
    }

    /// <summary>The records of links or attributes that lie in a heap of their own, indexed by name: none where the message says that there is no such heap.</summary>
    private IEnumerable<(FractalHeap Objects, Hdf5Cursor Record)> Dense(Hdf5Cursor info, int orderBytes)
    {
        info.Version(0, 0);
        info.Skip((info.Byte() & 1) != 0 ? orderBytes : 0);
        long heap = info.Address();
        long index = info.Address();
        if (heap < 0 || index < 0)
        {
            yield break;
        }

        FractalHeap objects = new(File.Store, heap, Path);
        foreach (Hdf5Cursor record in BTree2.Records(File.Store, index, Path))
        {
            yield return (objects, record);
        }
    }

    private Dictionary<string, Hdf5Attribute> ReadAttributes()
    {
        Dictionary<string, Hdf5Attribute> attributes = new(StringComparer.Ordinal);
        foreach ((MessageKind Kind, byte Flags, Hdf5Cursor Content) message in _messages)
        {
            if (message.Kind == MessageKind.Attribute)
            {
                Add(message.Content, message.Flags);
            }
        }

        if (Find(MessageKind.AttributeInfo) is { } info)
        {
            foreach ((FractalHeap objects, Hdf5Cursor record) in Dense(info, orderBytes: 2))
            {
                Hdf5Cursor rest = record;
                Hdf5Cursor id = rest.Part(objects.IdBytes, rest.What);
                Add(objects.Find(id), rest.Byte());
            }
        }

        return attributes;

        void Add(Hdf5Cursor content, byte flags)
        {
            if ((flags & SharedFlag) != 0)
            {
                throw content.Malformed("is shared with other objects, which is not supported; write the file again without shared messages");
            }

            Hdf5Attribute attribute = Hdf5Attribute.Read(this, content);
            attributes[attribute.Name] = attribute;
        }
    }
}
