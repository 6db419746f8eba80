using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Ops = Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>h' = activation(x · Wᵀ + b + h · Rᵀ) over a sequence: [steps, features] to [units], or to [steps, units].</summary>
/// <param name="units">Outputs, 1 or more.</param>
/// <param name="returnSequences">Whether it gives the output of every step, not just of the last one.</param>
/// <param name="reverse">Whether it runs from the last step to the first. Outputs stay at the steps that they belong to; Keras' go_backwards gives them in the order of the run.</param>
/// <param name="activation">Applied to the sum; tanh when default.</param>
/// <param name="useBias">Whether b is there.</param>
/// <param name="recurrentBias">Whether the recurrent product has a bias too, as in PyTorch; it adds nothing that <paramref name="useBias"/> does not.</param>
/// <param name="kernelInitializer">First weights of the input; <see cref="Initializer.GlorotUniform"/> when null.</param>
/// <param name="name">Its name, or null.</param>
/// <remarks>Trained by back-propagation through time. Keras: SimpleRNN; PyTorch: RNN.</remarks>
public sealed class SimpleRnn(
    int units,
    bool returnSequences = false,
    bool reverse = false,
    RecurrentActivation activation = default,
    bool useBias = true,
    bool recurrentBias = false,
    Initializer? kernelInitializer = null,
    string? name = null) : Layer(name)
{
    private readonly int _units = AtLeastOne(units, nameof(units));

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) => Recurrent.Build(
        builder, new Ops.Rnn(reverse, activation), inputs[0], _units, gates: 1, returnSequences, useBias ? Initializer.Zeros : null, recurrentBias, kernelInitializer);
}

/// <summary>Long short-term memory over a sequence: [steps, features] to [units], or to [steps, units]. The gates stand in the order input, forget, candidate, output.</summary>
/// <param name="units">Outputs, 1 or more.</param>
/// <param name="returnSequences">Whether it gives the output of every step, not just of the last one.</param>
/// <param name="reverse">Whether it runs from the last step to the first. Outputs stay at the steps that they belong to; Keras' go_backwards gives them in the order of the run.</param>
/// <param name="useBias">Whether the gates have biases; that of the forget gate starts as 1, so that it remembers at first.</param>
/// <param name="recurrentBias">Whether the recurrent product has a bias too, as in PyTorch; it adds nothing that <paramref name="useBias"/> does not.</param>
/// <param name="kernelInitializer">First weights of the input; <see cref="Initializer.GlorotUniform"/> when null.</param>
/// <param name="name">Its name, or null.</param>
/// <remarks>Source: Hochreiter, Schmidhuber 1997; Jozefowicz et al. 2015 (bias of the forget gate). Trained by back-propagation through time.</remarks>
public sealed class Lstm(
    int units,
    bool returnSequences = false,
    bool reverse = false,
    bool useBias = true,
    bool recurrentBias = false,
    Initializer? kernelInitializer = null,
    string? name = null) : Layer(name)
{
    private readonly int _units = AtLeastOne(units, nameof(units));

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) => Recurrent.Build(
        builder, new Ops.Lstm(reverse), inputs[0], _units, gates: 4, returnSequences, useBias ? ForgetOne.Instance : null, recurrentBias, kernelInitializer);

    /// <summary>1 for the forget gate, 0 for the others.</summary>
    private sealed class ForgetOne : Initializer
    {
        public static ForgetOne Instance { get; } = new();

        public override void Fill(Span<float> values, int fanIn, int fanOut, in CounterRandom random)
        {
            values.Clear();
            values.Slice(values.Length / 4, values.Length / 4).Fill(1);
        }
    }
}

/// <summary>Gated recurrent units over a sequence: [steps, features] to [units], or to [steps, units]. The gates stand in the order reset, update, candidate.</summary>
/// <param name="units">Outputs, 1 or more.</param>
/// <param name="returnSequences">Whether it gives the output of every step, not just of the last one.</param>
/// <param name="reverse">Whether it runs from the last step to the first. Outputs stay at the steps that they belong to; Keras' go_backwards gives them in the order of the run.</param>
/// <param name="resetAfter">Whether the reset gate is applied behind the recurrent product, as in PyTorch and by default in Keras, or before it.</param>
/// <param name="useBias">Whether the gates have biases.</param>
/// <param name="recurrentBias">Whether the recurrent product has a bias too, as in PyTorch and Keras.</param>
/// <param name="kernelInitializer">First weights of the input; <see cref="Initializer.GlorotUniform"/> when null.</param>
/// <param name="name">Its name, or null.</param>
/// <remarks>Source: Cho et al. 2014, arXiv:1406.1078. Trained by back-propagation through time.</remarks>
public sealed class Gru(
    int units,
    bool returnSequences = false,
    bool reverse = false,
    bool resetAfter = true,
    bool useBias = true,
    bool recurrentBias = true,
    Initializer? kernelInitializer = null,
    string? name = null) : Layer(name)
{
    private readonly int _units = AtLeastOne(units, nameof(units));

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) => Recurrent.Build(
        builder, new Ops.Gru(reverse, resetAfter), inputs[0], _units, gates: 3, returnSequences, useBias ? Initializer.Zeros : null, recurrentBias, kernelInitializer);
}

/// <summary>What the recurrent layers share.</summary>
internal static class Recurrent
{
    public static Tensor Build<TOperator>(
        LayerBuilder builder, TOperator op, Tensor x, int units, int gates, bool returnSequences, Initializer? bias, bool recurrentBias, Initializer? kernel)
        where TOperator : struct, IOperator<TOperator>
    {
        LayerBuilder.RequireRank(x, 3, "[batch, steps, features]");
        int features = x.Shape[2], width = checked(gates * units);
        Tensor weights = builder.Parameter("weights", new Shape(width, features), kernel ?? Initializer.GlorotUniform, features, width);
        Tensor recurrent = builder.Parameter("recurrent", new Shape(width, units), Initializer.Orthogonal, units, width);
        Tensor? first = bias is null ? null : builder.Parameter("bias", new Shape(width), bias);
        Tensor? second = recurrentBias ? builder.Parameter("recurrent_bias", new Shape(width), Initializer.Zeros) : null;
        Node node = builder.Graph.AddNode(TOperator.Info, op, builder.Name, [x, weights, recurrent, first, second]);
        return node.Outputs[returnSequences ? 0 : 1];
    }
}
