using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Edge.Format;
using Edge.Import.Protobuf;
using Edge.Import.TensorFlow.Messages;

namespace Edge.Import.TensorFlow.Bundle;

/// <summary>A checkpoint of version 2: <c>variables.index</c> says where each tensor lies in <c>variables.data-?????-of-?????</c>. Tensors are read when they are asked for.</summary>
/// <remarks>Source: tensorflow/core/util/tensor_bundle/tensor_bundle.cc, naming.cc.</remarks>
internal sealed class TensorBundle
{
    private const int MostShards = 100_000;

    private readonly string _prefix;
    private readonly ImportLimits _limits;
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _entries;
    private readonly int _shards;

    private TensorBundle(string prefix, ImportLimits limits, Dictionary<string, ReadOnlyMemory<byte>> entries, int shards)
    {
        _prefix = prefix;
        _limits = limits;
        _entries = entries;
        _shards = shards;
    }

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="prefix">Its path without <c>.index</c>.</param>
    /// <param name="limits">Caps.</param>
    public static TensorBundle Open(string prefix, ImportLimits limits)
    {
        Dictionary<string, ReadOnlyMemory<byte>> entries = SortedTable.Read(SourceFile.Read(prefix + ".index", limits), limits);
        if (!entries.TryGetValue("", out ReadOnlyMemory<byte> header))
        {
            throw new ModelImportException("The variable index has no header entry; it is no checkpoint of TensorFlow.");
        }

        int shards = 0;
        ProtobufReader reader = ProtobufReader.Open(header.ToArray(), "BundleHeaderProto", limits);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    shards = reader.Int32();
                    break;
                case 2 when reader.Integer() != 0:
                    throw new ModelImportException("The checkpoint is big-endian; little-endian is allowed. Write it again on another machine.");
                case 2:
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return shards is >= 1 and <= MostShards
            ? new TensorBundle(prefix, limits, entries, shards)
            : throw new ModelImportException($"The checkpoint claims {shards} data files; 1 … {MostShards:N0} are allowed.");
    }

    /// <summary>Names of the tensors.</summary>
    public IEnumerable<string> Keys => _entries.Keys.Where(static key => key.Length > 0);

    /// <summary>Whether there is a tensor.</summary>
    /// <param name="key">Its name.</param>
    public bool Contains(string key) => key.Length > 0 && _entries.ContainsKey(key);

    /// <summary>Type and axis sizes of a tensor.</summary>
    /// <param name="key">Its name.</param>
    public BundleEntry Entry(string key)
    {
        if (key.Length == 0 || !_entries.TryGetValue(key, out ReadOnlyMemory<byte> value))
        {
            throw new ModelImportException($"The checkpoint has no tensor '{key}'; {string.Join(", ", Keys.Take(10))}{(_entries.Count > 11 ? ", …" : "")} are there.");
        }

        return BundleEntry.Read(ProtobufReader.Open(value.ToArray(), $"BundleEntryProto '{key}'", _limits));
    }

    /// <summary>The elements of a tensor of numbers.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="builder">Pays for them.</param>
    /// <param name="sizes">Its axis sizes.</param>
    public ReadOnlyMemory<byte> Read(string key, GraphBuilder builder, out int[] sizes)
    {
        BundleEntry entry = Entry(key);
        string what = $"checkpoint tensor {key}";
        TensorFlowTypes.Become(entry.Type, what);
        sizes = entry.Shape.Sizes(what);
        long count = ShapeMessage.Count(sizes, what);
        long expected = count * TensorFlowTypes.Bytes(entry.Type);
        if (entry.Size != expected)
        {
            throw new ModelImportException($"The {what} has {entry.Size} bytes; {entry.Type} [{string.Join(", ", sizes)}] takes {expected}.");
        }

        byte[] stored = ReadBytes(entry, key, builder);
        uint found = SortedTable.Mask(Crc32C.Compute(stored));
        if (found != entry.Checksum)
        {
            throw new ModelImportException($"The {what} has checksum {found:x8}; {entry.Checksum:x8} is stored. The checkpoint is damaged: fetch it again.");
        }

        return ElementData.Convert(entry.Type, stored, count, builder, what);
    }

    /// <summary>The only element of a string tensor.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="builder">Pays for it.</param>
    /// <remarks>Lengths as varints, the masked checksum of the lengths as 32-bit integers, the texts.</remarks>
    public ReadOnlyMemory<byte> ReadString(string key, GraphBuilder builder)
    {
        BundleEntry entry = Entry(key);
        if (entry.Type != TensorFlowType.String || entry.Shape.Axes.Any(static size => size != 1))
        {
            throw new ModelImportException($"The checkpoint tensor {key} is {entry.Type} [{string.Join(", ", entry.Shape.Axes)}]; a single string is needed.");
        }

        byte[] stored = ReadBytes(entry, key, builder);
        ByteCursor cursor = new(stored, $"checkpoint tensor {key}");
        long length = cursor.Varint();
        Span<byte> lengths = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(lengths, (uint)length);
        uint checksum = Crc32C.Compute(lengths);
        ReadOnlySpan<byte> storedMask = cursor.Take(sizeof(uint)).Span;
        ReadOnlyMemory<byte> text = cursor.Take(length);
        uint found = SortedTable.Mask(Crc32C.Compute(text.Span, Crc32C.Compute(storedMask, checksum)));
        if (!cursor.IsAtEnd || BinaryPrimitives.ReadUInt32LittleEndian(storedMask) != SortedTable.Mask(checksum) || found != entry.Checksum)
        {
            throw new ModelImportException($"The checkpoint tensor {key} does not have the checksums stored with it. The checkpoint is damaged: fetch it again.");
        }

        return text;
    }

    /// <summary>Bytes of all files.</summary>
    /// <param name="prefix">The path without <c>.index</c>.</param>
    public static long FileBytes(string prefix)
    {
        string folder = Path.GetDirectoryName(prefix)!;
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, Path.GetFileName(prefix) + ".*").Sum(static file => new FileInfo(file).Length)
            : 0;
    }

    private byte[] ReadBytes(BundleEntry entry, string key, GraphBuilder builder)
    {
        if (entry.IsSliced)
        {
            throw new ModelImportException($"The checkpoint tensor {key} is partitioned into slices; whole tensors are allowed. Save the model without partitioned variables.");
        }

        if (entry.Shard < 0 || entry.Shard >= _shards)
        {
            throw new ModelImportException($"The checkpoint tensor {key} lies in data file {entry.Shard}; 0 … {_shards - 1} are there.");
        }

        // The name is made of two numbers that were checked: it cannot leave the folder.
        string path = string.Create(CultureInfo.InvariantCulture, $"{_prefix}.data-{entry.Shard:D5}-of-{_shards:D5}");
        if (!File.Exists(path))
        {
            throw new ModelImportException($"'{Path.GetFileName(path)}' is missing; the checkpoint tensor {key} lies in it.");
        }

        using FileStream file = File.OpenRead(path);
        if (entry.Offset < 0 || entry.Size < 0 || entry.Offset > file.Length || entry.Size > file.Length - entry.Offset || entry.Size > _limits.MaxFileBytes)
        {
            throw new ModelImportException($"The checkpoint tensor {key} claims {entry.Size} bytes at {entry.Offset} of '{Path.GetFileName(path)}', which has {file.Length}.");
        }

        builder.Charge(entry.Size, key);
        byte[] bytes = new byte[entry.Size];
        file.Position = entry.Offset;
        file.ReadExactly(bytes);
        return bytes;
    }
}
