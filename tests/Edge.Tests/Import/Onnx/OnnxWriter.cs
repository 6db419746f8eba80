using System.Runtime.InteropServices;
using System.Text;

namespace Edge.Tests.Import.Onnx;

/// <summary>Writes protobuf messages, and ONNX models of them, for tests.</summary>
internal sealed class OnnxWriter
{
    private const int Float = 1;
    private const int Int64 = 7;

    private readonly MemoryStream _bytes = new();

    /// <summary>What was written.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    /// <summary>A whole-number field.</summary>
    public OnnxWriter Integer(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint((ulong)value);
        return this;
    }

    /// <summary>A float field.</summary>
    public OnnxWriter Single(int field, float value)
    {
        Varint(((ulong)field << 3) | 5);
        _bytes.Write(BitConverter.GetBytes(value));
        return this;
    }

    /// <summary>A field of bytes, text or a message.</summary>
    public OnnxWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    /// <summary>A text field.</summary>
    public OnnxWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>Several messages in one field.</summary>
    public OnnxWriter All(int field, IEnumerable<byte[]> messages)
    {
        foreach (byte[] message in messages)
        {
            Bytes(field, message);
        }

        return this;
    }

    /// <summary>A ModelProto.</summary>
    public static byte[] Model(byte[] graph, int opset = 17, params byte[][] functions) => new OnnxWriter()
        .Integer(1, 8).Text(2, "tests").Bytes(7, graph)
        .Bytes(8, new OnnxWriter().Text(1, "").Integer(2, opset).ToArray())
        .Bytes(8, new OnnxWriter().Text(1, "local").Integer(2, 1).ToArray())
        .All(25, functions).ToArray();

    /// <summary>A GraphProto.</summary>
    public static byte[] Graph(IEnumerable<byte[]> nodes, IEnumerable<byte[]> inputs, IEnumerable<byte[]> outputs, IEnumerable<byte[]>? initializers = null) => new OnnxWriter()
        .All(1, nodes).Text(2, "graph").All(5, initializers ?? []).All(11, inputs).All(12, outputs).ToArray();

    /// <summary>A NodeProto.</summary>
    public static byte[] Node(string kind, string[] inputs, string[] outputs, params byte[][] attributes) => Node("", kind, inputs, outputs, attributes);

    /// <summary>A NodeProto of another domain.</summary>
    public static byte[] Node(string domain, string kind, string[] inputs, string[] outputs, params byte[][] attributes)
    {
        OnnxWriter writer = new();
        foreach (string input in inputs)
        {
            writer.Text(1, input);
        }

        foreach (string output in outputs)
        {
            writer.Text(2, output);
        }

        return writer.Text(4, kind).All(5, attributes).Text(7, domain).ToArray();
    }

    /// <summary>A FunctionProto of the domain <c>local</c>.</summary>
    public static byte[] Function(string name, string[] inputs, string[] outputs, IEnumerable<byte[]> nodes, params byte[][] defaults)
    {
        OnnxWriter writer = new OnnxWriter().Text(1, name);
        foreach (string input in inputs)
        {
            writer.Text(4, input);
        }

        foreach (string output in outputs)
        {
            writer.Text(5, output);
        }

        return writer.All(7, nodes).Bytes(9, new OnnxWriter().Text(1, "").Integer(2, 17).ToArray()).Text(10, "local").All(11, defaults).ToArray();
    }

    /// <summary>An integer attribute.</summary>
    public static byte[] Attribute(string name, long value) => new OnnxWriter().Text(1, name).Integer(3, value).Integer(20, 2).ToArray();

    /// <summary>A float attribute.</summary>
    public static byte[] Attribute(string name, float value) => new OnnxWriter().Text(1, name).Single(2, value).Integer(20, 1).ToArray();

    /// <summary>A text attribute.</summary>
    public static byte[] Attribute(string name, string value) => new OnnxWriter().Text(1, name).Text(4, value).Integer(20, 3).ToArray();

    /// <summary>A list of integers.</summary>
    public static byte[] Attribute(string name, params long[] values)
    {
        OnnxWriter writer = new OnnxWriter().Text(1, name).Integer(20, 7);
        foreach (long value in values)
        {
            writer.Integer(8, value);
        }

        return writer.ToArray();
    }

    /// <summary>An attribute that takes its value from the caller of a function.</summary>
    public static byte[] Reference(string name, string caller, int type) => new OnnxWriter().Text(1, name).Integer(20, type).Text(21, caller).ToArray();

    /// <summary>A graph or tensor attribute.</summary>
    public static byte[] Attribute(string name, int field, byte[] message) => new OnnxWriter().Text(1, name).Bytes(field, message).ToArray();

    /// <summary>A float tensor.</summary>
    public static byte[] Tensor(string name, long[] sizes, params float[] values) => Tensor(name, Float, sizes, MemoryMarshal.AsBytes<float>(values).ToArray());

    /// <summary>A list of whole numbers.</summary>
    public static byte[] Tensor(string name, params long[] values) => Tensor(name, Int64, [values.Length], MemoryMarshal.AsBytes<long>(values).ToArray());

    /// <summary>A tensor of raw data.</summary>
    public static byte[] Tensor(string name, int type, long[] sizes, byte[] raw)
    {
        OnnxWriter writer = new();
        foreach (long size in sizes)
        {
            writer.Integer(1, size);
        }

        return writer.Integer(2, type).Text(8, name).Bytes(9, raw).ToArray();
    }

    /// <summary>A float tensor whose elements stand in a file of their own.</summary>
    public static byte[] External(string name, long[] sizes, params (string Key, string Value)[] entries)
    {
        OnnxWriter writer = new();
        foreach (long size in sizes)
        {
            writer.Integer(1, size);
        }

        return writer.Integer(2, Float).Text(8, name).All(13, entries.Select(static entry => new OnnxWriter().Text(1, entry.Key).Text(2, entry.Value).ToArray())).Integer(14, 1).ToArray();
    }

    /// <summary>An input or output; a size as text is the name of an open axis.</summary>
    public static byte[] Typed(string name, int type, params object[] sizes)
    {
        OnnxWriter shape = new();
        foreach (object size in sizes)
        {
            OnnxWriter axis = new();
            shape.Bytes(1, (size is string parameter ? axis.Text(2, parameter) : axis.Integer(1, Convert.ToInt64(size, null))).ToArray());
        }

        byte[] tensor = new OnnxWriter().Integer(1, type).Bytes(2, shape.ToArray()).ToArray();
        return new OnnxWriter().Text(1, name).Bytes(2, new OnnxWriter().Bytes(1, tensor).ToArray()).ToArray();
    }

    /// <summary>A float input or output.</summary>
    public static byte[] Value(string name, params object[] sizes) => Typed(name, Float, sizes);

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            _bytes.WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        _bytes.WriteByte((byte)value);
    }
}
