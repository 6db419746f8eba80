using System.Buffers.Binary;
using System.Text;

namespace Edge.Import.TFLite;

/// <summary>One table of a FlatBuffer. A field that is left out has its default; <c>default(FlatTable)</c> has none at all.</summary>
internal readonly struct FlatTable
{
    private readonly FlatBuffer? _buffer;
    private readonly string _name;
    private readonly int _at;
    private readonly int _bytes;
    private readonly int _fields;
    private readonly int _fieldBytes;

    /// <summary>Reads where its fields are.</summary>
    /// <param name="buffer">The file.</param>
    /// <param name="at">Where the table begins.</param>
    /// <param name="name">Its name, for messages.</param>
    public FlatTable(FlatBuffer buffer, int at, string name)
    {
        _buffer = buffer;
        _name = name;
        _at = at;
        long fields = at - (long)buffer.Int32(at, name);
        if (fields < 0 || fields > buffer.Length - 4)
        {
            throw buffer.Malformed(name, $"at byte {at} has its fields at byte {fields} of {buffer.Length}");
        }

        _fields = (int)fields;
        _fieldBytes = buffer.UInt16(_fields, name);
        _bytes = buffer.UInt16(_fields + 2, name);
        if (_fieldBytes < 4 || _fieldBytes % 2 != 0 || _bytes < 4)
        {
            throw buffer.Malformed(name, $"at byte {at} has a field list of {_fieldBytes} bytes and {_bytes} bytes itself");
        }

        _ = buffer.Span(_fields, _fieldBytes, name);
        _ = buffer.Span(at, _bytes, name);
    }

    /// <summary>Its name, for messages.</summary>
    public string Name => _name ?? "a table left out";

    /// <summary>Whether a field is there.</summary>
    /// <param name="field">Its number in the schema.</param>
    public bool Has(int field) => Find(field) > 0;

    /// <summary>A 32-bit field.</summary>
    public int Int32(int field, int otherwise = 0) => Scalar(field, sizeof(int)) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : otherwise;

    /// <summary>An unsigned 32-bit field.</summary>
    public uint UInt32(int field) => (uint)Int32(field);

    /// <summary>An unsigned 64-bit field.</summary>
    public ulong UInt64(int field) => Scalar(field, sizeof(ulong)) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;

    /// <summary>An 8-bit field.</summary>
    public byte Byte(int field, byte otherwise = 0) => Scalar(field, 1) is { IsEmpty: false } bytes ? bytes[0] : otherwise;

    /// <summary>A Boolean field.</summary>
    public bool Bool(int field, bool otherwise = false) => Byte(field, otherwise ? (byte)1 : (byte)0) != 0;

    /// <summary>A float32 field.</summary>
    public float Single(int field) => Scalar(field, sizeof(float)) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadSingleLittleEndian(bytes) : 0;

    /// <summary>A text field; empty where it is left out.</summary>
    public string Text(int field, string name)
    {
        ReadOnlyMemory<byte> bytes = Bytes(field, name);
        _buffer?.Copy(bytes.Length * 2L, name);
        return Encoding.UTF8.GetString(bytes.Span);
    }

    /// <summary>A field of bytes, not copied; empty where it is left out.</summary>
    public ReadOnlyMemory<byte> Bytes(int field, string name)
    {
        (int first, int count) = Vector(field, 1, name);
        return count == 0 ? default : _buffer!.Memory(first, count, name);
    }

    /// <summary>A field of 32-bit integers; empty where it is left out.</summary>
    public int[] Int32s(int field, string name)
    {
        (int first, int count) = Copied(field, sizeof(int), name);
        int[] values = new int[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = _buffer!.Int32(first + (i * sizeof(int)), name);
        }

        return values;
    }

    /// <summary>A field of unsigned 16-bit integers, not copied; empty where it is left out.</summary>
    public ReadOnlyMemory<byte> UInt16s(int field, string name)
    {
        (int first, int count) = Vector(field, sizeof(ushort), name);
        return count == 0 ? default : _buffer!.Memory(first, count * sizeof(ushort), name);
    }

    /// <summary>A field of 64-bit integers; empty where it is left out.</summary>
    public long[] Int64s(int field, string name)
    {
        (int first, int count) = Copied(field, sizeof(long), name);
        long[] values = new long[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = BinaryPrimitives.ReadInt64LittleEndian(_buffer!.Span(first + (i * sizeof(long)), sizeof(long), name));
        }

        return values;
    }

    /// <summary>A field of float32 numbers; empty where it is left out.</summary>
    public float[] Singles(int field, string name)
    {
        (int first, int count) = Copied(field, sizeof(float), name);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(_buffer!.Span(first + (i * sizeof(float)), sizeof(float), name));
        }

        return values;
    }

    /// <summary>A table field; the default where it is left out.</summary>
    public FlatTable Table(int field, string name) => Find(field) is > 0 and int at ? new FlatTable(_buffer!, _buffer!.Offset(at, name), name) : default;

    /// <summary>A field of tables; empty where it is left out.</summary>
    /// <param name="field">Its number in the schema.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="most">Most tables.</param>
    public FlatTable[] Tables(int field, string name, int most)
    {
        (int first, int count) = Vector(field, sizeof(int), name);
        if (count > most)
        {
            throw new ModelImportException($"{Name} has {count:N0} {name}; at most {most:N0} are allowed.");
        }

        _buffer?.Copy(count * 64L, name);
        FlatTable[] tables = new FlatTable[count];
        for (int i = 0; i < count; i++)
        {
            tables[i] = new FlatTable(_buffer!, _buffer!.Offset(first + (i * sizeof(int)), name), $"{name} {i}");
        }

        return tables;
    }

    private (int First, int Count) Copied(int field, int elementBytes, string name)
    {
        (int first, int count) = Vector(field, elementBytes, name);
        _buffer?.Copy((long)count * elementBytes, name);
        return (first, count);
    }

    private (int First, int Count) Vector(int field, int elementBytes, string name) =>
        Find(field) is > 0 and int at ? _buffer!.Vector(_buffer.Offset(at, name), elementBytes, name) : default;

    private ReadOnlySpan<byte> Scalar(int field, int bytes) => Find(field) is > 0 and int at ? _buffer!.Span(at, bytes, Name) : default;

    /// <summary>Where a field is, or 0.</summary>
    private int Find(int field)
    {
        int entry = 4 + (2 * field);
        if (_buffer is null || entry + 2 > _fieldBytes)
        {
            return 0;
        }

        int offset = _buffer.UInt16(_fields + entry, Name);
        return offset == 0 ? 0
            : offset >= 4 && offset < _bytes ? _at + offset
            : throw _buffer.Malformed(Name, $"has field {field} at its byte {offset} of {_bytes}");
    }
}
