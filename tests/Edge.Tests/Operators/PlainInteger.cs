using Edge.Format;

namespace Edge.Tests.Operators;

/// <summary>Plain integers in oracles: results computed exactly, then cut to the bits of the type.</summary>
internal static class PlainInteger
{
    public static readonly DataType[] Types = [DataType.Int8, DataType.UInt8, DataType.Int16, DataType.Int32, DataType.Int64];

    public static double Wrap(DataType type, double value) => type switch
    {
        DataType.Int8 => unchecked((sbyte)(long)value),
        DataType.UInt8 => unchecked((byte)(long)value),
        DataType.Int16 => unchecked((short)(long)value),
        DataType.Int32 => unchecked((int)(long)value),
        DataType.Int64 => (long)value,
        _ => value,
    };
}
