using Google.Protobuf;

namespace Edge.Import.Protobuf;

/// <summary>Walks the fields of one protobuf message. Messages are read by hand, field by field, so no generated code is needed.</summary>
/// <remarks>Source: Protocol Buffers Encoding, protobuf.dev/programming-guides/encoding.</remarks>
internal sealed class ProtobufReader
{
    private readonly byte[] _data;
    private readonly CodedInputStream _input;
    private readonly string _message;
    private readonly int _depth;
    private uint _tag;

    private ProtobufReader(byte[] data, Range part, string message, int depth)
    {
        _data = data;
        _input = Stream(part);
        _message = message;
        _depth = depth;
    }

    /// <summary>The number of the present field.</summary>
    public int Field => WireFormat.GetTagFieldNumber(_tag);

    /// <summary>The wire type of the present field.</summary>
    public WireFormat.WireType Wire => WireFormat.GetTagWireType(_tag);

    /// <summary>Reads a file's outermost message.</summary>
    /// <param name="data">All its bytes.</param>
    /// <param name="message">Its name, for messages.</param>
    /// <param name="limits">Caps.</param>
    public static ProtobufReader Open(byte[] data, string message, ImportLimits limits) => new(data, .., message, limits.MaxNesting);

    /// <summary>Goes to the next field.</summary>
    /// <returns>Whether there is one.</returns>
    public bool Next() => Read(() => (_tag = _input.ReadTag()) != 0);

    /// <summary>Passes the present field over.</summary>
    public void Skip() => Read(() =>
    {
        _input.SkipLastField();
        return 0;
    });

    /// <summary>The present field as an integer (int32, int64, uint64, enum, bool).</summary>
    public long Integer() => Want(WireFormat.WireType.Varint, () => (long)_input.ReadUInt64());

    /// <summary>The present field as an integer that must fit 32 bits.</summary>
    public int Int32()
    {
        long value = Integer();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Malformed($"is {value}; a 32-bit integer is needed");
    }

    /// <summary>The present field as a float.</summary>
    public float Float() => Want(WireFormat.WireType.Fixed32, _input.ReadFloat);

    /// <summary>The present field as four bytes.</summary>
    public uint Fixed32() => Want(WireFormat.WireType.Fixed32, _input.ReadFixed32);

    /// <summary>The present field as a double.</summary>
    public double Double() => Want(WireFormat.WireType.Fixed64, _input.ReadDouble);

    /// <summary>The present field as text.</summary>
    public string Text() => Want(WireFormat.WireType.LengthDelimited, _input.ReadString);

    /// <summary>The present field as bytes; not copied.</summary>
    public ReadOnlyMemory<byte> Bytes() => _data.AsMemory(Part());

    /// <summary>The present field as a message.</summary>
    /// <param name="name">Its name, for messages.</param>
    public ProtobufReader Message(string name)
    {
        if (_depth == 0)
        {
            throw Malformed("is nested deeper than is allowed");
        }

        return new ProtobufReader(_data, Part(), name, _depth - 1);
    }

    /// <summary>Adds the present field, packed or not, to a list of integers.</summary>
    /// <param name="values">Receives them.</param>
    public void Integers(List<long> values) => Repeated(values, WireFormat.WireType.Varint, static input => (long)input.ReadUInt64());

    /// <summary>Adds the present field, packed or not, to a list of floats.</summary>
    /// <param name="values">Receives them.</param>
    public void Floats(List<float> values) => Repeated(values, WireFormat.WireType.Fixed32, static input => input.ReadFloat());

    /// <summary>Adds the present field, packed or not, to a list of doubles.</summary>
    /// <param name="values">Receives them.</param>
    public void Doubles(List<double> values) => Repeated(values, WireFormat.WireType.Fixed64, static input => input.ReadDouble());

    /// <summary>The exception for a present field that is not what it must be.</summary>
    /// <param name="found">What was found and what is needed.</param>
    public ModelImportException Malformed(string found) => new($"{_message}: field {Field} at byte {_input.Position} {found}.");

    private void Repeated<T>(List<T> values, WireFormat.WireType single, Func<CodedInputStream, T> read)
    {
        if (Wire == single)
        {
            values.Add(Read(() => read(_input)));
            return;
        }

        CodedInputStream packed = Stream(Part());
        Read(() =>
        {
            while (!packed.IsAtEnd)
            {
                values.Add(read(packed));
            }

            return 0;
        });
    }

    private CodedInputStream Stream(Range part)
    {
        (int offset, int length) = part.GetOffsetAndLength(_data.Length);
        return new CodedInputStream(_data, offset, length);
    }

    /// <summary>Where the bytes of the present field lie; passes it over. Messages inside messages would otherwise be copied once for every level.</summary>
    private Range Part() => Want(WireFormat.WireType.LengthDelimited, () =>
    {
        int start = (int)_input.Position;
        _input.SkipLastField();
        while (_data[start++] >= 0x80)
        {
            // The field's length, which SkipLastField has checked.
        }

        return start..(int)_input.Position;
    });

    private T Want<T>(WireFormat.WireType wire, Func<T> read) =>
        Wire == wire ? Read(read) : throw Malformed($"has wire type {Wire}; {wire} is needed");

    private T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or InvalidOperationException)
        {
            throw new ModelImportException($"{_message}: malformed at byte {_input.Position}, behind field {Field}: {error.Message}", error);
        }
    }
}
