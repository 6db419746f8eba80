using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>The elements of constant tensors: widened, unpacked, made dense.</summary>
/// <param name="file">The file.</param>
internal sealed class TfliteConstants(TfliteFile file)
{
    private long _expanded;

    /// <summary>A constant of the graph.</summary>
    /// <param name="builder">The graph.</param>
    /// <param name="tensor">The tensor.</param>
    public Tensor Make(GraphBuilder builder, TfliteTensor tensor) => Make(builder, tensor, tensor.Shape, Elements(tensor));

    /// <summary>A constant of the graph with given elements.</summary>
    /// <param name="builder">The graph.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="elements">Its elements, in the type of the model's interface.</param>
    public Tensor Make(GraphBuilder builder, TfliteTensor tensor, Shape shape, ReadOnlyMemory<byte> elements)
    {
        if (tensor.Type != tensor.InterfaceType)
        {
            elements = ToInt8(elements.Span);
        }

        return builder.Graph.Constant(tensor.Name, new TensorSpec(tensor.Type, shape, tensor.Quantization), elements);
    }

    /// <summary>A constant's elements in the type of the model's interface, row-major.</summary>
    /// <param name="tensor">The tensor.</param>
    public ReadOnlyMemory<byte> Elements(TfliteTensor tensor)
    {
        ReadOnlyMemory<byte> stored = file.BufferOf(tensor);
        long count = 1;
        foreach (int axis in tensor.Axes)
        {
            count = checked(count * axis);
        }

        if (tensor.Sparsity.Has(2))
        {
            long bytes = checked(count * StoredBytes(tensor.Kind));
            Expand(tensor, bytes);
            stored = SparseTensor.Expand(tensor, stored, StoredBytes(tensor.Kind), bytes);
        }

        long expected = tensor.Kind == TensorKind.Int4 ? (count + 1) / 2 : checked(count * StoredBytes(tensor.Kind));
        if (stored.Length != expected)
        {
            throw new ModelImportException($"constant '{tensor.Name}' of {tensor.Kind} [{string.Join(", ", tensor.Axes)}] has {stored.Length:N0} bytes; {expected:N0} are needed.");
        }

        switch (tensor.Kind)
        {
            case TensorKind.Float16:
                Expand(tensor, count * sizeof(float));
                return FromHalf(stored.Span);
            case TensorKind.Int4:
                Expand(tensor, count);
                return FromInt4(stored.Span, (int)count);
            case TensorKind.Bool:
                byte[] flags = new byte[stored.Length];
                for (int i = 0; i < flags.Length; i++)
                {
                    flags[i] = stored.Span[i] != 0 ? (byte)1 : (byte)0;
                }

                return flags;
            default:
                return stored;
        }
    }

    /// <summary>uint8 to int8: less 128.</summary>
    /// <param name="values">uint8.</param>
    public static byte[] ToInt8(ReadOnlySpan<byte> values)
    {
        byte[] result = new byte[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = (byte)(values[i] ^ TfliteTensor.UInt8Zero);
        }

        return result;
    }

    /// <summary>Elements that are not all in the file have a bound of their own.</summary>
    private void Expand(TfliteTensor tensor, long bytes)
    {
        _expanded += bytes;
        if (_expanded > file.ExpansionBytes)
        {
            throw new ModelImportException($"constant '{tensor.Name}' expands to {bytes:N0} bytes, all such constants to {_expanded:N0}; {file.ExpansionBytes:N0} are allowed for a file of {file.Bytes:N0}.");
        }
    }

    private static int StoredBytes(TensorKind kind) => kind switch
    {
        TensorKind.Float32 or TensorKind.Int32 => 4,
        TensorKind.Float16 or TensorKind.Int16 => 2,
        TensorKind.Int64 => 8,
        _ => 1,
    };

    private static byte[] FromHalf(ReadOnlySpan<byte> stored)
    {
        byte[] values = new byte[stored.Length * 2];
        Span<float> floats = MemoryMarshal.Cast<byte, float>(values.AsSpan());
        for (int i = 0; i < floats.Length; i++)
        {
            floats[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(stored[(i * 2)..]);
        }

        return values;
    }

    /// <summary>Two signed 4-bit integers a byte, the first in the low half.</summary>
    private static byte[] FromInt4(ReadOnlySpan<byte> stored, int count)
    {
        byte[] values = new byte[count];
        for (int i = 0; i < count; i++)
        {
            int half = i % 2 == 0 ? stored[i / 2] << 4 : stored[i / 2];
            values[i] = (byte)((sbyte)half >> 4);
        }

        return values;
    }
}
