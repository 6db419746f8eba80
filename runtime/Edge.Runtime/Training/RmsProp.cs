using System.Numerics;
using Edge.Runtime.Kernels.Update;

namespace Edge.Runtime.Training;

/// <summary>RMSProp: v = ρ·v + (1 − ρ)·g², w −= η·g / (√v + ε).</summary>
/// <remarks>ε stands outside the root, as in PyTorch torch.optim.RMSprop (whose default ε is 1e-8 and whose ρ is called alpha); Keras 3 puts it
/// inside, which differs where √v is not far above ε. Source: Tieleman, Hinton 2012, Coursera lecture 6.5.</remarks>
public sealed class RmsProp : Optimizer
{
    /// <summary>Makes the rule.</summary>
    /// <param name="learningRate">η, finite and above 0.</param>
    /// <param name="rho">ρ, 0 ≤ ρ &lt; 1: how much of the average square is kept.</param>
    /// <param name="epsilon">ε, finite and above 0: keeps the step finite where every gradient was 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public RmsProp(float learningRate, float rho = 0.9f, float epsilon = 1e-7f)
        : base(learningRate)
    {
        Rho = Hyperparameter.Decay(rho, nameof(rho));
        Epsilon = Hyperparameter.Positive(epsilon, nameof(epsilon));
    }

    /// <summary>ρ: how much of the average square is kept.</summary>
    public float Rho { get; }

    /// <summary>ε: added to the root.</summary>
    public float Epsilon { get; }

    /// <inheritdoc/>
    public override string Name => "rmsprop";

    /// <summary>1: the average square v.</summary>
    public override int StateCount => 1;

    /// <inheritdoc/>
    public override void Update(in ParameterUpdate update)
        => ParameterUpdateKernel.Run(update, new Rule(update.LearningRate, Rho, 1 - Rho, Epsilon));

    private readonly struct Rule(float rate, float keep, float take, float epsilon) : IUpdateRule
    {
        public static int StateCount => 1;

        public float Next(float value, float gradient, ref float first, ref float second)
        {
            first = (first * keep) + (gradient * gradient * take);
            return value - (gradient * rate / (MathF.Sqrt(first) + epsilon));
        }

        public Vector<float> Next(Vector<float> value, Vector<float> gradient, ref Vector<float> first, ref Vector<float> second)
        {
            first = (first * keep) + (gradient * gradient * take);
            return value - (gradient * rate / (Vector.SquareRoot(first) + new Vector<float>(epsilon)));
        }
    }
}
