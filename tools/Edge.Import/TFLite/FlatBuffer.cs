using System.Buffers.Binary;

namespace Edge.Import.TFLite;

/// <summary>The bytes of a FlatBuffer file, every access checked. What is copied out of them is counted: tables and vectors may be shared, so a small file could
/// otherwise ask for any number of copies.</summary>
/// <remarks>Source: FlatBuffers internals, flatbuffers.dev/internals.</remarks>
internal sealed class FlatBuffer
{
    /// <summary>Bytes copied out for each byte of the file, as no writer shares all its vectors.</summary>
    private const long CopiesPerByte = 8;

    private const long LeastCopies = 1 << 20;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly string _what;
    private long _copied;

    /// <summary>Opens a file.</summary>
    /// <param name="bytes">All its bytes.</param>
    /// <param name="what">What it is called in messages.</param>
    public FlatBuffer(ReadOnlyMemory<byte> bytes, string what)
    {
        _bytes = bytes;
        _what = what;
    }

    /// <summary>Bytes of the file.</summary>
    public int Length => _bytes.Length;

    /// <summary>The table at which the file begins.</summary>
    /// <param name="name">Its name, for messages.</param>
    public FlatTable Root(string name) => new(this, Offset(0, name), name);

    /// <summary>A 32-bit integer.</summary>
    public int Int32(int at, string name) => BinaryPrimitives.ReadInt32LittleEndian(Span(at, sizeof(int), name));

    /// <summary>A 16-bit integer.</summary>
    public ushort UInt16(int at, string name) => BinaryPrimitives.ReadUInt16LittleEndian(Span(at, sizeof(ushort), name));

    /// <summary>Bytes at a place.</summary>
    public ReadOnlySpan<byte> Span(int at, int count, string name) => Memory(at, count, name).Span;

    /// <summary>Bytes at a place.</summary>
    public ReadOnlyMemory<byte> Memory(int at, int count, string name) => at >= 0 && count >= 0 && at <= Length - count
        ? _bytes.Slice(at, count)
        : throw Malformed(name, $"reaches to byte {(long)at + count} of {Length}");

    /// <summary>Follows an offset: an unsigned number of bytes from where it stands.</summary>
    public int Offset(int at, string name)
    {
        long target = at + (long)(uint)Int32(at, name);
        return target > at && target < Length ? (int)target : throw Malformed(name, $"at byte {at} points to byte {target} of {Length}");
    }

    /// <summary>A vector's elements.</summary>
    /// <param name="at">Where it begins.</param>
    /// <param name="elementBytes">Bytes of an element.</param>
    /// <param name="name">Its name, for messages.</param>
    public (int First, int Count) Vector(int at, int elementBytes, string name)
    {
        uint count = (uint)Int32(at, name);
        int first = at + sizeof(int);
        return (long)count * elementBytes <= Length - first
            ? (first, (int)count)
            : throw Malformed(name, $"at byte {at} has {count:N0} elements of {elementBytes} bytes, which reach beyond byte {Length}");
    }

    /// <summary>Counts bytes that are copied out of the file.</summary>
    public void Copy(long bytes, string name)
    {
        _copied += bytes;
        long allowed = Math.Max(LeastCopies, CopiesPerByte * Length);
        if (_copied > allowed)
        {
            throw Malformed(name, $"is used so often that its copies take more than {allowed:N0} bytes, which no writer does");
        }
    }

    /// <summary>The exception for something that is not what it must be.</summary>
    public ModelImportException Malformed(string name, string found) => new($"{_what}: {name} {found}; the file is damaged.");
}
