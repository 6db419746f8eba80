using Edge.Learning.Training;

namespace Edge.Learning.Callbacks;

/// <summary>Sets the base learning rate at the start of each epoch.</summary>
/// <param name="rate">From the epoch (from 1) and the present rate to the new one; finite and above 0.</param>
public sealed class LearningRateScheduler(Func<int, float, float> rate) : Callback
{
    /// <inheritdoc/>
    public override void OnEpochBegin(FitContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        float next = rate(context.Epoch, context.LearningRate);
        context.LearningRate = float.IsFinite(next) && next > 0
            ? next
            : throw new InvalidOperationException($"The schedule gives the rate {next} for epoch {context.Epoch}; a rate is finite and above 0.");
    }
}
