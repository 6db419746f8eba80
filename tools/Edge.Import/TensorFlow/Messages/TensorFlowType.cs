using Edge.Format;

namespace Edge.Import.TensorFlow.Messages;

/// <summary>Element types of TensorFlow.</summary>
/// <remarks>Source: tensorflow/core/framework/types.proto. Reference types (100 and more) stand for the same elements.</remarks>
internal enum TensorFlowType
{
    Invalid = 0,
    Float = 1,
    Double = 2,
    Int32 = 3,
    UInt8 = 4,
    Int16 = 5,
    Int8 = 6,
    String = 7,
    Complex64 = 8,
    Int64 = 9,
    Bool = 10,
    QInt8 = 11,
    QUInt8 = 12,
    QInt32 = 13,
    BFloat16 = 14,
    QInt16 = 15,
    QUInt16 = 16,
    UInt16 = 17,
    Complex128 = 18,
    Half = 19,
    Resource = 20,
    Variant = 21,
    UInt32 = 22,
    UInt64 = 23,
}

/// <summary>Facts about TensorFlow's element types.</summary>
internal static class TensorFlowTypes
{
    private const int FirstReference = 100;

    /// <summary>A type from its number.</summary>
    /// <param name="number">The number in the file.</param>
    public static TensorFlowType Read(long number)
    {
        long plain = number > FirstReference ? number - FirstReference : number;
        return plain is > 0 and <= (long)TensorFlowType.UInt64 ? (TensorFlowType)plain : TensorFlowType.Invalid;
    }

    /// <summary>Bytes of one element in a file; 0 for types without elements of one size.</summary>
    /// <param name="type">The type.</param>
    public static int Bytes(TensorFlowType type) => type switch
    {
        TensorFlowType.Bool or TensorFlowType.UInt8 or TensorFlowType.Int8 or TensorFlowType.QInt8 or TensorFlowType.QUInt8 => 1,
        TensorFlowType.Half or TensorFlowType.BFloat16 or TensorFlowType.Int16 or TensorFlowType.UInt16 or TensorFlowType.QInt16 or TensorFlowType.QUInt16 => 2,
        TensorFlowType.Float or TensorFlowType.Int32 or TensorFlowType.UInt32 or TensorFlowType.QInt32 => 4,
        TensorFlowType.Double or TensorFlowType.Int64 or TensorFlowType.UInt64 => 8,
        _ => 0,
    };

    /// <summary>The element type that stands for it here; <see cref="DataType.None"/> where there is none.</summary>
    /// <remarks>Other floating-point types become float32, unsigned integers the next signed type that holds them all; uint64 becomes int64, checked.</remarks>
    /// <param name="type">The type.</param>
    public static DataType Becomes(TensorFlowType type) => type switch
    {
        TensorFlowType.Float or TensorFlowType.Double or TensorFlowType.Half or TensorFlowType.BFloat16 => DataType.Float32,
        TensorFlowType.Int32 or TensorFlowType.QInt32 or TensorFlowType.UInt16 or TensorFlowType.QUInt16 => DataType.Int32,
        TensorFlowType.Int64 or TensorFlowType.UInt32 or TensorFlowType.UInt64 => DataType.Int64,
        TensorFlowType.UInt8 or TensorFlowType.QUInt8 => DataType.UInt8,
        TensorFlowType.Int8 or TensorFlowType.QInt8 => DataType.Int8,
        TensorFlowType.Int16 or TensorFlowType.QInt16 => DataType.Int16,
        TensorFlowType.Bool => DataType.Bool,
        _ => DataType.None,
    };

    /// <summary>The element type that stands for it here.</summary>
    /// <param name="type">The type.</param>
    /// <param name="what">What has it, for the message.</param>
    /// <exception cref="ModelImportException">There is none.</exception>
    public static DataType Become(TensorFlowType type, string what)
    {
        DataType result = Becomes(type);
        return result != DataType.None
            ? result
            : throw new ModelImportException($"{what} has elements of type {type}; numbers and bool are allowed. Cut the model behind it by stating where it begins or ends.");
    }
}
