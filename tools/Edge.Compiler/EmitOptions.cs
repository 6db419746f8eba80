using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>How <see cref="ModelEmitter"/> writes a file.</summary>
public sealed record EmitOptions
{
    /// <summary>Leaves the names of tensors and operators out: a smaller file with the same identity.</summary>
    public bool StripNames { get; init; }

    /// <summary>Writes the memory plan of inference. Without it the runtime plans at load, by the same rule.</summary>
    public bool InferenceProgram { get; init; } = true;

    /// <summary>The operators the model may use.</summary>
    public OperatorSet Operators { get; init; } = OperatorSet.Default;

    /// <summary>Caps that the file is checked against before it is handed out.</summary>
    public ModelLimits Limits { get; init; } = new();
}
