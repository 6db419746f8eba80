using System.Buffers.Binary;
using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>Reads an operator's attribute bytes: little-endian values in the order the operator defines.</summary>
public ref struct AttributeReader
{
    private readonly string _operator;
    private ReadOnlySpan<byte> _bytes;

    /// <summary>Starts reading.</summary>
    /// <param name="operatorName">Named in messages.</param>
    /// <param name="bytes">The attribute bytes.</param>
    public AttributeReader(string operatorName, ReadOnlySpan<byte> bytes)
    {
        _operator = operatorName;
        _bytes = bytes;
    }

    /// <summary>The next 32-bit integer, which must lie in a range.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="lowest">Smallest value allowed.</param>
    /// <param name="highest">Largest value allowed.</param>
    /// <exception cref="ModelFormatException">The bytes end, or the value is out of range.</exception>
    public int Int32(string name, int lowest = int.MinValue, int highest = int.MaxValue)
    {
        int value = BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int), name));
        return value >= lowest && value <= highest
            ? value
            : throw new ModelFormatException($"{_operator}: attribute {name} is {value}; {lowest} … {highest} is allowed.");
    }

    /// <summary>The next 32-bit float, which must lie in a range (so never NaN).</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="lowest">Smallest value allowed.</param>
    /// <param name="highest">Largest value allowed.</param>
    /// <exception cref="ModelFormatException">The bytes end, or the value is out of range.</exception>
    public float Single(string name, float lowest = float.MinValue, float highest = float.MaxValue)
    {
        float value = BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float), name));
        return value >= lowest && value <= highest
            ? value
            : throw new ModelFormatException($"{_operator}: attribute {name} is {value}; {lowest} … {highest} is allowed.");
    }

    /// <summary>The next byte, which must not exceed a value.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="highest">Largest value allowed.</param>
    /// <exception cref="ModelFormatException">The bytes end, or the value is out of range.</exception>
    public byte Byte(string name, byte highest = byte.MaxValue)
    {
        byte value = Take(1, name)[0];
        return value <= highest ? value : throw new ModelFormatException($"{_operator}: attribute {name} is {value}; 0 … {highest} is allowed.");
    }

    /// <summary>The next byte as yes or no.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="ModelFormatException">The bytes end, or the value is neither 0 nor 1.</exception>
    public bool Bool(string name) => Byte(name, 1) != 0;

    /// <summary>The next list of integers, each in a range: a count, then the values.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="maxCount">Most values allowed.</param>
    /// <param name="lowest">Smallest value allowed.</param>
    /// <param name="highest">Largest value allowed.</param>
    /// <exception cref="ModelFormatException">The bytes end, or a value is out of range.</exception>
    public int[] Int32s(string name, int maxCount = Shape.MaxRank, int lowest = int.MinValue, int highest = int.MaxValue)
    {
        int[] values = new int[Count(name, maxCount)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Int32(name, lowest, highest);
        }

        return values;
    }

    /// <summary>The next list of floats, each in a range: a count, then the values.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="maxCount">Most values allowed.</param>
    /// <param name="lowest">Smallest value allowed.</param>
    /// <param name="highest">Largest value allowed.</param>
    /// <exception cref="ModelFormatException">The bytes end, or a value is out of range.</exception>
    public float[] Singles(string name, int maxCount = Shape.MaxRank, float lowest = float.MinValue, float highest = float.MaxValue)
    {
        float[] values = new float[Count(name, maxCount)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Single(name, lowest, highest);
        }

        return values;
    }

    /// <summary>Ends reading.</summary>
    /// <exception cref="ModelFormatException">Bytes are left.</exception>
    public readonly void End()
    {
        if (!_bytes.IsEmpty)
        {
            throw new ModelFormatException($"{_operator}: {_bytes.Length} attribute bytes are left over.");
        }
    }

    private int Count(string name, int maxCount)
    {
        int count = BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int), name));
        return count >= 0 && count <= maxCount
            ? count
            : throw new ModelFormatException($"{_operator}: attribute {name} count is {count}; 0 … {maxCount} is allowed.");
    }

    private ReadOnlySpan<byte> Take(int count, string name)
    {
        if (_bytes.Length < count)
        {
            throw new ModelFormatException($"{_operator}: the attribute bytes end before {name}.");
        }

        ReadOnlySpan<byte> taken = _bytes[..count];
        _bytes = _bytes[count..];
        return taken;
    }
}

/// <summary>Writes an operator's attribute bytes.</summary>
public sealed class AttributeWriter
{
    private readonly List<byte> _bytes = [];

    /// <summary>Writes a 32-bit integer.</summary>
    /// <param name="value">The value.</param>
    public void Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
    }

    /// <summary>Writes a 32-bit float.</summary>
    /// <param name="value">The value.</param>
    public void Single(float value) => Int32(BitConverter.SingleToInt32Bits(value));

    /// <summary>Writes a byte.</summary>
    /// <param name="value">The value.</param>
    public void Byte(byte value) => _bytes.Add(value);

    /// <summary>Writes yes or no as a byte.</summary>
    /// <param name="value">The value.</param>
    public void Bool(bool value) => _bytes.Add(value ? (byte)1 : (byte)0);

    /// <summary>Writes a list of integers: a count, then the values.</summary>
    /// <param name="values">The values.</param>
    public void Int32s(ReadOnlySpan<int> values)
    {
        Int32(values.Length);
        foreach (int value in values)
        {
            Int32(value);
        }
    }

    /// <summary>Writes a list of floats: a count, then the values.</summary>
    /// <param name="values">The values.</param>
    public void Singles(ReadOnlySpan<float> values)
    {
        Int32(values.Length);
        foreach (float value in values)
        {
            Single(value);
        }
    }

    /// <summary>What was written.</summary>
    public byte[] ToArray() => _bytes.ToArray();
}
