namespace Edge.Import.Onnx;

/// <summary>A ModelProto: the whole file.</summary>
internal sealed record OnnxModelMessage(
    long IrVersion,
    string Producer,
    IReadOnlyDictionary<string, long> Opsets,
    OnnxGraphMessage Graph,
    IReadOnlyDictionary<(string Domain, string Name), OnnxFunctionMessage> Functions,
    IReadOnlyDictionary<string, string> Metadata);

/// <summary>A GraphProto: the main graph, or a branch of an If.</summary>
internal sealed record OnnxGraphMessage(
    string Name,
    IReadOnlyList<OnnxNodeMessage> Nodes,
    IReadOnlyList<OnnxTensorMessage> Initializers,
    IReadOnlyList<OnnxValueMessage> Inputs,
    IReadOnlyList<OnnxValueMessage> Outputs,
    IReadOnlyList<OnnxValueMessage> Values);

/// <summary>A FunctionProto: nodes that a node of its name stands for.</summary>
internal sealed record OnnxFunctionMessage(
    string Domain,
    string Name,
    IReadOnlyList<string> Inputs,
    IReadOnlyList<string> Outputs,
    IReadOnlyDictionary<string, OnnxAttributeMessage> Defaults,
    IReadOnlyList<OnnxNodeMessage> Nodes,
    IReadOnlyDictionary<string, long> Opsets);

/// <summary>A NodeProto.</summary>
internal sealed record OnnxNodeMessage(
    string Kind,
    string Domain,
    string Name,
    IReadOnlyList<string> Inputs,
    IReadOnlyList<string> Outputs,
    IReadOnlyDictionary<string, OnnxAttributeMessage> Attributes)
{
    /// <summary>The operator's name, behind the domain unless that is ONNX's own.</summary>
    public string FullKind => Domain.Length == 0 ? Kind : $"{Domain}.{Kind}";

    /// <summary>The node's name, or that of its first output where it has none.</summary>
    public string Label => Name.Length > 0 ? Name : Outputs.FirstOrDefault(static output => output.Length > 0) ?? Kind;
}

/// <summary>An AttributeProto: whichever of its values is set.</summary>
internal sealed class OnnxAttributeMessage
{
    public string Name { get; set; } = "";

    /// <summary>In a function: the attribute of the calling node whose value this one takes.</summary>
    public string Reference { get; set; } = "";

    public float? Float { get; set; }

    public long? Integer { get; set; }

    public string? Text { get; set; }

    public OnnxTensorMessage? Tensor { get; set; }

    public OnnxGraphMessage? Graph { get; set; }

    public bool HasSparseTensor { get; set; }

    public List<float> Floats { get; } = [];

    public List<long> Integers { get; } = [];

    public List<string> Texts { get; } = [];
}

/// <summary>A ValueInfoProto: name, type and shape of an input, an output or a value between.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type as TensorProto.DataType numbers it; 0 where none is stated.</param>
/// <param name="Axes">Its axes, or null where no shape is stated.</param>
/// <param name="NotTensor">Whether it is a sequence, a map or the like.</param>
internal sealed record OnnxValueMessage(string Name, int Type, IReadOnlyList<OnnxAxis>? Axes, bool NotTensor);

/// <summary>An axis: its size, or −1 and perhaps a name where the model leaves it open.</summary>
internal readonly record struct OnnxAxis(long Size, string Parameter);
