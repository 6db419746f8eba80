using System.Buffers.Binary;
using System.Text;

namespace Edge.Import.TFLite;

/// <summary>The numbers of a FlexBuffer whose root is a map: how custom operators state their options. Every access is checked.</summary>
/// <remarks>Source: FlexBuffers internals, flatbuffers.dev/internals: sizes, keys and offsets stand before what they belong to, types behind it.</remarks>
internal sealed class FlexMap
{
    private const int MostEntries = 256;
    private const int MostKeyBytes = 256;
    private const int MapType = 9;

    private readonly Dictionary<string, double> _numbers = new(StringComparer.Ordinal);
    private readonly ReadOnlyMemory<byte> _bytes;

    private FlexMap(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    /// <summary>Reads a map.</summary>
    /// <param name="bytes">The FlexBuffer.</param>
    /// <exception cref="ModelImportException">It is malformed or no map.</exception>
    public static FlexMap Read(ReadOnlyMemory<byte> bytes)
    {
        FlexMap map = new(bytes);
        map.Read();
        return map;
    }

    /// <summary>A number.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="otherwise">What it is where the map has none; null: it is needed.</param>
    public double Number(string key, double? otherwise = null) => _numbers.TryGetValue(key, out double value) ? value
        : otherwise ?? throw new ModelImportException($"its options have no number '{key}'; it is needed.");

    /// <summary>A whole number of 32 bits.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="otherwise">What it is where the map has none; null: it is needed.</param>
    public int Integer(string key, int? otherwise = null) => Number(key, otherwise) is >= int.MinValue and <= int.MaxValue and double value && Math.Truncate(value) == value
        ? (int)value
        : throw new ModelImportException($"its option '{key}' is {Number(key)}; a whole number of 32 bits is needed.");

    private void Read()
    {
        int length = _bytes.Length;
        if (length < 3)
        {
            throw Malformed();
        }

        int rootWidth = Span(length - 1, 1)[0], packed = Span(length - 2, 1)[0];
        if (packed >> 2 != MapType)
        {
            throw Malformed();
        }

        int width = 1 << (packed & 3);
        long map = Target(length - 2L - rootWidth, rootWidth);
        long count = (long)Unsigned(map - width, width);
        int keyWidth = (int)Math.Min(16, Unsigned(map - (2L * width), width));
        long keys = Target(map - (3L * width), width);
        if (count is < 0 or > MostEntries)
        {
            throw Malformed();
        }

        for (int i = 0; i < count; i++)
        {
            string key = Key(Target(keys + ((long)i * keyWidth), keyWidth));
            byte type = Span(map + (count * width) + i, 1)[0];
            if (Number(map + ((long)i * width), width, type) is { } number)
            {
                _numbers[key] = number;
            }
        }
    }

    private double? Number(long at, int width, byte packed)
    {
        int inner = 1 << (packed & 3);
        return (packed >> 2) switch
        {
            1 => Signed(at, width),
            2 or 26 => Unsigned(at, width),
            3 => Float(at, width),
            6 => Signed(Target(at, width), inner),
            7 => Unsigned(Target(at, width), inner),
            8 => Float(Target(at, width), inner),
            _ => null,
        };
    }

    private string Key(long at)
    {
        ReadOnlySpan<byte> rest = Span(at, (int)Math.Min(MostKeyBytes, _bytes.Length - at));
        int end = rest.IndexOf((byte)0);
        return end >= 0 ? Encoding.UTF8.GetString(rest[..end]) : throw Malformed();
    }

    /// <summary>Where an offset leads: so many bytes before where it stands.</summary>
    private long Target(long at, int width)
    {
        ulong offset = Unsigned(at, width);
        return offset <= (ulong)at ? at - (long)offset : throw Malformed();
    }

    private ulong Unsigned(long at, int width)
    {
        ReadOnlySpan<byte> bytes = Span(at, width);
        return width switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            8 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            _ => throw Malformed(),
        };
    }

    private long Signed(long at, int width) => width switch
    {
        1 => (sbyte)Unsigned(at, width),
        2 => (short)Unsigned(at, width),
        4 => (int)Unsigned(at, width),
        _ => (long)Unsigned(at, width),
    };

    private double Float(long at, int width) => width switch
    {
        2 => (double)BitConverter.UInt16BitsToHalf((ushort)Unsigned(at, width)),
        4 => BitConverter.UInt32BitsToSingle((uint)Unsigned(at, width)),
        8 => BitConverter.UInt64BitsToDouble(Unsigned(at, width)),
        _ => throw Malformed(),
    };

    private ReadOnlySpan<byte> Span(long at, int count) => at >= 0 && count >= 0 && at <= _bytes.Length - (long)count ? _bytes.Span.Slice((int)at, count) : throw Malformed();

    private ModelImportException Malformed() => new($"its {_bytes.Length:N0} bytes of options are no FlexBuffer map; the file is damaged, or the operator states its options in a form of its own.");
}
