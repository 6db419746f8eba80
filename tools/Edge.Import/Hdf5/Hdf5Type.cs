namespace Edge.Import.Hdf5;

/// <summary>Kinds of elements.</summary>
internal enum ElementKind
{
    /// <summary>Integers, booleans among them.</summary>
    Integer,

    /// <summary>IEEE 754 binary16, binary32 or binary64, or bfloat16.</summary>
    Float,

    /// <summary>Text of a fixed number of bytes.</summary>
    Text,

    /// <summary>Text of any length, which lies in a global heap.</summary>
    VariableText,

    /// <summary>Bytes without a meaning.</summary>
    Opaque,

    /// <summary>Anything else; never read.</summary>
    Other,
}

/// <summary>Type of the elements of a dataset or attribute.</summary>
/// <param name="Kind">What they are.</param>
/// <param name="Bytes">Bytes of one.</param>
/// <param name="BigEndian">Whether the highest byte comes first.</param>
/// <param name="Signed">Whether integers have a sign.</param>
/// <param name="Axes">Axes inside one element, of array types; otherwise empty.</param>
/// <param name="Name">What the file calls it, for messages.</param>
/// <param name="IsBrainFloat">Whether a float of two bytes is a bfloat16.</param>
internal sealed record Hdf5Type(ElementKind Kind, int Bytes, bool BigEndian, bool Signed, int[] Axes, string Name, bool IsBrainFloat = false)
{
    private static readonly string[] Classes =
        ["integer", "float", "time", "text", "bit field", "opaque", "compound", "reference", "enumeration", "variable-length", "array", "complex"];

    /// <summary>Reads a data type message.</summary>
    /// <param name="content">Its content.</param>
    /// <param name="depth">How deep types may still be nested.</param>
    public static Hdf5Type Read(ref Hdf5Cursor content, int depth)
    {
        if (depth == 0)
        {
            throw content.Malformed("holds types nested deeper than is allowed");
        }

        byte head = content.Byte();
        int version = head >> 4;
        int kind = head & 15;
        uint bits = content.UInt16() | ((uint)content.Byte() << 16);
        long bytes = content.UInt32();
        if (version is < 1 or > 5 || bytes is 0 or > int.MaxValue)
        {
            throw content.Malformed($"is a type of version {version} with {bytes:N0} bytes");
        }

        string name = kind < Classes.Length ? Classes[kind] : $"class {kind}";
        Hdf5Type other = new(ElementKind.Other, (int)bytes, false, false, [], $"{name} of {bytes} bytes");
        switch (kind)
        {
            case 0:
                content.Skip(2);
                bool whole = content.UInt16() == 8 * bytes && bytes is 1 or 2 or 4 or 8;
                return whole ? new Hdf5Type(ElementKind.Integer, (int)bytes, (bits & 1) != 0, (bits & 8) != 0, [], $"{((bits & 8) != 0 ? "int" : "uint")}{8 * bytes}") : other;
            case 1:
                content.Skip(4);
                (int exponentAt, int exponentBits, int mantissaAt, int mantissaBits) = (content.Byte(), content.Byte(), content.Byte(), content.Byte());
                uint bias = content.UInt32();
                bool big = (bits & 1) != 0;
                return (bits & 0x40) != 0 ? other : (bytes, exponentAt, exponentBits, mantissaAt, mantissaBits, bias) switch
                {
                    (2, 10, 5, 0, 10, 15) => new Hdf5Type(ElementKind.Float, 2, big, true, [], "float16"),
                    (2, 7, 8, 0, 7, 127) => new Hdf5Type(ElementKind.Float, 2, big, true, [], "bfloat16", IsBrainFloat: true),
                    (4, 23, 8, 0, 23, 127) => new Hdf5Type(ElementKind.Float, 4, big, true, [], "float32"),
                    (8, 52, 11, 0, 52, 1023) => new Hdf5Type(ElementKind.Float, 8, big, true, [], "float64"),
                    _ => other,
                };
            case 3:
                return new Hdf5Type(ElementKind.Text, (int)bytes, false, false, [], "text");
            case 5:
                return new Hdf5Type(ElementKind.Opaque, (int)bytes, false, false, [], name);
            case 8:
                return Read(ref content, depth - 1) is { Kind: ElementKind.Integer } values && values.Bytes == bytes ? values with { Name = "enumeration" } : other;
            case 9:
                return (bits & 15) == 1 ? new Hdf5Type(ElementKind.VariableText, (int)bytes, false, false, [], "variable-length text") : other;
            case 10:
                return ReadArray(ref content, version, bytes, depth, other);
            default:
                return other;
        }
    }

    private static Hdf5Type ReadArray(ref Hdf5Cursor content, int version, long bytes, int depth, Hdf5Type other)
    {
        int rank = content.Byte();
        content.Skip(version < 3 ? 3 : 0);
        int[] axes = new int[rank];
        long count = 1;
        for (int i = 0; i < rank; i++)
        {
            long size = content.UInt32();
            count *= size;
            if (size == 0 || count > bytes)
            {
                throw content.Malformed($"is an array type of {bytes:N0} bytes with more elements than that");
            }

            axes[i] = (int)size;
        }

        content.Skip(version < 3 ? 4L * rank : 0);
        Hdf5Type element = Read(ref content, depth - 1);
        return element.Kind == ElementKind.Other ? other
            : element.Bytes * count == bytes ? element with { Axes = [.. axes, .. element.Axes] }
            : throw content.Malformed($"is an array type of {bytes:N0} bytes with {count:N0} elements of {element.Bytes}");
    }
}
