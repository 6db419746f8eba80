using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Runtime;

/// <summary>How a model is loaded.</summary>
public sealed record ModelLoadOptions
{
    /// <summary>Caps on what the file may cost. Default: <see cref="ModelLimits.Default"/>.</summary>
    public ModelLimits Limits { get; init; } = ModelLimits.Default;

    /// <summary>Operators the file may use. Default: all of this library.</summary>
    public OperatorSet? Operators { get; init; }

    /// <summary>Whether weights are repacked for speed, which takes up to their size once more. Default: yes.</summary>
    public bool Prepack { get; init; } = true;
}

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Its name; empty where names were stripped.</param>
/// <param name="Spec">Type, shape (axis 0 is the stored batch size) and quantization.</param>
public sealed record TensorDescription(string Name, TensorSpec Spec);

/// <summary>An operator of a model.</summary>
/// <param name="Name">Its name; empty where names were stripped.</param>
/// <param name="Kind">For example <c>Conv2D</c>.</param>
/// <param name="Attributes">Its attributes as text.</param>
/// <param name="Inputs">Inputs; those left out are skipped.</param>
/// <param name="Outputs">Outputs.</param>
/// <param name="WeightBytes">Bytes of its constant inputs.</param>
public sealed record OperatorDescription(string Name, string Kind, string Attributes, IReadOnlyList<TensorDescription> Inputs, IReadOnlyList<TensorDescription> Outputs, long WeightBytes);
