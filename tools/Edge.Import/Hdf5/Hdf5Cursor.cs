using System.Buffers.Binary;
using System.Text;

namespace Edge.Import.Hdf5;

/// <summary>Reads little-endian fields one after the other between two positions of a file.</summary>
/// <param name="store">The file.</param>
/// <param name="position">Where it starts.</param>
/// <param name="end">One past the last byte it may read.</param>
/// <param name="what">What is read, for messages.</param>
internal struct Hdf5Cursor(Hdf5Store store, long position, long end, string what)
{
    /// <summary>The file.</summary>
    public readonly Hdf5Store Store => store;

    /// <summary>Position in the file of the next byte.</summary>
    public long Position { readonly get; private set; } = position;

    /// <summary>Bytes left.</summary>
    public readonly long Left => end - Position;

    /// <summary>What is read.</summary>
    public readonly string What => what;

    /// <summary>The next byte.</summary>
    public byte Byte() => Bytes(1)[0];

    /// <summary>The next two bytes.</summary>
    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    /// <summary>The next four bytes.</summary>
    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    /// <summary>The next number of 1 … 8 bytes.</summary>
    /// <param name="width">Its bytes.</param>
    public ulong Number(int width)
    {
        ReadOnlySpan<byte> bytes = Bytes(width);
        ulong value = 0;
        for (int i = width - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }

    /// <summary>The next size or count of 1 … 8 bytes.</summary>
    /// <param name="width">Its bytes.</param>
    public long Count(int width)
    {
        ulong value = Number(width);
        return value <= long.MaxValue ? (long)value : throw Malformed($"states a size of {value:N0}");
    }

    /// <summary>The next length.</summary>
    public long Length() => Count(store.LengthBytes);

    /// <summary>The next address; −1 where it is undefined.</summary>
    public long Address()
    {
        ulong value = Number(store.AddressBytes);
        ulong undefined = store.AddressBytes == 8 ? ulong.MaxValue : (1ul << (8 * store.AddressBytes)) - 1;
        return value == undefined ? -1 : value <= (ulong)store.Length ? (long)value : throw Malformed($"states the address {value:N0}; the file has {store.Length:N0} bytes");
    }

    /// <summary>The next bytes.</summary>
    /// <param name="count">How many.</param>
    public ReadOnlySpan<byte> Bytes(long count)
    {
        if (count < 0 || count > Left)
        {
            throw Malformed($"needs {count:N0} more bytes of {Left:N0}");
        }

        ReadOnlySpan<byte> bytes = store.Span(Position, count, what);
        Position += count;
        return bytes;
    }

    /// <summary>Passes bytes over.</summary>
    /// <param name="count">How many.</param>
    public void Skip(long count) => Bytes(count);

    /// <summary>Text up to its zero byte.</summary>
    public string Text()
    {
        ReadOnlySpan<byte> rest = store.Span(Position, Left, what);
        int length = rest.IndexOf((byte)0);
        if (length < 0)
        {
            throw Malformed("holds text without an end");
        }

        Position += length + 1;
        return Encoding.UTF8.GetString(rest[..length]);
    }

    /// <summary>Goes on with a part as a cursor of its own, and passes it over here.</summary>
    /// <param name="count">Its bytes.</param>
    /// <param name="name">What it is, for messages.</param>
    public Hdf5Cursor Part(long count, string name)
    {
        Hdf5Cursor part = new(store, Position, Position + count, name);
        Skip(count);
        return part;
    }

    /// <summary>Reads the four letters that a structure begins with.</summary>
    /// <param name="letters">What they must be.</param>
    public void Signature(ReadOnlySpan<byte> letters)
    {
        long at = Position;
        ReadOnlySpan<byte> found = Bytes(letters.Length);
        if (!found.SequenceEqual(letters))
        {
            throw new ModelImportException($"HDF5: {what} at byte {at:N0} begins with {Convert.ToHexString(found)}; '{Encoding.ASCII.GetString(letters)}' is needed.");
        }
    }

    /// <summary>Reads a version number.</summary>
    /// <param name="least">The lowest known.</param>
    /// <param name="most">The highest known.</param>
    public byte Version(int least, int most)
    {
        byte version = Byte();
        return version >= least && version <= most ? version : throw Malformed($"is of version {version}; {least} … {most} are known");
    }

    /// <summary>The exception for what is read here.</summary>
    /// <param name="found">What was found.</param>
    public readonly ModelImportException Malformed(string found) => new($"HDF5: {what} {found}, before byte {Position:N0}.");
}
