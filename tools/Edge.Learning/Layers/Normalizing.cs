using Edge.Compiler;
using Edge.Format;
using Ops = Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>y = γ · (x − mean) / √(variance + ε) + β for each value of the last axis: in training with the batch's mean and variance, else with running ones.</summary>
/// <param name="momentum">What a step keeps of the running statistics, 0 … 1.</param>
/// <param name="epsilon">ε, above 0.</param>
/// <param name="unbiasedVariance">Whether the running variance is the unbiased one (PyTorch) or the biased one (Keras).</param>
/// <param name="name">Its name, or null.</param>
/// <remarks>Source: Ioffe, Szegedy 2015, arXiv:1502.03167. <see cref="Network.Export"/> folds it into the layer before it where it can.</remarks>
public sealed class BatchNormalization(float momentum = 0.9f, float epsilon = 1e-5f, bool unbiasedVariance = true, string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs)
    {
        Shape channels = new(inputs[0].Shape[-1]);
        return builder.Add(
            new Ops.BatchNorm(epsilon, momentum, unbiasedVariance),
            inputs[0],
            builder.Parameter("gamma", channels, Initializer.Ones),
            builder.Parameter("beta", channels, Initializer.Zeros),
            builder.State("mean", channels, Initializer.Zeros),
            builder.State("variance", channels, Initializer.Ones));
    }
}

/// <summary>y = γ · (x − mean) / √(variance + ε) + β, with mean and variance of each row of the last axis.</summary>
/// <param name="epsilon">ε, above 0.</param>
/// <param name="name">Its name, or null.</param>
/// <remarks>Source: Ba, Kiros, Hinton 2016, arXiv:1607.06450.</remarks>
public sealed class LayerNormalization(float epsilon = 1e-5f, string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs)
    {
        Shape features = new(inputs[0].Shape[-1]);
        return builder.Add(
            new Ops.LayerNorm(epsilon),
            inputs[0],
            builder.Parameter("gamma", features, Initializer.Ones),
            builder.Parameter("beta", features, Initializer.Zeros));
    }
}

/// <summary>In training each value becomes 0 with a probability, and the others grow so that the mean stays; else nothing happens.</summary>
/// <param name="rate">The probability, 0 ≤ rate &lt; 1.</param>
/// <param name="name">Its name, or null.</param>
/// <remarks>Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting", in the inverted form.</remarks>
public sealed class Dropout(float rate, string? name = null) : Layer(name)
{
    private readonly float _rate = rate is >= 0 and < 1
        ? rate
        : throw new ArgumentOutOfRangeException(nameof(rate), rate, "A dropout rate is at least 0 and below 1.");

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) => builder.Add(new Ops.Dropout(_rate), inputs[0]);
}
