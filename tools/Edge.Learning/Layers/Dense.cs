using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Ops = Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>y = activation(x · Wᵀ + b) over the last axis: [..., in] to [..., units]. Weights are [units, in].</summary>
/// <param name="units">Outputs, 1 or more.</param>
/// <param name="activation">Applied to the result.</param>
/// <param name="useBias">Whether b is there.</param>
/// <param name="kernelInitializer">First weights; <see cref="Initializer.GlorotUniform"/> when null.</param>
/// <param name="biasInitializer">First biases; zeros when null.</param>
/// <param name="name">Its name, or null.</param>
public sealed class Dense(
    int units,
    ActivationKind activation = ActivationKind.Linear,
    bool useBias = true,
    Initializer? kernelInitializer = null,
    Initializer? biasInitializer = null,
    string? name = null) : Layer(name)
{
    private readonly int _units = AtLeastOne(units, nameof(units));

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs)
    {
        int width = inputs[0].Shape[-1];
        Tensor weights = builder.Parameter("weights", new Shape(_units, width), kernelInitializer ?? Initializer.GlorotUniform, width, _units);
        Tensor? bias = useBias ? builder.Parameter("bias", new Shape(_units), biasInitializer ?? Initializer.Zeros) : null;
        Tensor y = builder.Add(new Ops.Dense(ActivationKinds.Fused(activation)), inputs[0], weights, bias);
        return ActivationKinds.Finish(builder, activation, y);
    }
}
