using System.Numerics;
using Edge.Runtime.Kernels.Update;

namespace Edge.Runtime.Training;

/// <summary>Stochastic gradient descent: w −= η·d, where d = g + λ·w, with momentum b = μ·b + d and w −= η·b, with Nesterov's look-ahead w −= η·(d + μ·b).</summary>
/// <remarks>The buffer b does not contain the rate, so a schedule acts at once. Zero at the start it gives b = d in step 1, as in the
/// source. Source: PyTorch torch.optim.SGD with dampening 0; Sutskever et al. 2013, "On the importance of initialization and momentum".</remarks>
public sealed class Sgd : Optimizer
{
    /// <summary>Makes the rule.</summary>
    /// <param name="learningRate">η, finite and above 0.</param>
    /// <param name="momentum">μ, 0 ≤ μ &lt; 1. 0 remembers nothing and costs no memory.</param>
    /// <param name="nesterov">Whether to look ahead; needs a momentum above 0.</param>
    /// <param name="weightDecay">λ, the L2 penalty added to the gradient; finite, 0 or above.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="ArgumentException"><paramref name="nesterov"/> is asked for without momentum.</exception>
    public Sgd(float learningRate, float momentum = 0, bool nesterov = false, float weightDecay = 0)
        : base(learningRate)
    {
        Momentum = Hyperparameter.Decay(momentum, nameof(momentum));
        WeightDecay = Hyperparameter.NotNegative(weightDecay, nameof(weightDecay));
        if (nesterov && momentum == 0)
        {
            throw new ArgumentException("'nesterov' is true and 'momentum' is 0: there is nothing to look ahead with. Set a momentum such as 0.9, or nesterov to false.", nameof(nesterov));
        }

        Nesterov = nesterov;
    }

    /// <summary>μ: how much of the last step's direction is kept.</summary>
    public float Momentum { get; }

    /// <summary>Whether the step looks ahead along the momentum.</summary>
    public bool Nesterov { get; }

    /// <summary>λ: the L2 penalty added to the gradient.</summary>
    public float WeightDecay { get; }

    /// <inheritdoc/>
    public override string Name => "sgd";

    /// <summary>1 with momentum, else 0.</summary>
    public override int StateCount => Momentum > 0 ? 1 : 0;

    /// <inheritdoc/>
    public override void Update(in ParameterUpdate update)
    {
        if (Nesterov)
        {
            ParameterUpdateKernel.Run(update, new NesterovRule(update.LearningRate, Momentum, WeightDecay));
        }
        else if (Momentum > 0)
        {
            ParameterUpdateKernel.Run(update, new MomentumRule(update.LearningRate, Momentum, WeightDecay));
        }
        else
        {
            ParameterUpdateKernel.Run(update, new PlainRule(update.LearningRate, WeightDecay));
        }
    }

    private readonly struct PlainRule(float rate, float decay) : IUpdateRule
    {
        public static int StateCount => 0;

        public float Next(float value, float gradient, ref float first, ref float second)
            => value - ((gradient + (value * decay)) * rate);

        public Vector<float> Next(Vector<float> value, Vector<float> gradient, ref Vector<float> first, ref Vector<float> second)
            => value - ((gradient + (value * decay)) * rate);
    }

    private readonly struct MomentumRule(float rate, float momentum, float decay) : IUpdateRule
    {
        public static int StateCount => 1;

        public float Next(float value, float gradient, ref float first, ref float second)
        {
            first = (first * momentum) + (gradient + (value * decay));
            return value - (first * rate);
        }

        public Vector<float> Next(Vector<float> value, Vector<float> gradient, ref Vector<float> first, ref Vector<float> second)
        {
            first = (first * momentum) + (gradient + (value * decay));
            return value - (first * rate);
        }
    }

    private readonly struct NesterovRule(float rate, float momentum, float decay) : IUpdateRule
    {
        public static int StateCount => 1;

        public float Next(float value, float gradient, ref float first, ref float second)
        {
            float direction = gradient + (value * decay);
            first = (first * momentum) + direction;
            return value - ((direction + (first * momentum)) * rate);
        }

        public Vector<float> Next(Vector<float> value, Vector<float> gradient, ref Vector<float> first, ref Vector<float> second)
        {
            Vector<float> direction = gradient + (value * decay);
            first = (first * momentum) + direction;
            return value - ((direction + (first * momentum)) * rate);
        }
    }
}
