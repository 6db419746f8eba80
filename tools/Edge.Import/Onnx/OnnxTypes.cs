using Edge.Format;

namespace Edge.Import.Onnx;

/// <summary>Element types of ONNX (TensorProto.DataType) and what they become.</summary>
internal static class OnnxTypes
{
    private static readonly (string Name, DataType Becomes, int Bytes)[] s_types =
    [
        ("UNDEFINED", DataType.None, 0),
        ("FLOAT", DataType.Float32, 4),
        ("UINT8", DataType.UInt8, 1),
        ("INT8", DataType.Int8, 1),
        ("UINT16", DataType.Int32, 2),
        ("INT16", DataType.Int16, 2),
        ("INT32", DataType.Int32, 4),
        ("INT64", DataType.Int64, 8),
        ("STRING", DataType.None, 0),
        ("BOOL", DataType.Bool, 1),
        ("FLOAT16", DataType.Float32, 2),
        ("DOUBLE", DataType.Float32, 8),
        ("UINT32", DataType.Int64, 4),
        ("UINT64", DataType.Int64, 8),
        ("COMPLEX64", DataType.None, 0),
        ("COMPLEX128", DataType.None, 0),
        ("BFLOAT16", DataType.Float32, 2),
    ];

    public const int Float = 1;
    public const int UInt8 = 2;
    public const int Int8 = 3;
    public const int UInt16 = 4;
    public const int Int16 = 5;
    public const int Int32 = 6;
    public const int Int64 = 7;
    public const int Bool = 9;
    public const int Float16 = 10;
    public const int Double = 11;
    public const int UInt32 = 12;
    public const int UInt64 = 13;
    public const int BFloat16 = 16;

    /// <summary>The name of a type, for messages.</summary>
    public static string Name(long type) => type >= 0 && type < s_types.Length ? s_types[type].Name : $"type {type}";

    /// <summary>Bytes of an element as ONNX stores it; 0 for types that are not supported.</summary>
    public static int Bytes(long type) => type >= 0 && type < s_types.Length ? s_types[type].Bytes : 0;

    /// <summary>What a type becomes: itself, or the type of this library that holds its values: float16, bfloat16 and double become float32, unsigned integers wider ones.</summary>
    /// <param name="type">TensorProto.DataType.</param>
    /// <param name="what">What has the type, for the message.</param>
    /// <exception cref="ModelImportException">It is not supported.</exception>
    public static DataType Becomes(long type, string what) => Bytes(type) > 0
        ? s_types[type].Becomes
        : throw new ModelImportException(
            $"{what} is of type {Name(type)}; FLOAT, FLOAT16, BFLOAT16, DOUBLE, INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 and BOOL are supported.");
}
