namespace Edge.Runtime.Training;

/// <summary>A rule that turns a gradient into a change of the parameter.</summary>
/// <remarks>It holds hyperparameters only: what it remembers between steps lives in <see cref="ParameterUpdate.State"/>, which the trainer
/// owns, plans and saves. So one optimizer can serve many parameters, and resuming from a saved state and step gives the same bits.</remarks>
public abstract class Optimizer
{
    private float _learningRate;

    /// <summary>Sets the base rate.</summary>
    /// <param name="learningRate">Finite and above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="learningRate"/> is not in that range.</exception>
    protected Optimizer(float learningRate) => _learningRate = Hyperparameter.Positive(learningRate, nameof(learningRate));

    /// <summary>The base rate, before any schedule: finite and above 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not in that range.</exception>
    public float LearningRate
    {
        get => _learningRate;
        set => _learningRate = Hyperparameter.Positive(value, nameof(LearningRate));
    }

    /// <summary>The rule's short name in lower case, such as "adam"; checkpoints store it.</summary>
    public abstract string Name { get; }

    /// <summary>How many float arrays as long as the parameter the rule remembers; constant over the optimizer's life.</summary>
    public abstract int StateCount { get; }

    /// <summary>Changes <see cref="ParameterUpdate.Parameter"/> and <see cref="ParameterUpdate.State"/> in place, without allocating.</summary>
    /// <param name="update">The parameter, its gradient and what is remembered.</param>
    /// <exception cref="ShapeException">The state is not <see cref="StateCount"/> times as long as the parameter; nothing was changed.</exception>
    public abstract void Update(in ParameterUpdate update);
}
