namespace Edge.Format;

/// <summary>Element type of a tensor. The values are stored in files and never reused.</summary>
public enum DataType : byte
{
    /// <summary>Not stated; never valid in a file.</summary>
    None = 0,

    /// <summary>IEEE 754 binary32.</summary>
    Float32 = 1,

    /// <summary>Signed 8-bit integer.</summary>
    Int8 = 2,

    /// <summary>Unsigned 8-bit integer.</summary>
    UInt8 = 3,

    /// <summary>Signed 16-bit integer.</summary>
    Int16 = 4,

    /// <summary>Signed 32-bit integer.</summary>
    Int32 = 5,

    /// <summary>Signed 64-bit integer.</summary>
    Int64 = 6,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 7,

    /// <summary>Two signed 4-bit integers a byte. Reserved: version 1 readers refuse it.</summary>
    Int4 = 8,

    /// <summary>IEEE 754 binary16. Reserved: version 1 readers refuse it.</summary>
    Float16 = 9,
}

/// <summary>Facts about data types.</summary>
public static class DataTypes
{
    /// <summary>Bytes of one element; 0 for types this version does not support.</summary>
    /// <param name="type">The element type.</param>
    public static int Size(this DataType type) => type switch
    {
        DataType.Float32 or DataType.Int32 => 4,
        DataType.Int8 or DataType.UInt8 or DataType.Bool => 1,
        DataType.Int16 => 2,
        DataType.Int64 => 8,
        _ => 0,
    };

    /// <summary>The name used in messages, reports and recipes: <c>float32</c>, <c>int8</c>, ….</summary>
    /// <param name="type">The element type.</param>
    public static string Name(this DataType type) => type switch
    {
        DataType.Float32 => "float32",
        DataType.Int8 => "int8",
        DataType.UInt8 => "uint8",
        DataType.Int16 => "int16",
        DataType.Int32 => "int32",
        DataType.Int64 => "int64",
        DataType.Bool => "bool",
        DataType.Int4 => "int4",
        DataType.Float16 => "float16",
        _ => $"type {(byte)type}",
    };
}
