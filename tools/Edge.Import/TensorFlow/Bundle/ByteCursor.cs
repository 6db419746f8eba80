namespace Edge.Import.TensorFlow.Bundle;

/// <summary>Reads bytes one after the other; nothing behind the end.</summary>
/// <param name="data">The bytes.</param>
/// <param name="what">What they are, for messages.</param>
internal struct ByteCursor(ReadOnlyMemory<byte> data, string what)
{
    private int _position;

    /// <summary>Whether all were read.</summary>
    public readonly bool IsAtEnd => _position == data.Length;

    /// <summary>Bytes that were read.</summary>
    public readonly int Position => _position;

    /// <summary>The next integer, seven bits a byte, low ones first.</summary>
    public long Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Take(1).Span[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return (long)value;
            }
        }

        throw new ModelImportException($"The {what} has an integer of more than ten bytes at {_position}.");
    }

    /// <summary>The next bytes.</summary>
    /// <param name="count">How many.</param>
    public ReadOnlyMemory<byte> Take(long count)
    {
        if (count < 0 || count > data.Length - _position)
        {
            throw new ModelImportException($"The {what} wants {count} bytes at {_position}; {data.Length - _position} are left.");
        }

        ReadOnlyMemory<byte> taken = data.Slice(_position, (int)count);
        _position += (int)count;
        return taken;
    }
}
