using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Ops = Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>A trainable row for each of a number of words: [steps] to [steps, units]. The samples hold the words' numbers, 0 … words − 1, as floats; a fraction is dropped.</summary>
/// <param name="words">How many rows, 1 or more.</param>
/// <param name="units">Values of a row, 1 or more.</param>
/// <param name="initializer">First values; <see cref="Initializer.GlorotUniform"/> when null.</param>
/// <param name="name">Its name, or null.</param>
/// <remarks>Keras: Embedding; PyTorch: Embedding. A number that is no row is refused when the network runs.</remarks>
public sealed class Embedding(int words, int units, Initializer? initializer = null, string? name = null) : Layer(name)
{
    private readonly int _words = AtLeastOne(words, nameof(words));
    private readonly int _units = AtLeastOne(units, nameof(units));

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) => builder.Add(
        default(Ops.Embedding), inputs[0], builder.Parameter("table", new Shape(_words, _units), initializer ?? Initializer.GlorotUniform, _words, _units));
}
