namespace Edge.Import;

/// <summary>What the caller decides about an import.</summary>
public sealed record ImportOptions
{
    /// <summary>Shapes of inputs by name, for sources that leave axes open. An open batch axis becomes 1 where nothing is said.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<int>> Shapes { get; init; } = new Dictionary<string, IReadOnlyList<int>>();

    /// <summary>Values that take the place of inputs by name.</summary>
    public IReadOnlyDictionary<string, InputValue> Values { get; init; } = new Dictionary<string, InputValue>();

    /// <summary>Tensors at which the model begins; empty: the source's own inputs.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>Tensors at which the model ends; empty: the source's own outputs.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>Layout in which the model takes images.</summary>
    public InputLayout InputLayout { get; init; } = InputLayout.Source;

    /// <summary>The signature of a SavedModel; null: the one for serving.</summary>
    public string? Signature { get; init; }

    /// <summary>Whether weights that the source keeps as int8 beside float activations are stored as float32 instead of int8.</summary>
    public bool ExpandWeights { get; init; }

    /// <summary>Caps on what the source may cost.</summary>
    public ImportLimits Limits { get; init; } = ImportLimits.Default;
}

/// <summary>Layout of image inputs.</summary>
public enum InputLayout
{
    /// <summary>As in the source model: NCHW from ONNX and PyTorch, NHWC from TensorFlow.</summary>
    Source,

    /// <summary>Batch, height, width, channels, whatever the source has.</summary>
    Nhwc,
}
