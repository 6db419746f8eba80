using System.Buffers.Binary;
using System.Text;
using Edge.Format;

namespace Edge.Import.TensorFlow.Bundle;

/// <summary>A LevelDB table: sorted keys with values, in blocks with shared key prefixes. All of it is read at once.</summary>
/// <remarks>
/// Source: leveldb, doc/table_format.md; tensorflow/tsl/lib/io/format.cc. A block is its entries, the positions where keys are whole, and their number; behind it stand
/// one byte (0 plain, 1 Snappy) and the masked CRC-32C of both. The last 48 bytes locate the block that lists the others.
/// </remarks>
internal static class SortedTable
{
    private const int FooterBytes = 48;
    private const int TrailerBytes = 5;
    private const ulong Magic = 0xDB4775248B80FB57;
    private const uint MaskDelta = 0xA282EAD8;

    /// <summary>A checksum as LevelDB and TensorFlow store it: rotated and moved, so that a checksum over bytes with checksums stays good.</summary>
    /// <param name="crc">The CRC-32C.</param>
    public static uint Mask(uint crc) => ((crc >> 15) | (crc << 17)) + MaskDelta;

    /// <summary>Reads the table.</summary>
    /// <param name="file">All its bytes.</param>
    /// <param name="limits">Caps.</param>
    /// <returns>Values by key.</returns>
    public static Dictionary<string, ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> file, ImportLimits limits)
    {
        if (file.Length < FooterBytes)
        {
            throw new ModelImportException($"The variable index has {file.Length} bytes; its footer alone takes {FooterBytes}. The file is truncated.");
        }

        ReadOnlyMemory<byte> footer = file[^FooterBytes..];
        ulong magic = BinaryPrimitives.ReadUInt64LittleEndian(footer.Span[^sizeof(ulong)..]);
        if (magic != Magic)
        {
            throw new ModelImportException($"The variable index ends in {magic:x16}; {Magic:x16} is needed. It is no checkpoint of version 2, or it is truncated.");
        }

        ByteCursor cursor = new(footer, "variable index footer");
        Handle(ref cursor);
        (long offset, long size) = Handle(ref cursor);
        Dictionary<string, ReadOnlyMemory<byte>> entries = new(StringComparer.Ordinal);
        foreach ((_, ReadOnlyMemory<byte> handle) in Entries(Block(file, offset, size, limits), limits))
        {
            ByteCursor place = new(handle, "variable index block handle");
            (offset, size) = Handle(ref place);
            foreach ((byte[] key, ReadOnlyMemory<byte> value) in Entries(Block(file, offset, size, limits), limits))
            {
                if (!entries.TryAdd(Encoding.UTF8.GetString(key), value))
                {
                    throw new ModelImportException($"The variable index has two entries '{Encoding.UTF8.GetString(key)}'; keys are unique.");
                }

                if (entries.Count > limits.MaxTensors)
                {
                    throw new ModelImportException($"The variable index has more than {limits.MaxTensors:N0} entries; that many are allowed.");
                }
            }
        }

        return entries;
    }

    private static (long Offset, long Size) Handle(ref ByteCursor cursor)
    {
        long offset = cursor.Varint();
        return (offset, cursor.Varint());
    }

    private static ReadOnlyMemory<byte> Block(ReadOnlyMemory<byte> file, long offset, long size, ImportLimits limits)
    {
        if (offset < 0 || size < 0 || offset > file.Length - TrailerBytes || size > file.Length - TrailerBytes - offset)
        {
            throw new ModelImportException($"A block of the variable index claims {size} bytes at {offset}; the file has {file.Length}.");
        }

        ReadOnlyMemory<byte> stored = file.Slice((int)offset, (int)size + TrailerBytes);
        uint wanted = BinaryPrimitives.ReadUInt32LittleEndian(stored.Span[^sizeof(uint)..]);
        uint found = Mask(Crc32C.Compute(stored.Span[..^sizeof(uint)]));
        if (found != wanted)
        {
            throw new ModelImportException($"The variable index block at {offset} has checksum {found:x8}; {wanted:x8} is stored. The file is damaged: fetch it again.");
        }

        byte kind = stored.Span[(int)size];
        return kind switch
        {
            0 => stored[..(int)size],
            1 => Snappy.Decode(stored[..(int)size], limits.ExpansionBytes(file.Length)),
            _ => throw new ModelImportException($"The variable index block at {offset} is compressed in way {kind}; 0 (not at all) and 1 (Snappy) are known."),
        };
    }

    private static List<(byte[] Key, ReadOnlyMemory<byte> Value)> Entries(ReadOnlyMemory<byte> block, ImportLimits limits)
    {
        if (block.Length < sizeof(uint))
        {
            throw new ModelImportException($"A block of the variable index has {block.Length} bytes; at least {sizeof(uint)} are needed.");
        }

        uint restarts = BinaryPrimitives.ReadUInt32LittleEndian(block.Span[^sizeof(uint)..]);
        long end = block.Length - ((restarts + 1L) * sizeof(uint));
        if (end < 0)
        {
            throw new ModelImportException($"A block of {block.Length} bytes of the variable index claims {restarts} restarts; they do not fit.");
        }

        List<(byte[], ReadOnlyMemory<byte>)> entries = [];
        ByteCursor cursor = new(block[..(int)end], "variable index block");
        byte[] key = [];
        long keyBytes = 0;
        long mostKeyBytes = limits.ExpansionBytes(block.Length);
        while (!cursor.IsAtEnd)
        {
            long shared = cursor.Varint();
            long own = cursor.Varint();
            long length = cursor.Varint();
            if (shared < 0 || shared > key.Length)
            {
                throw new ModelImportException($"A key of the variable index shares {shared} bytes with one of {key.Length}; at most that many are allowed.");
            }

            key = [.. key.AsSpan(0, (int)shared), .. cursor.Take(own).Span];
            keyBytes += key.Length;
            if (keyBytes > mostKeyBytes || entries.Count >= limits.MaxTensors)
            {
                throw new ModelImportException($"A block of {block.Length:N0} bytes of the variable index holds {entries.Count:N0} keys of {keyBytes:N0} bytes; {limits.MaxTensors:N0} keys of {mostKeyBytes:N0} bytes are allowed.");
            }

            entries.Add((key, cursor.Take(length)));
        }

        return entries;
    }
}
