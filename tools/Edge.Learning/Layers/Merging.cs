using Edge.Compiler;
using Edge.Runtime;
using Ops = Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>A layer of several inputs, such as the end of a skip connection.</summary>
/// <param name="name">Its name, or null.</param>
public abstract class Merging(string? name) : Layer(name)
{
    /// <inheritdoc/>
    protected override int MinInputs => 2;

    /// <inheritdoc/>
    protected override int MaxInputs => 32;

    /// <summary>Folds the inputs from left to right.</summary>
    internal static Tensor Fold(IReadOnlyList<Tensor> inputs, Func<Tensor, Tensor, Tensor> pair)
    {
        Tensor sum = inputs[0];
        for (int i = 1; i < inputs.Count; i++)
        {
            sum = pair(sum, inputs[i]);
        }

        return sum;
    }
}

/// <summary>The sum of the inputs, element by element; axes of size 1 are repeated.</summary>
/// <param name="activation">Applied to the result.</param>
/// <param name="name">Its name, or null.</param>
public sealed class Add(ActivationKind activation = ActivationKind.Linear, string? name = null) : Merging(name)
{
    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) =>
        ActivationKinds.Apply(builder, activation, Fold(inputs, (left, right) => builder.Add(default(Ops.Add), left, right)));
}

/// <summary>The first input minus the second, element by element; axes of size 1 are repeated.</summary>
/// <param name="name">Its name, or null.</param>
public sealed class Subtract(string? name = null) : Merging(name)
{
    /// <inheritdoc/>
    protected override int MaxInputs => 2;

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) => builder.Add(default(Ops.Subtract), inputs[0], inputs[1]);
}

/// <summary>The product of the inputs, element by element; axes of size 1 are repeated.</summary>
/// <param name="name">Its name, or null.</param>
public sealed class Multiply(string? name = null) : Merging(name)
{
    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) =>
        Fold(inputs, (left, right) => builder.Add(default(Ops.Multiply), left, right));
}

/// <summary>The inputs one behind the other along an axis.</summary>
/// <param name="axis">Which axis of the batch: 1 is the first of a sample, −1 (the default) the last. Never 0, the batch.</param>
/// <param name="name">Its name, or null.</param>
public sealed class Concatenate(int axis = -1, string? name = null) : Merging(name)
{
    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs)
    {
        int rank = inputs[0].Shape.Rank;
        int from = axis < 0 ? axis + rank : axis;
        return from >= 1 && from < rank
            ? builder.Add(new Ops.Concat(from), [.. inputs])
            : throw new ShapeException($"axis {axis}; 1 … {rank - 1} or −{rank - 1} … −1 are allowed, since axis 0 is the batch.");
    }
}
