using Edge.Compiler;
using Edge.Runtime.Operators;
using Ops = Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>A function applied to every value of a layer's result; Softmax to each row.</summary>
public enum ActivationKind
{
    /// <summary>None.</summary>
    Linear,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>min(max(x, 0), 6).</summary>
    Relu6,

    /// <summary>x for x ≥ 0, else 0.01 · x; another slope with <see cref="LeakyRelu"/>.</summary>
    LeakyRelu,

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    Sigmoid,

    /// <summary>tanh x.</summary>
    Tanh,

    /// <summary>x · Φ(x).</summary>
    Gelu,

    /// <summary>x · clamp(x + 3, 0, 6) / 6.</summary>
    HardSwish,

    /// <summary>eˣ / Σ eˣ over the last axis.</summary>
    Softmax,
}

internal static class ActivationKinds
{
    /// <summary>What the operator itself can apply; the rest is added by <see cref="Finish"/>.</summary>
    public static Ops.Activation Fused(ActivationKind kind) => kind switch
    {
        ActivationKind.Relu => Ops.Activation.Relu,
        ActivationKind.Relu6 => Ops.Activation.Relu6,
        _ => Ops.Activation.None,
    };

    /// <summary>Applies what <see cref="Fused"/> did not.</summary>
    public static Tensor Finish(LayerBuilder builder, ActivationKind kind, Tensor x) => Fused(kind) == Ops.Activation.None ? Apply(builder, kind, x) : x;

    /// <summary>Adds the activation as a node of its own.</summary>
    public static Tensor Apply(LayerBuilder builder, ActivationKind kind, Tensor x) => kind switch
    {
        ActivationKind.Linear => x,
        ActivationKind.Relu => builder.Add(default(Ops.Relu), x),
        ActivationKind.Relu6 => builder.Add(default(Ops.Relu6), x),
        ActivationKind.LeakyRelu => builder.Add(new Ops.LeakyRelu(LeakyRelu.DefaultSlope), x),
        ActivationKind.Sigmoid => builder.Add(default(Ops.Sigmoid), x),
        ActivationKind.Tanh => builder.Add(default(Ops.Tanh), x),
        ActivationKind.Gelu => builder.Add(default(Ops.Gelu), x),
        ActivationKind.HardSwish => builder.Add(default(Ops.HardSwish), x),
        ActivationKind.Softmax => builder.Add(default(Ops.Softmax), x),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "The activation is unknown."),
    };
}
