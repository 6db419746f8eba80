namespace Edge.Runtime.Training;

/// <summary>How a trainer trains.</summary>
public sealed record TrainerOptions
{
    /// <summary>The update rule. Default: stochastic gradient descent at rate 0.01.</summary>
    public Optimizer Optimizer { get; init; } = new Sgd(0.01f);

    /// <summary>Which parameters change. Default: all.</summary>
    public UpdateScheme Scheme { get; init; } = UpdateScheme.All;

    /// <summary>What is minimized. Default: what the model states or ends in.</summary>
    public Loss Loss { get; init; } = Loss.Auto;

    /// <summary>Most samples per step, 1 or more. Default: 1.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>Threads that share the work of a step, 1 or more. Results do not depend on it. Default: 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Scales all gradients down together where their common Euclidean norm exceeds this; 0 for no limit. Keeps all gradients until the end of the step.</summary>
    public float ClipNorm { get; init; }

    /// <summary>Cuts each gradient element to ± this; 0 for no limit.</summary>
    public float ClipValue { get; init; }

    /// <summary>Seed of dropout.</summary>
    public ulong Seed { get; init; }

    /// <summary>How the learning rate changes over the steps; null for constant.</summary>
    public LearningRateSchedule? Schedule { get; init; }
}

/// <summary>A parameter of a trained model.</summary>
/// <param name="Name">The tensor's name; empty where names were stripped.</param>
/// <param name="Tensor">Index of the tensor in the model file.</param>
/// <param name="Spec">Type (float32) and shape.</param>
/// <param name="IsTrainable">Whether the optimizer changes it; the others are running statistics that training steps update.</param>
public sealed record ParameterDescription(string Name, int Tensor, Operators.TensorSpec Spec, bool IsTrainable);
