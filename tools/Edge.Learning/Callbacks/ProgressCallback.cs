using Edge.Learning.Training;

namespace Edge.Learning.Callbacks;

/// <summary>How far a training is.</summary>
/// <param name="Epoch">The current epoch, from 1.</param>
/// <param name="Epochs">Epochs in all.</param>
/// <param name="Batch">Steps finished in it.</param>
/// <param name="Batches">Steps per epoch.</param>
/// <param name="Loss">Mean loss of the epoch so far.</param>
/// <param name="Finished">What the epoch measured, when it just ended; else null.</param>
public readonly record struct TrainingProgress(int Epoch, int Epochs, int Batch, int Batches, double Loss, EpochRecord? Finished);

/// <summary>Reports each step and each epoch.</summary>
/// <param name="progress">Is told, on the training's own thread if it does not move it elsewhere.</param>
public sealed class ProgressCallback(IProgress<TrainingProgress> progress) : Callback
{
    /// <inheritdoc/>
    public override void OnBatchEnd(FitContext context) => Report(context, null);

    /// <inheritdoc/>
    public override void OnEpochEnd(FitContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Report(context, context.History.Epochs[^1]);
    }

    private void Report(FitContext context, EpochRecord? finished) =>
        progress.Report(new TrainingProgress(context.Epoch, context.Epochs, context.Batch, context.Batches, context.MeanLoss, finished));
}
