using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Edge.Format;
using Edge.Import.TensorFlow.Bundle;
using Edge.Import.TensorFlow.Messages;
using Google.Protobuf;

namespace Edge.Tests.Import.TensorFlow;

/// <summary>Writes checkpoints: the index as a LevelDB table with several blocks, tensors in several data files.</summary>
/// <param name="shards">Number of data files.</param>
internal sealed class CheckpointWriter(int shards = 1)
{
    private const ulong Magic = 0xDB4775248B80FB57;
    private const int EntriesInBlock = 3;

    private readonly SortedDictionary<string, byte[]> _entries = new(StringComparer.Ordinal);
    private readonly MemoryStream[] _data = [.. Enumerable.Range(0, shards).Select(static _ => new MemoryStream())];

    /// <summary>How blocks are compressed: 0 not at all, 1 as Snappy (in literals and copies).</summary>
    public byte Compression { get; init; }

    /// <summary>Changes the bytes of each block before its checksum is made.</summary>
    public Func<byte[], byte[]> Damage { get; init; } = static block => block;

    /// <summary>Adds a tensor of floats.</summary>
    public CheckpointWriter Add(string key, float[] values, params long[] sizes) => Add(key, TensorFlowType.Float, MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), sizes);

    /// <summary>Adds a tensor.</summary>
    public CheckpointWriter Add(string key, TensorFlowType type, byte[] bytes, params long[] sizes)
    {
        int shard = _entries.Count % shards;
        long offset = _data[shard].Length;
        _data[shard].Write(bytes);
        return Entry(key, type, sizes, shard, offset, bytes.Length, SortedTable.Mask(Crc32C.Compute(bytes)));
    }

    /// <summary>Adds a single string.</summary>
    public CheckpointWriter AddText(string key, byte[] text)
    {
        byte[] length = BitConverter.GetBytes((uint)text.Length);
        byte[] lengthChecksum = BitConverter.GetBytes(SortedTable.Mask(Crc32C.Compute(length)));
        byte[] stored = [.. Varint(text.Length), .. lengthChecksum, .. text];
        uint checksum = Crc32C.Compute(text, Crc32C.Compute(lengthChecksum, Crc32C.Compute(length)));
        long offset = _data[0].Length;
        _data[0].Write(stored);
        return Entry(key, TensorFlowType.String, [], 0, offset, stored.Length, SortedTable.Mask(checksum));
    }

    /// <summary>Adds an entry as it is stated.</summary>
    public CheckpointWriter Entry(string key, TensorFlowType type, long[] sizes, int shard, long offset, long size, uint checksum, bool sliced = false)
    {
        _entries[key] = GraphWriter.Message(entry =>
        {
            GraphWriter.Field(entry, 1, (long)type);
            GraphWriter.Field(entry, 2, GraphWriter.ShapeMessage(sizes));
            GraphWriter.Field(entry, 3, shard);
            GraphWriter.Field(entry, 4, offset);
            GraphWriter.Field(entry, 5, size);
            entry.WriteTag(6, WireFormat.WireType.Fixed32);
            entry.WriteFixed32(checksum);
            if (sliced)
            {
                GraphWriter.Field(entry, 7, []);
            }
        });
        return this;
    }

    /// <summary>Bytes of the index.</summary>
    public byte[] ToIndex(int? statedShards = null)
    {
        _entries[""] = GraphWriter.Message(header => GraphWriter.Field(header, 1, statedShards ?? shards));
        using MemoryStream file = new();
        List<(string, byte[])> handles = [];
        foreach (KeyValuePair<string, byte[]>[] chunk in _entries.Chunk(EntriesInBlock))
        {
            handles.Add((chunk[^1].Key, WriteBlock(file, [.. chunk.Select(static entry => (entry.Key, entry.Value))])));
        }

        byte[] meta = WriteBlock(file, []);
        byte[] index = WriteBlock(file, handles);
        byte[] footer = new byte[48];
        meta.CopyTo(footer, 0);
        index.CopyTo(footer, meta.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(footer.AsSpan(40), Magic);
        file.Write(footer);
        return file.ToArray();
    }

    /// <summary>Writes all files.</summary>
    /// <param name="folder">The SavedModel's folder.</param>
    public void Write(string folder)
    {
        string variables = Path.Combine(folder, "variables");
        Directory.CreateDirectory(variables);
        File.WriteAllBytes(Path.Combine(variables, "variables.index"), ToIndex());
        for (int i = 0; i < shards; i++)
        {
            File.WriteAllBytes(Path.Combine(variables, string.Create(CultureInfo.InvariantCulture, $"variables.data-{i:D5}-of-{shards:D5}")), _data[i].ToArray());
        }
    }

    /// <summary>Writes a block.</summary>
    /// <returns>Where it lies.</returns>
    private byte[] WriteBlock(MemoryStream file, List<(string Key, byte[] Value)> entries)
    {
        using MemoryStream block = new();
        byte[] last = [];
        foreach ((string text, byte[] value) in entries)
        {
            byte[] key = Encoding.UTF8.GetBytes(text);
            int shared = last.AsSpan().CommonPrefixLength(key);
            block.Write([.. Varint(shared), .. Varint(key.Length - shared), .. Varint(value.Length), .. key.AsSpan(shared), .. value]);
            last = key;
        }

        block.Write([0, 0, 0, 0, 1, 0, 0, 0]);
        byte[] content = Damage(Compression == 1 ? Compressed(block.ToArray()) : block.ToArray());
        long offset = file.Length;
        byte[] stored = [.. content, Compression];
        file.Write([.. stored, .. BitConverter.GetBytes(SortedTable.Mask(Crc32C.Compute(stored)))]);
        return [.. Varint(offset), .. Varint(content.Length)];
    }

    /// <summary>Snappy with literals, and a copy wherever eight bytes repeat those eight before.</summary>
    private static byte[] Compressed(byte[] content)
    {
        List<byte> result = [.. Varint(content.Length)];
        int start = 0;
        for (int i = 8; i + 8 <= content.Length; i++)
        {
            if (content.AsSpan(i, 8).SequenceEqual(content.AsSpan(i - 8, 8)))
            {
                Literal(start, i);
                result.AddRange([((8 - 1) << 2) | 2, 8, 0]);
                i += 7;
                start = i + 1;
            }
        }

        Literal(start, content.Length);
        return [.. result];

        void Literal(int from, int to)
        {
            for (; from < to; from += 60)
            {
                int length = Math.Min(60, to - from);
                result.Add((byte)((length - 1) << 2));
                result.AddRange(content.AsSpan(from, length));
            }
        }
    }

    private static byte[] Varint(long value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        return [.. bytes, (byte)value];
    }
}
