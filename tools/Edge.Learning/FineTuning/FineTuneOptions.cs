using Edge.Runtime.Training;

namespace Edge.Learning.FineTuning;

/// <summary>How a model learns from a few samples of its user.</summary>
public sealed record FineTuneOptions
{
    /// <summary>Which parameters change. Default: all.</summary>
    public UpdateScheme Scheme { get; init; } = UpdateScheme.All;

    /// <summary>The update rule, with its learning rate. Default: Adam at 0.001.</summary>
    public Optimizer Optimizer { get; init; } = new Adam(0.001f);

    /// <summary>What is minimized. Default: what the model states or ends in.</summary>
    public Loss Loss { get; init; } = Loss.Auto;

    /// <summary>How often every sample is seen. Default: 30.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>Samples per step. Default: 16.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Threads. Results do not depend on it. Default: 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Seed of the order of samples and of dropout.</summary>
    public ulong Seed { get; init; }

    /// <summary>Called with the finished share of the training steps, 0 … 1; may be null.</summary>
    public Action<double>? Progress { get; init; }

    /// <summary>Where the personalization is saved, so that a loss of power leaves the old or the new one; null for nowhere. See <see cref="FineTuner.TryLoad"/>.</summary>
    public string? SavePath { get; init; }
}
