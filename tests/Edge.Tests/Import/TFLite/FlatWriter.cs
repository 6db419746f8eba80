using System.Runtime.InteropServices;
using System.Text;

namespace Edge.Tests.Import.TFLite;

/// <summary>One table of a FlatBuffer to be written: values by field number.</summary>
/// <remarks>A value is an int, uint, byte, sbyte, bool, float or ulong; a string; an array of byte, int, long, float or ushort; a table or an array of tables.</remarks>
internal sealed class Flat : SortedDictionary<int, object>;

/// <summary>Writes FlatBuffers front to back: a table's parts stand behind it.</summary>
internal sealed class FlatWriter
{
    private readonly List<byte> _bytes = [];

    private FlatWriter()
    {
    }

    /// <summary>A file.</summary>
    /// <param name="root">Its first table.</param>
    /// <param name="identifier">Its four letters.</param>
    public static byte[] Write(Flat root, string identifier)
    {
        FlatWriter writer = new();
        writer._bytes.AddRange(new byte[4]);
        writer._bytes.AddRange(Encoding.ASCII.GetBytes(identifier));
        writer.Link(0, writer.Table(root));
        return [.. writer._bytes];
    }

    private int Table(Flat table)
    {
        int fields = table.Count == 0 ? 0 : table.Keys.Max() + 1;
        int fieldBytes = 4 + (2 * fields);
        Align(8);
        _bytes.AddRange(new byte[(8 - (fieldBytes % 8)) % 8]);
        int list = _bytes.Count;
        _bytes.AddRange(new byte[fieldBytes]);
        int at = _bytes.Count;                                           // a multiple of 8
        _bytes.AddRange(new byte[8]);
        Put(at, BitConverter.GetBytes(at - list));
        List<(int Place, object Value)> links = [];
        foreach ((int field, object value) in table)
        {
            byte[]? scalar = Scalar(value);
            int place = _bytes.Count;
            _bytes.AddRange(new byte[8]);
            Put(list + 4 + (2 * field), BitConverter.GetBytes((ushort)(place - at)));
            if (scalar is not null)
            {
                Put(place, scalar);
            }
            else
            {
                links.Add((place, value));
            }
        }

        Put(list, BitConverter.GetBytes((ushort)fieldBytes));
        Put(list + 2, BitConverter.GetBytes((ushort)(_bytes.Count - at)));
        foreach ((int place, object value) in links)
        {
            Link(place, Part(value));
        }

        return at;
    }

    private int Part(object value)
    {
        switch (value)
        {
            case Flat table:
                return Table(table);
            case string text:
                return Vector(Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetByteCount(text));
            case byte[] bytes:
                return Vector(bytes, bytes.Length);
            case int[] values:
                return Vector(MemoryMarshal.AsBytes(values.AsSpan()), values.Length);
            case long[] values:
                return Vector(MemoryMarshal.AsBytes(values.AsSpan()), values.Length);
            case float[] values:
                return Vector(MemoryMarshal.AsBytes(values.AsSpan()), values.Length);
            case ushort[] values:
                return Vector(MemoryMarshal.AsBytes(values.AsSpan()), values.Length);
            case Flat[] tables:
                int at = Vector(new byte[4 * tables.Length], tables.Length);
                for (int i = 0; i < tables.Length; i++)
                {
                    Link(at + 4 + (4 * i), Table(tables[i]));
                }

                return at;
            default:
                throw new ArgumentException($"A field of {value.GetType()} is not known.");
        }
    }

    private int Vector(ReadOnlySpan<byte> elements, int count)
    {
        Align(16);
        _bytes.AddRange(new byte[12]);                                   // so that the elements begin at a multiple of 16
        int at = _bytes.Count;
        _bytes.AddRange(BitConverter.GetBytes(count));
        _bytes.AddRange(elements);
        return at;
    }

    private static byte[]? Scalar(object value) => value switch
    {
        int number => BitConverter.GetBytes(number),
        uint number => BitConverter.GetBytes(number),
        ulong number => BitConverter.GetBytes(number),
        float number => BitConverter.GetBytes(number),
        byte number => [number],
        sbyte number => [(byte)number],
        bool flag => [flag ? (byte)1 : (byte)0],
        _ => null,
    };

    private void Align(int bytes) => _bytes.AddRange(new byte[(bytes - (_bytes.Count % bytes)) % bytes]);

    private void Link(int place, int target) => Put(place, BitConverter.GetBytes(target - place));

    private void Put(int at, byte[] value)
    {
        Span<byte> bytes = CollectionsMarshal.AsSpan(_bytes);
        value.CopyTo(bytes[at..]);
    }
}
