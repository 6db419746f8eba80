using System.Text.Json;

namespace Edge.Import.Keras;

/// <summary>One output of one call of a layer.</summary>
/// <param name="Layer">The layer's name.</param>
/// <param name="Call">Which call.</param>
/// <param name="Output">Which output.</param>
internal readonly record struct KerasReference(string Layer, int Call, int Output);

/// <summary>One call of a layer.</summary>
/// <param name="Inputs">What it is called with, in order.</param>
/// <param name="Named">What it is called with by name.</param>
/// <param name="Options">Other arguments.</param>
internal sealed record KerasCall(IReadOnlyList<KerasReference> Inputs, IReadOnlyDictionary<string, IReadOnlyList<KerasReference>> Named, KerasConfig Options)
{
    /// <summary>Numbers among what it is called with, by their place.</summary>
    public IReadOnlyDictionary<int, float> Numbers { get; init; } = new Dictionary<int, float>();

    /// <summary>All that it is called with by place, as the file of Keras 3 has it.</summary>
    public IReadOnlyList<JsonElement> Arguments { get; init; } = [];
}

/// <summary>A layer of a network.</summary>
internal sealed class KerasLayer
{
    /// <summary>Its class: <c>Conv2D</c>.</summary>
    public required string Class { get; init; }

    /// <summary>Its name; unique in its network.</summary>
    public required string Name { get; init; }

    /// <summary>Its configuration.</summary>
    public required KerasConfig Config { get; init; }

    /// <summary>Where its class comes from when that is not Keras; null for layers of Keras.</summary>
    public string? ForeignClass { get; init; }

    /// <summary>Whether it is a layer; functions that Keras 3 writes among the layers are none.</summary>
    public bool IsFunction { get; init; }

    /// <summary>Whether the model was saved by Keras 3.</summary>
    public bool IsKeras3 { get; init; }

    /// <summary>Whether the model has layers that heed masks, which an Embedding or a padding may make.</summary>
    public bool HasMaskReaders { get; set; }

    /// <summary>Its calls, in the order of the file.</summary>
    public List<KerasCall> Calls { get; } = [];

    /// <summary>Number that references give its first call: a nested functional model has a call already, the one that built it.</summary>
    public int FirstCall { get; set; }

    /// <summary>The network that it is, for a nested model.</summary>
    public KerasNetwork? Network { get; init; }

    /// <summary>The layers that it wraps: one, or in Bidirectional that of the forward and that of the backward direction.</summary>
    public IReadOnlyList<KerasLayer> Inside { get; init; } = [];

    /// <summary>How many layers it is inside of as an activation.</summary>
    public int Depth { get; init; }

    /// <summary>Whether a training step changes its weights; it decides in which order they were saved.</summary>
    public bool IsTrainable => Config.Flag("trainable", true);
}
