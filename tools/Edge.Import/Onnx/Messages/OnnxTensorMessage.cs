namespace Edge.Import.Onnx;

/// <summary>A TensorProto: sizes, and the elements in one of the places where they may stand.</summary>
internal sealed class OnnxTensorMessage
{
    public string Name { get; set; } = "";

    /// <summary>TensorProto.DataType.</summary>
    public int Type { get; set; }

    public List<long> Sizes { get; } = [];

    public ReadOnlyMemory<byte>? Raw { get; set; }

    public List<float> Floats { get; } = [];

    /// <summary>int32_data, int64_data and uint64_data: one type stands in one of them only.</summary>
    public List<long> Integers { get; } = [];

    public List<double> Doubles { get; } = [];

    public bool HasTexts { get; set; }

    /// <summary>Whether the elements stand in a file of their own.</summary>
    public bool IsExternal { get; set; }

    /// <summary>Where: <c>location</c>, <c>offset</c>, <c>length</c>.</summary>
    public Dictionary<string, string> External { get; } = [];
}
