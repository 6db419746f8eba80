using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Compiler;

/// <summary>How <see cref="ModelEmitter"/> writes a file.</summary>
public sealed record EmitOptions
{
    /// <summary>Leaves the names of tensors and operators out: a smaller file with the same identity.</summary>
    public bool StripNames { get; init; }

    /// <summary>Writes the memory plan of inference. Without it the runtime plans at load, by the same rule.</summary>
    public bool InferenceProgram { get; init; } = true;

    /// <summary>Training programs whose memory plan is written too. Without one the runtime plans when a trainer is made, by the same rule.</summary>
    public IReadOnlyList<TrainingProgram> TrainingPrograms { get; init; } = [];

    /// <summary>The operators the model may use.</summary>
    public OperatorSet Operators { get; init; } = OperatorSet.Default;

    /// <summary>Caps that the file is checked against before it is handed out.</summary>
    public ModelLimits Limits { get; init; } = new();
}

/// <summary>A training program to write into a file.</summary>
/// <param name="Scheme">Which parameters change.</param>
/// <param name="BatchSize">Samples per step.</param>
/// <param name="Loss">What is minimized; <see cref="Loss.Auto"/> takes what the model states or ends in.</param>
/// <param name="ClipsNorm">Whether gradients are clipped by their common norm, so that updates wait for all of them.</param>
public sealed record TrainingProgram(UpdateScheme Scheme, int BatchSize = 1, Loss Loss = Loss.Auto, bool ClipsNorm = false);
