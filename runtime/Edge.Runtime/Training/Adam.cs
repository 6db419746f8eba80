using System.Numerics;
using Edge.Runtime.Kernels.Update;

namespace Edge.Runtime.Training;

/// <summary>Adam: m = β₁·m + (1 − β₁)·g, v = β₂·v + (1 − β₂)·g², w −= η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε) in step t = 1, 2, …</summary>
/// <remarks>ε is added after the bias correction, as in PyTorch torch.optim.Adam. The powers are taken in double from the step alone, so
/// a resumed run has the same bits. Source: Kingma, Ba 2015, arXiv:1412.6980, algorithm 1.</remarks>
public class Adam : Optimizer
{
    /// <summary>Makes the rule.</summary>
    /// <param name="learningRate">η, finite and above 0.</param>
    /// <param name="beta1">β₁, 0 ≤ β₁ &lt; 1: how much of the average gradient is kept.</param>
    /// <param name="beta2">β₂, 0 ≤ β₂ &lt; 1: how much of the average square is kept.</param>
    /// <param name="epsilon">ε, finite and above 0: keeps the step finite where every gradient was 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public Adam(float learningRate, float beta1 = 0.9f, float beta2 = 0.999f, float epsilon = 1e-8f)
        : base(learningRate)
    {
        Beta1 = Hyperparameter.Decay(beta1, nameof(beta1));
        Beta2 = Hyperparameter.Decay(beta2, nameof(beta2));
        Epsilon = Hyperparameter.Positive(epsilon, nameof(epsilon));
    }

    /// <summary>β₁: how much of the average gradient is kept.</summary>
    public float Beta1 { get; }

    /// <summary>β₂: how much of the average square is kept.</summary>
    public float Beta2 { get; }

    /// <summary>ε: added to the corrected root.</summary>
    public float Epsilon { get; }

    /// <inheritdoc/>
    public override string Name => "adam";

    /// <summary>2: the average gradient m, then the average square v.</summary>
    public override int StateCount => 2;

    /// <inheritdoc/>
    public override void Update(in ParameterUpdate update) => Run(update, weightDecay: 0);

    private protected void Run(in ParameterUpdate update, float weightDecay)
    {
        double correction1 = 1 - IntegerPower.Of(Beta1, update.Step);
        double correction2 = 1 - IntegerPower.Of(Beta2, update.Step);
        ParameterUpdateKernel.Run(update, new Rule
        {
            Keep1 = Beta1,
            Take1 = 1 - Beta1,                       // exact for β ≥ ½ (Sterbenz), so the weights of an average sum to 1
            Keep2 = Beta2,
            Take2 = 1 - Beta2,
            Rate = (float)(update.LearningRate / correction1),
            RootScale = (float)(1 / Math.Sqrt(correction2)),
            Epsilon = Epsilon,
            Shrink = (float)(1 - ((double)update.LearningRate * weightDecay)),
        });
    }

    // Without decay Shrink is 1, and x · 1 has the bits of x: one rule serves Adam and AdamW.
    private struct Rule : IUpdateRule
    {
        public float Keep1;
        public float Take1;
        public float Keep2;
        public float Take2;
        public float Rate;
        public float RootScale;
        public float Epsilon;
        public float Shrink;

        public static int StateCount => 2;

        public readonly float Next(float value, float gradient, ref float first, ref float second)
        {
            first = (first * Keep1) + (gradient * Take1);
            second = (second * Keep2) + (gradient * gradient * Take2);
            return (value * Shrink) - (first * Rate / ((MathF.Sqrt(second) * RootScale) + Epsilon));
        }

        public readonly Vector<float> Next(Vector<float> value, Vector<float> gradient, ref Vector<float> first, ref Vector<float> second)
        {
            first = (first * Keep1) + (gradient * Take1);
            second = (second * Keep2) + (gradient * gradient * Take2);
            return (value * Shrink) - (first * Rate / ((Vector.SquareRoot(second) * RootScale) + new Vector<float>(Epsilon)));
        }
    }
}
