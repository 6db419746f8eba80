using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;

namespace Edge.Import.Hdf5;

/// <summary>The filters that a dataset's chunks went through when they were written.</summary>
/// <param name="filters">Number and element size of each, in the order of writing.</param>
internal sealed class Hdf5Filters(IReadOnlyList<(int Id, int Size)> filters)
{
    private const int Deflate = 1;
    private const int Shuffle = 2;
    private const int Fletcher32 = 3;
    private const int ChecksumBytes = 4;

    /// <summary>No filters.</summary>
    public static Hdf5Filters None { get; } = new([]);

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => filters.Count == 0;

    /// <summary>Reads a filter pipeline message.</summary>
    /// <param name="content">Its content.</param>
    /// <param name="dataset">The dataset, for messages.</param>
    public static Hdf5Filters Read(Hdf5Cursor content, string dataset)
    {
        byte version = content.Version(1, 2);
        int count = content.Byte();
        content.Skip(version == 1 ? 6 : 0);
        List<(int Id, int Size)> filters = [];
        for (int i = 0; i < count; i++)
        {
            int id = content.UInt16();
            int nameBytes = version == 1 || id >= 256 ? content.UInt16() : 0;
            content.Skip(2);
            int values = content.UInt16();
            content.Skip(version == 1 ? (nameBytes + 7) & ~7 : nameBytes);
            long first = values > 0 ? content.UInt32() : 0;
            content.Skip(4L * (Math.Max(1, values) - 1));
            content.Skip(version == 1 && (values & 1) != 0 ? 4 : 0);
            if (id is not (Deflate or Shuffle or Fletcher32))
            {
                throw new ModelImportException(
                    $"HDF5: dataset '{dataset}' went through filter {id} ({NameOf(id)}); deflate (gzip), shuffle and fletcher32 can be undone. Write it again with one of these.");
            }

            filters.Add((id, (int)Math.Clamp(first, 1, ushort.MaxValue)));
        }

        return new Hdf5Filters(filters);
    }

    /// <summary>Undoes the filters of a chunk.</summary>
    /// <param name="stored">The chunk as it is stored.</param>
    /// <param name="mask">Bits of the filters that were left out for it.</param>
    /// <param name="bytes">Bytes it must have.</param>
    /// <param name="dataset">The dataset, for messages.</param>
    public ReadOnlyMemory<byte> Undo(ReadOnlyMemory<byte> stored, uint mask, int bytes, string dataset)
    {
        ReadOnlyMemory<byte> data = stored;
        for (int i = filters.Count - 1; i >= 0; i--)
        {
            if (i < 32 && (mask & (1u << i)) != 0)
            {
                continue;
            }

            data = filters[i].Id switch
            {
                Deflate => Inflate(data, bytes + (ChecksumBytes * filters.Count), dataset),
                Shuffle => Unshuffle(data.Span, filters[i].Size),
                _ => Verify(data, dataset),
            };
        }

        return data.Length == bytes ? data : throw new ModelImportException($"HDF5: a chunk of dataset '{dataset}' unpacks to {data.Length:N0} bytes; it must have {bytes:N0}.");
    }

    private static string NameOf(int id) => id switch { 4 => "szip", 5 => "nbit", 6 => "scale-offset", 32000 => "lzf", 32001 => "blosc", 32004 => "lz4", 32015 => "zstd", _ => "unknown" };

    private static byte[] Inflate(ReadOnlyMemory<byte> packed, int most, string dataset)
    {
        byte[] output = new byte[most];
        try
        {
            using MemoryStream source = new(packed.ToArray(), writable: false);
            using ZLibStream stream = new(source, CompressionMode.Decompress);
            int length = stream.ReadAtLeast(output, most, throwOnEndOfStream: false);
            if (length == most && stream.ReadByte() >= 0)
            {
                throw new ModelImportException($"HDF5: a chunk of dataset '{dataset}' unpacks to more than the {most:N0} bytes that it can have.");
            }

            return output[..length];
        }
        catch (InvalidDataException error)
        {
            throw new ModelImportException($"HDF5: a chunk of dataset '{dataset}' cannot be unpacked: {error.Message}", error);
        }
    }

    /// <summary>Byte k of all elements lies together; an incomplete last element lies behind, as it is.</summary>
    private static byte[] Unshuffle(ReadOnlySpan<byte> shuffled, int size)
    {
        byte[] output = new byte[shuffled.Length];
        int count = shuffled.Length / size;
        for (int k = 0; k < size; k++)
        {
            for (int i = 0; i < count; i++)
            {
                output[(i * size) + k] = shuffled[(k * count) + i];
            }
        }

        shuffled[(count * size)..].CopyTo(output.AsSpan(count * size));
        return output;
    }

    /// <summary>Checks the sum behind the data. HDF5 before 1.6.3 wrote it with its bytes exchanged in pairs.</summary>
    /// <remarks>Source: J. Fletcher 1982; words are big-endian, an odd last byte is the high one.</remarks>
    private static ReadOnlyMemory<byte> Verify(ReadOnlyMemory<byte> data, string dataset)
    {
        if (data.Length < ChecksumBytes)
        {
            throw new ModelImportException($"HDF5: a chunk of dataset '{dataset}' has {data.Length} bytes; its checksum alone has {ChecksumBytes}.");
        }

        ReadOnlySpan<byte> content = data.Span[..^ChecksumBytes];
        uint low = 0, high = 0;
        for (int i = 0; i < content.Length; i += 2)
        {
            uint word = ((uint)content[i] << 8) | (i + 1 < content.Length ? content[i + 1] : 0u);
            low = (low + word) % 65535;
            high = (high + low) % 65535;
        }

        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(data.Span[^ChecksumBytes..]);
        uint swapped = BitOperations.RotateLeft(BinaryPrimitives.ReverseEndianness(stored), 16);
        if (!Same(stored) && !Same(swapped))
        {
            throw new ModelImportException($"HDF5: a chunk of dataset '{dataset}' has the checksum 0x{(high << 16) | low:X8}; 0x{stored:X8} is stored. The file is damaged.");
        }

        return data[..^ChecksumBytes];

        // A sum of 65535 and one of 0 are the same modulo 65535.
        bool Same(uint sum) => (sum & 0xFFFF) % 65535 == low && (sum >> 16) % 65535 == high;
    }
}
