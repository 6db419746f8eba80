using Edge.Compiler;
using Ops = Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>An activation as a layer.</summary>
/// <param name="function">The function.</param>
/// <param name="name">Its name, or null.</param>
public class Activation(ActivationKind function, string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) => ActivationKinds.Apply(builder, function, inputs[0]);
}

/// <summary>max(x, 0).</summary>
/// <param name="name">Its name, or null.</param>
public sealed class Relu(string? name = null) : Activation(ActivationKind.Relu, name);

/// <summary>min(max(x, 0), 6).</summary>
/// <param name="name">Its name, or null.</param>
public sealed class Relu6(string? name = null) : Activation(ActivationKind.Relu6, name);

/// <summary>1 / (1 + e⁻ˣ).</summary>
/// <param name="name">Its name, or null.</param>
public sealed class Sigmoid(string? name = null) : Activation(ActivationKind.Sigmoid, name);

/// <summary>tanh x.</summary>
/// <param name="name">Its name, or null.</param>
public sealed class Tanh(string? name = null) : Activation(ActivationKind.Tanh, name);

/// <summary>x · clamp(x + 3, 0, 6) / 6.</summary>
/// <param name="name">Its name, or null.</param>
public sealed class HardSwish(string? name = null) : Activation(ActivationKind.HardSwish, name);

/// <summary>eˣ / Σ eˣ over the last axis.</summary>
/// <param name="name">Its name, or null.</param>
public sealed class Softmax(string? name = null) : Activation(ActivationKind.Softmax, name);

/// <summary>x for x ≥ 0, else slope · x.</summary>
/// <param name="slope">The slope below 0; finite.</param>
/// <param name="name">Its name, or null.</param>
public sealed class LeakyRelu(float slope = LeakyRelu.DefaultSlope, string? name = null) : Layer(name)
{
    internal const float DefaultSlope = 0.01f;

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) => builder.Add(new Ops.LeakyRelu(slope), inputs[0]);
}

/// <summary>x · Φ(x), Φ the normal distribution function.</summary>
/// <param name="approximate">The tanh form instead of the exact one.</param>
/// <param name="name">Its name, or null.</param>
public sealed class Gelu(bool approximate = false, string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) => builder.Add(new Ops.Gelu(approximate), inputs[0]);
}
