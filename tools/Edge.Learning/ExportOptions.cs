using Edge.Learning.Data;

namespace Edge.Learning;

/// <summary>How a network becomes a model.</summary>
public sealed record ExportOptions
{
    /// <summary>Whether the compiler's passes run: batch normalization folded, dropout removed, activations fused. Default: yes.</summary>
    public bool Optimize { get; init; } = true;

    /// <summary>Whose labels and normalization the model states; the data set it was trained on when null.</summary>
    public Dataset? Data { get; init; }

    /// <summary>More metadata, or other values than those made from the data set. Keys: format/SPEC.md, "Metadata".</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
