using Edge.Runtime.Threading;

namespace Edge.Runtime.Training;

/// <summary>All that an <see cref="Optimizer"/> may see of one parameter tensor in one step.</summary>
public readonly ref struct ParameterUpdate
{
    /// <summary>Describes one update.</summary>
    /// <param name="parameter">The values, changed in place.</param>
    /// <param name="gradient">∂loss/∂parameter, as long as <paramref name="parameter"/>; must not overlap it.</param>
    /// <param name="state"><see cref="Optimizer.StateCount"/> arrays of that length one after the other, all zero before step 1; must not overlap the others.</param>
    /// <param name="learningRate">The rate of this step, after any schedule: finite and not negative.</param>
    /// <param name="step">1 for the first update of this parameter.</param>
    /// <param name="team">The threads that share the work; the result does not depend on their number.</param>
    /// <exception cref="ShapeException"><paramref name="gradient"/> is not as long as <paramref name="parameter"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="learningRate"/> is negative, infinite or NaN, or <paramref name="step"/> is below 1.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="team"/> is null.</exception>
    public ParameterUpdate(Span<float> parameter, ReadOnlySpan<float> gradient, Span<float> state, float learningRate, long step, WorkerTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        if (gradient.Length != parameter.Length)
        {
            throw new ShapeException($"The gradient holds {gradient.Length} values and the parameter {parameter.Length}. Pass the gradient of this very parameter.");
        }

        Hyperparameter.NotNegative(learningRate, nameof(learningRate));
        Hyperparameter.AtLeastOne(step, nameof(step));
        Parameter = parameter;
        Gradient = gradient;
        State = state;
        LearningRate = learningRate;
        Step = step;
        Team = team;
    }

    /// <summary>The values, changed in place.</summary>
    public Span<float> Parameter { get; }

    /// <summary>∂loss/∂parameter, as long as <see cref="Parameter"/>.</summary>
    public ReadOnlySpan<float> Gradient { get; }

    /// <summary><see cref="Optimizer.StateCount"/> arrays as long as <see cref="Parameter"/>, one after the other; what the optimizer remembers.</summary>
    public Span<float> State { get; }

    /// <summary>The rate of this step, after any schedule.</summary>
    public float LearningRate { get; }

    /// <summary>1 for the first update of this parameter.</summary>
    public long Step { get; }

    /// <summary>The threads that share the work.</summary>
    public WorkerTeam Team { get; }
}
