using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Import.Protobuf;

namespace Edge.Import.TensorFlow.Messages;

/// <summary>A TensorProto: a constant as the file states it.</summary>
/// <remarks>Source: tensorflow/core/framework/tensor.proto. Fewer values than elements: the last one fills the rest.</remarks>
internal sealed class TensorMessage
{
    private readonly List<long> _integers = [];
    private readonly List<float> _floats = [];
    private readonly List<double> _doubles = [];

    /// <summary>Element type.</summary>
    public TensorFlowType Type { get; private set; }

    /// <summary>Axis sizes.</summary>
    public ShapeMessage Shape { get; private set; } = ShapeMessage.Scalar;

    /// <summary>All elements as they lie in memory; empty where they are listed one by one.</summary>
    public ReadOnlyMemory<byte> Content { get; private set; }

    /// <summary>Elements of a string tensor.</summary>
    public List<ReadOnlyMemory<byte>> Strings { get; } = [];

    /// <summary>The value of a single bool; null for other constants.</summary>
    public bool? Truth => Type != TensorFlowType.Bool || Shape.IsUnknown || Shape.Axes.Count > 0 ? null : Content.Length == 1 ? Content.Span[0] != 0 : _integers is [long single] ? single != 0 : null;

    /// <summary>Reads the message.</summary>
    public static TensorMessage Read(ProtobufReader reader)
    {
        TensorMessage tensor = new();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    tensor.Type = TensorFlowTypes.Read(reader.Integer());
                    break;
                case 2:
                    tensor.Shape = ShapeMessage.Read(reader.Message("TensorShapeProto"));
                    break;
                case 4:
                    tensor.Content = reader.Bytes();
                    break;
                case 5:
                    reader.Floats(tensor._floats);
                    break;
                case 6:
                    reader.Doubles(tensor._doubles);
                    break;
                case 7 or 10 or 11 or 13 or 16 or 17:
                    reader.Integers(tensor._integers);
                    break;
                case 8:
                    tensor.Strings.Add(reader.Bytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return tensor;
    }

    /// <summary>The elements in the type that stands for theirs here, row-major.</summary>
    /// <param name="sizes">The axis sizes, proved.</param>
    /// <param name="builder">Pays for what becomes larger than the file.</param>
    /// <param name="what">The constant's name, for messages.</param>
    public ReadOnlyMemory<byte> Elements(out int[] sizes, GraphBuilder builder, string what)
    {
        DataType type = TensorFlowTypes.Become(Type, what);
        sizes = Shape.Sizes(what);
        long count = ShapeMessage.Count(sizes, what);
        if (Content.Length > 0)
        {
            return ElementData.Convert(Type, Content, count, builder, what);
        }

        builder.Charge(checked(count * type.Size()), what);
        byte[] data = new byte[count * type.Size()];
        switch (Type)
        {
            case TensorFlowType.Float:
                Fill(_floats, MemoryMarshal.Cast<byte, float>(data.AsSpan()), static value => value);
                break;
            case TensorFlowType.Double:
                Fill(_doubles, MemoryMarshal.Cast<byte, float>(data.AsSpan()), static value => (float)value);
                break;
            case TensorFlowType.Half:
                Fill(_integers, MemoryMarshal.Cast<byte, float>(data.AsSpan()), static value => (float)BitConverter.UInt16BitsToHalf((ushort)value));
                break;
            case TensorFlowType.BFloat16:
                Fill(_integers, MemoryMarshal.Cast<byte, float>(data.AsSpan()), static value => BitConverter.Int32BitsToSingle((int)((uint)(ushort)value << 16)));
                break;
            case TensorFlowType.Bool:
                Fill(_integers, data.AsSpan(), static value => (byte)(value != 0 ? 1 : 0));
                break;
            case TensorFlowType.UInt64:
                Fill(_integers, MemoryMarshal.Cast<byte, long>(data.AsSpan()), static value => value >= 0 ? value : throw new OverflowException("A uint64 above 2^63 - 1 has no int64."));
                break;
            default:
                switch (type.Size())
                {
                    case 1:
                        Fill(_integers, data.AsSpan(), static value => (byte)value);
                        break;
                    case 2:
                        Fill(_integers, MemoryMarshal.Cast<byte, short>(data.AsSpan()), static value => (short)value);
                        break;
                    case 4:
                        Fill(_integers, MemoryMarshal.Cast<byte, int>(data.AsSpan()), static value => (int)value);
                        break;
                    default:
                        Fill(_integers, MemoryMarshal.Cast<byte, long>(data.AsSpan()), static value => value);
                        break;
                }

                break;
        }

        return data;

        void Fill<TSource, T>(List<TSource> values, Span<T> elements, Func<TSource, T> convert)
        {
            if (values.Count > elements.Length)
            {
                throw new ModelImportException($"'{what}' states {values.Count:N0} values for {elements.Length:N0} elements; at most as many are allowed.");
            }

            for (int i = 0; i < values.Count; i++)
            {
                elements[i] = convert(values[i]);
            }

            if (values.Count > 0)
            {
                elements[values.Count..].Fill(convert(values[^1]));
            }
        }
    }
}
