using Edge.Learning.Training;

namespace Edge.Learning.Callbacks;

/// <summary>Saves the whole training after each epoch, and within epochs every so many steps: a loss of power costs at most what came after.</summary>
/// <param name="path">Path for <see cref="TrainingCheckpoint.Save"/>.</param>
/// <param name="steps">Steps between two checkpoints within an epoch; 0 for none.</param>
public sealed class CheckpointEvery(string path, int steps = 0) : Callback
{
    /// <inheritdoc/>
    public override void OnSafePoint(FitContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        bool epochEnds = context.Batch == context.Batches;
        if (epochEnds || (steps > 0 && context.Batch % steps == 0))
        {
            context.Checkpoint().Save(path);
        }
    }
}
