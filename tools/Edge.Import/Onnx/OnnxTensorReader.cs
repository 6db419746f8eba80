using System.Globalization;
using System.Runtime.InteropServices;
using Edge.Format;

namespace Edge.Import.Onnx;

/// <summary>The elements of tensors: raw, typed, or in files beside the model.</summary>
/// <param name="files">The files beside the model.</param>
internal sealed class OnnxTensorReader(ExternalFiles files)
{
    /// <summary>The sizes of a tensor, checked: no size is negative, and the elements can be counted.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="count">Number of elements.</param>
    public static int[] Sizes(OnnxTensorMessage tensor, out long count)
    {
        if (tensor.Sizes.Count > Shape.MaxRank)
        {
            throw new ModelImportException($"Tensor '{tensor.Name}' has {tensor.Sizes.Count} axes; at most {Shape.MaxRank} are allowed.");
        }

        int[] sizes = new int[tensor.Sizes.Count];
        count = 1;
        bool empty = tensor.Sizes.Contains(0);
        for (int i = 0; i < sizes.Length; i++)
        {
            long size = tensor.Sizes[i];
            if (size is < 0 or > int.MaxValue)
            {
                throw new ModelImportException($"Tensor '{tensor.Name}' has {size} elements along axis {i}; 0 … {int.MaxValue} is allowed.");
            }

            sizes[i] = (int)size;
            count = empty ? 0 : count * size;
            if (count > int.MaxValue)
            {
                throw new ModelImportException($"Tensor '{tensor.Name}' of sizes [{string.Join(", ", tensor.Sizes)}] has more than {int.MaxValue} elements; that many are allowed.");
            }
        }

        return sizes;
    }

    /// <summary>The type and the elements of a tensor, little-endian, in the type that its own becomes.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="sizes">Its sizes; one may be 0, and then there are no bytes.</param>
    public (DataType Type, byte[] Data) Read(OnnxTensorMessage tensor, out int[] sizes)
    {
        string what = $"tensor '{tensor.Name}'";
        DataType type = OnnxTypes.Becomes(tensor.Type, what);
        sizes = Sizes(tensor, out long count);
        long sourceBytes = count * OnnxTypes.Bytes(tensor.Type);
        if (count * type.Size() > int.MaxValue)
        {
            throw new ModelImportException($"Tensor '{tensor.Name}' takes {count * type.Size():N0} bytes; at most {int.MaxValue:N0} are allowed.");
        }

        if (tensor.IsExternal)
        {
            return (type, Convert(tensor.Type, External(tensor, sourceBytes).Span));
        }

        if (tensor.Raw is { } raw)
        {
            return raw.Length == sourceBytes
                ? (type, Convert(tensor.Type, raw.Span))
                : throw new ModelImportException($"Tensor '{tensor.Name}' has {raw.Length:N0} bytes of raw data; {OnnxTypes.Name(tensor.Type)} [{string.Join(", ", sizes)}] takes {sourceBytes:N0}.");
        }

        return (type, Typed(tensor, type, count));
    }

    /// <summary>Raw elements in the type that theirs becomes.</summary>
    private static byte[] Convert(int type, ReadOnlySpan<byte> raw) => type switch
    {
        OnnxTypes.Float16 => Each<ushort, float>(raw, static value => (float)BitConverter.UInt16BitsToHalf(value)),
        OnnxTypes.BFloat16 => Each<ushort, float>(raw, static value => BitConverter.UInt32BitsToSingle((uint)value << 16)),
        OnnxTypes.Double => Each<double, float>(raw, static value => (float)value),
        OnnxTypes.UInt16 => Each<ushort, int>(raw, static value => value),
        OnnxTypes.UInt32 => Each<uint, long>(raw, static value => value),
        OnnxTypes.UInt64 => Each<ulong, long>(raw, static value => (long)Math.Min(value, long.MaxValue)),
        OnnxTypes.Bool => Each<byte, byte>(raw, static value => value == 0 ? (byte)0 : (byte)1),
        _ => raw.ToArray(),
    };

    private static byte[] Each<TFrom, TTo>(ReadOnlySpan<byte> raw, Func<TFrom, TTo> convert) where TFrom : unmanaged where TTo : unmanaged
    {
        ReadOnlySpan<TFrom> from = MemoryMarshal.Cast<byte, TFrom>(raw);
        byte[] data = new byte[from.Length * Marshal.SizeOf<TTo>()];
        Span<TTo> to = MemoryMarshal.Cast<byte, TTo>(data.AsSpan());
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = convert(from[i]);
        }

        return data;
    }

    /// <summary>Elements that stand in the message one by one.</summary>
    private static byte[] Typed(OnnxTensorMessage tensor, DataType type, long count)
    {
        int found = tensor.Type switch
        {
            OnnxTypes.Float => tensor.Floats.Count,
            OnnxTypes.Double => tensor.Doubles.Count,
            _ => tensor.Integers.Count,
        };
        if (found != count)
        {
            throw new ModelImportException(
                $"Tensor '{tensor.Name}' has {found:N0} elements; {OnnxTypes.Name(tensor.Type)} [{string.Join(", ", tensor.Sizes)}] takes {count:N0}.");
        }

        byte[] data = new byte[count * type.Size()];
        switch (tensor.Type)
        {
            case OnnxTypes.Float:
                CollectionsMarshal.AsSpan(tensor.Floats).CopyTo(MemoryMarshal.Cast<byte, float>(data.AsSpan()));
                break;
            case OnnxTypes.Double:
                Fill(data, tensor.Doubles, static value => (float)value);
                break;
            case OnnxTypes.Float16:
                Fill(data, tensor.Integers, static value => (float)BitConverter.UInt16BitsToHalf((ushort)value));
                break;
            case OnnxTypes.BFloat16:
                Fill(data, tensor.Integers, static value => BitConverter.UInt32BitsToSingle((uint)(ushort)value << 16));
                break;
            case OnnxTypes.Int8 or OnnxTypes.UInt8:
                Fill(data, tensor.Integers, static value => (byte)value);
                break;
            case OnnxTypes.Bool:
                Fill(data, tensor.Integers, static value => value == 0 ? (byte)0 : (byte)1);
                break;
            case OnnxTypes.Int16:
                Fill(data, tensor.Integers, static value => (short)value);
                break;
            case OnnxTypes.Int32 or OnnxTypes.UInt16:
                Fill(data, tensor.Integers, static value => (int)value);
                break;
            case OnnxTypes.UInt32:
                Fill(data, tensor.Integers, static value => (long)(uint)value);
                break;
            case OnnxTypes.UInt64:
                Fill(data, tensor.Integers, static value => value < 0 ? long.MaxValue : value);
                break;
            default:
                CollectionsMarshal.AsSpan(tensor.Integers).CopyTo(MemoryMarshal.Cast<byte, long>(data.AsSpan()));
                break;
        }

        return data;
    }

    private static void Fill<TFrom, TTo>(byte[] data, List<TFrom> values, Func<TFrom, TTo> convert) where TTo : unmanaged
    {
        Span<TTo> to = MemoryMarshal.Cast<byte, TTo>(data.AsSpan());
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = convert(values[i]);
        }
    }

    /// <summary>Elements in a file beside the model: what is read must lie inside the file.</summary>
    private ReadOnlyMemory<byte> External(OnnxTensorMessage tensor, long bytes)
    {
        string location = tensor.External.GetValueOrDefault("location", "");
        byte[] file = files.Read(location, $"Tensor '{tensor.Name}'");
        long offset = Number(tensor, "offset", 0);
        long length = Number(tensor, "length", bytes);
        return length != bytes
            ? throw new ModelImportException($"Tensor '{tensor.Name}' states {length:N0} bytes of external data; {OnnxTypes.Name(tensor.Type)} [{string.Join(", ", tensor.Sizes)}] takes {bytes:N0}.")
            : offset > file.Length - length
                ? throw new ModelImportException($"Tensor '{tensor.Name}' takes {length:N0} bytes from byte {offset:N0} on of '{location}', which has {file.Length:N0}.")
                : file.AsMemory((int)offset, (int)length);
    }

    private static long Number(OnnxTensorMessage tensor, string key, long missing) => !tensor.External.TryGetValue(key, out string? text)
        ? missing
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new ModelImportException($"Tensor '{tensor.Name}' states '{text}' as {key} of its external data; a number of bytes, at least 0, is allowed.");
}
