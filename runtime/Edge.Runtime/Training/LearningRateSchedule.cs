namespace Edge.Runtime.Training;

/// <summary>The learning rate as a pure function of the step, so that a resumed run continues exactly.</summary>
public abstract class LearningRateSchedule
{
    /// <summary>The rate of one step.</summary>
    /// <param name="step">1 for the first update, as in <see cref="ParameterUpdate.Step"/>.</param>
    /// <param name="baseRate">The optimizer's own rate, <see cref="Optimizer.LearningRate"/>.</param>
    /// <returns>A finite rate, 0 or above.</returns>
    public abstract float Rate(long step, float baseRate);
}
