using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Edge.Format;

namespace Edge.Import.TensorFlow.Messages;

/// <summary>Elements as TensorFlow stores them in memory and in checkpoints, little-endian, turned into the types there are here.</summary>
internal static class ElementData
{
    /// <summary>Converts elements.</summary>
    /// <param name="type">Their type.</param>
    /// <param name="content">Their bytes.</param>
    /// <param name="count">How many there must be.</param>
    /// <param name="builder">Pays for the result.</param>
    /// <param name="what">What they belong to, for messages.</param>
    public static ReadOnlyMemory<byte> Convert(TensorFlowType type, ReadOnlyMemory<byte> content, long count, GraphBuilder builder, string what)
    {
        DataType becomes = TensorFlowTypes.Become(type, what);
        int size = TensorFlowTypes.Bytes(type);
        if (count * size != content.Length)
        {
            throw new ModelImportException($"'{what}' has {content.Length:N0} bytes; {count:N0} elements of type {type} take {count * size:N0}.");
        }

        if (size == becomes.Size() && type is not (TensorFlowType.Bool or TensorFlowType.UInt64))
        {
            return content;
        }

        builder.Charge(count * becomes.Size(), what);
        ReadOnlySpan<byte> source = content.Span;
        if (type == TensorFlowType.Bool)
        {
            byte[] flags = source.ToArray();
            for (int i = 0; i < flags.Length; i++)
            {
                flags[i] = flags[i] != 0 ? (byte)1 : (byte)0;
            }

            return flags;
        }

        byte[] data = new byte[count * becomes.Size()];
        Span<float> floats = MemoryMarshal.Cast<byte, float>(data.AsSpan());
        Span<int> integers = MemoryMarshal.Cast<byte, int>(data.AsSpan());
        Span<long> longs = MemoryMarshal.Cast<byte, long>(data.AsSpan());
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> element = source.Slice(i * size, size);
            switch (type)
            {
                case TensorFlowType.Double:
                    floats[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(element);
                    break;
                case TensorFlowType.Half:
                    floats[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(element);
                    break;
                case TensorFlowType.BFloat16:
                    floats[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(element) << 16);
                    break;
                case TensorFlowType.UInt16 or TensorFlowType.QUInt16:
                    integers[i] = BinaryPrimitives.ReadUInt16LittleEndian(element);
                    break;
                case TensorFlowType.UInt32:
                    longs[i] = BinaryPrimitives.ReadUInt32LittleEndian(element);
                    break;
                default:
                    longs[i] = checked((long)BinaryPrimitives.ReadUInt64LittleEndian(element));
                    break;
            }
        }

        return data;
    }
}
