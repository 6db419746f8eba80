using Edge.Learning.Callbacks;
using Edge.Runtime;

namespace Edge.Learning.Training;

/// <summary>What a callback sees of a running training, and what it may change.</summary>
public sealed class FitContext
{
    private readonly FitRun _run;

    internal FitContext(FitRun run, Network network, History history)
    {
        _run = run;
        Network = network;
        History = history;
    }

    /// <summary>The network in training. Its parameters are those from before the training until <see cref="CopyParameters"/> is called.</summary>
    public Network Network { get; }

    /// <summary>The finished epochs; in <see cref="Callback.OnEpochEnd"/> the one that just ended is the last.</summary>
    public History History { get; }

    /// <summary>Number of the current epoch, from 1.</summary>
    public int Epoch { get; internal set; }

    /// <summary>Epochs after which training ends.</summary>
    public int Epochs { get; internal set; }

    /// <summary>Steps finished in the current epoch.</summary>
    public int Batch { get; internal set; }

    /// <summary>Steps per epoch.</summary>
    public int Batches { get; internal set; }

    /// <summary>Loss of the last step.</summary>
    public float Loss { get; internal set; }

    /// <summary>Mean loss of the epoch so far.</summary>
    public double MeanLoss { get; internal set; }

    /// <summary>Steps finished in all.</summary>
    public long Step => _run.Trainer.StepCount;

    /// <summary>Set to end training after the current epoch.</summary>
    public bool StopTraining { get; set; }

    /// <summary>The base learning rate, before the schedule.</summary>
    public float LearningRate
    {
        get => _run.Trainer.LearningRate;
        set => _run.Trainer.LearningRate = value;
    }

    /// <summary>Gives the network the present values of its parameters.</summary>
    public void CopyParameters() => Network.CopyFrom(_run.Trainer);

    /// <summary>All that is needed to go on from here.</summary>
    public TrainingCheckpoint Checkpoint() => _run.Checkpoint();
}
