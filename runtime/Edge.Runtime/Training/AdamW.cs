namespace Edge.Runtime.Training;

/// <summary>Adam with decoupled weight decay: w *= 1 − η·λ, then the step of <see cref="Adam"/>.</summary>
/// <remarks>The decay does not pass through the averages, so it pulls every weight alike; it is scaled by the rate after any schedule.
/// Source: Loshchilov, Hutter 2019, arXiv:1711.05101, in the parametrization of PyTorch torch.optim.AdamW.</remarks>
public sealed class AdamW : Adam
{
    /// <summary>Makes the rule.</summary>
    /// <param name="learningRate">η, finite and above 0.</param>
    /// <param name="beta1">β₁, 0 ≤ β₁ &lt; 1: how much of the average gradient is kept.</param>
    /// <param name="beta2">β₂, 0 ≤ β₂ &lt; 1: how much of the average square is kept.</param>
    /// <param name="epsilon">ε, finite and above 0: keeps the step finite where every gradient was 0.</param>
    /// <param name="weightDecay">λ, finite, 0 or above: how fast a weight without gradient decays.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public AdamW(float learningRate, float beta1 = 0.9f, float beta2 = 0.999f, float epsilon = 1e-8f, float weightDecay = 0.01f)
        : base(learningRate, beta1, beta2, epsilon)
        => WeightDecay = Hyperparameter.NotNegative(weightDecay, nameof(weightDecay));

    /// <summary>λ: how fast a weight without gradient decays.</summary>
    public float WeightDecay { get; }

    /// <inheritdoc/>
    public override string Name => "adamw";

    /// <inheritdoc/>
    public override void Update(in ParameterUpdate update) => Run(update, WeightDecay);
}
