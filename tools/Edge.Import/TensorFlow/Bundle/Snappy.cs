using System.Buffers.Binary;

namespace Edge.Import.TensorFlow.Bundle;

/// <summary>Decodes Snappy, the compression that a block of a variable index may have.</summary>
/// <remarks>Source: google/snappy, format_description.txt.</remarks>
internal static class Snappy
{
    /// <summary>Decodes a block.</summary>
    /// <param name="source">Its bytes.</param>
    /// <param name="mostBytes">Most bytes that it may become.</param>
    public static byte[] Decode(ReadOnlyMemory<byte> source, long mostBytes)
    {
        ByteCursor cursor = new(source, "Snappy block");
        long length = cursor.Varint();
        if (length < 0 || length > mostBytes)
        {
            throw new ModelImportException($"A Snappy block claims {length} bytes; 0 … {mostBytes} are allowed.");
        }

        byte[] result = new byte[length];
        int written = 0;
        while (!cursor.IsAtEnd)
        {
            byte tag = cursor.Take(1).Span[0];
            int upper = tag >> 2;
            if ((tag & 3) == 0)
            {
                ReadOnlySpan<byte> literal = cursor.Take(upper < 60 ? upper + 1 : LittleEndian(cursor.Take(upper - 59).Span) + 1).Span;
                literal.CopyTo(Next(literal.Length));
                continue;
            }

            (int count, long distance) = (tag & 3) switch
            {
                1 => (4 + (upper & 7), ((long)(upper >> 3) << 8) | cursor.Take(1).Span[0]),
                2 => (upper + 1, BinaryPrimitives.ReadUInt16LittleEndian(cursor.Take(2).Span)),
                _ => (upper + 1, LittleEndian(cursor.Take(4).Span)),
            };
            int from = written;
            if (distance < 1 || distance > written)
            {
                throw new ModelImportException($"A Snappy block copies from {distance} bytes before byte {written}; 1 … {written} is allowed.");
            }

            // A copy may overlap what it writes: byte by byte it repeats.
            Span<byte> target = Next(count);
            for (int i = 0; i < count; i++)
            {
                target[i] = result[from + i - (int)distance];
            }
        }

        return written == result.Length ? result : throw new ModelImportException($"A Snappy block claims {result.Length} bytes and has {written}.");

        Span<byte> Next(int count)
        {
            if (count > result.Length - written)
            {
                throw new ModelImportException($"A Snappy block claims {result.Length} bytes and has at least {written + (long)count}.");
            }

            written += count;
            return result.AsSpan(written - count, count);
        }
    }

    private static long LittleEndian(ReadOnlySpan<byte> bytes)
    {
        long value = 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }
}
