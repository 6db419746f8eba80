using Edge.Learning.Callbacks;
using Edge.Learning.Data;
using Edge.Learning.Training;
using Edge.Runtime.Training;

namespace Edge.Learning;

/// <summary>How a network is trained.</summary>
public sealed record FitOptions
{
    /// <summary>The epoch after which training ends, counted from the network's first. Default: 1.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Samples per step; the last step of an epoch takes what is left. Default: 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Seed of the order of samples and of dropout.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads. Results do not depend on it. Default: as many as the machine has processors.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Samples measured after each epoch; null for none.</summary>
    public Dataset? Validation { get; init; }

    /// <summary>What happens along the way, in order.</summary>
    public IReadOnlyList<Callback> Callbacks { get; init; } = [];

    /// <summary>Epochs that count as done, so that orders of samples go on and do not repeat. Default: 0.</summary>
    public int InitialEpoch { get; init; }

    /// <summary>Whether each epoch visits the samples in another order. Default: yes.</summary>
    public bool ShuffleEachEpoch { get; init; } = true;

    /// <summary>Largest Euclidean norm of all gradients together; 0 for no limit.</summary>
    public float ClipNorm { get; init; }

    /// <summary>How the learning rate changes over the steps; null for constant.</summary>
    public LearningRateSchedule? Schedule { get; init; }

    /// <summary>Where to go on: the losses are those of a run that was never interrupted, also from the middle of an epoch. Null to begin.</summary>
    public TrainingCheckpoint? Resume { get; init; }

    /// <summary>Ends training between two steps with an <see cref="OperationCanceledException"/>; the network then keeps the values of the last finished step.</summary>
    public CancellationToken Cancellation { get; init; }
}
