using System.Buffers.Binary;
using System.Text;

namespace Edge.Import.Hdf5;

/// <summary>The elements of a dataset or attribute.</summary>
/// <param name="file">The file, whose heaps hold variable-length text.</param>
/// <param name="type">Type of the elements.</param>
/// <param name="bytes">Their bytes.</param>
/// <param name="what">What they belong to, for messages.</param>
internal sealed class Hdf5Values(Hdf5File file, Hdf5Type type, ReadOnlyMemory<byte> bytes, string what)
{
    /// <summary>The elements as numbers of single precision; integers and other floats are rounded to it.</summary>
    public float[] Singles()
    {
        ReadOnlySpan<byte> span = bytes.Span;
        float[] values = new float[span.Length / type.Bytes];
        if (type is { Kind: ElementKind.Float, Bytes: 4 })
        {
            for (int i = 0; i < values.Length; i++)
            {
                ReadOnlySpan<byte> element = span.Slice(4 * i, 4);
                values[i] = type.BigEndian ? BinaryPrimitives.ReadSingleBigEndian(element) : BinaryPrimitives.ReadSingleLittleEndian(element);
            }

            return values;
        }

        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)Number(span.Slice(i * type.Bytes, type.Bytes));
        }

        return values;
    }

    /// <summary>The elements as texts.</summary>
    public string[] Texts()
    {
        if (type.Kind is not (ElementKind.Text or ElementKind.VariableText))
        {
            throw new ModelImportException($"HDF5: {what} is {type.Name}; text is needed.");
        }

        int count = bytes.Length / type.Bytes;
        string[] texts = new string[count];
        for (int i = 0; i < count; i++)
        {
            file.Store.Step(what);
            ReadOnlySpan<byte> element = bytes.Span.Slice(i * type.Bytes, type.Bytes);
            texts[i] = Encoding.UTF8.GetString(type.Kind == ElementKind.Text ? Trimmed(element) : Variable(element));
        }

        return texts;
    }

    private ReadOnlySpan<byte> Variable(ReadOnlySpan<byte> element)
    {
        int width = file.Store.AddressBytes;
        if (element.Length < 8 + width)
        {
            throw new ModelImportException($"HDF5: {what} keeps variable-length text in {element.Length} bytes; {8 + width} are needed.");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(element);
        if (length == 0)
        {
            return default;
        }

        ulong heap = 0;
        for (int i = width - 1; i >= 0; i--)
        {
            heap = (heap << 8) | element[4 + i];
        }

        ReadOnlySpan<byte> text = file.GlobalHeapObject(heap <= long.MaxValue ? (long)heap : -1, BinaryPrimitives.ReadUInt32LittleEndian(element[(4 + width)..]), what);
        if (length > text.Length)
        {
            throw new ModelImportException($"HDF5: {what} states text of {length:N0} bytes; the heap holds {text.Length:N0}.");
        }

        file.Store.Spend(length, what);
        return Trimmed(text[..(int)length]);
    }

    private static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)0);
        return (end < 0 ? text : text[..end]).TrimEnd((byte)' ');
    }

    private double Number(ReadOnlySpan<byte> element)
    {
        Span<byte> little = stackalloc byte[8];
        little.Clear();
        if (type.Bytes > 8)
        {
            throw Unreadable();
        }

        element.CopyTo(little);
        if (type.BigEndian)
        {
            little[..type.Bytes].Reverse();
        }

        ulong bits = BinaryPrimitives.ReadUInt64LittleEndian(little);
        return (type.Kind, type.Bytes) switch
        {
            (ElementKind.Float, 2) when type.IsBrainFloat => BitConverter.UInt32BitsToSingle((uint)bits << 16),
            (ElementKind.Float, 2) => (double)BitConverter.UInt16BitsToHalf((ushort)bits),
            (ElementKind.Float, 4) => BitConverter.UInt32BitsToSingle((uint)bits),
            (ElementKind.Float, 8) => BitConverter.UInt64BitsToDouble(bits),
            (ElementKind.Integer, _) when type.Signed => (long)bits << (64 - (8 * type.Bytes)) >> (64 - (8 * type.Bytes)),
            (ElementKind.Integer, _) => bits,
            _ => throw Unreadable(),
        };
    }

    private ModelImportException Unreadable() => new($"HDF5: {what} is {type.Name}; integers, float16, bfloat16, float32 and float64 can be read as numbers.");
}
