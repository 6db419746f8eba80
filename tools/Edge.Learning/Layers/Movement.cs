using Edge.Compiler;
using Edge.Runtime.Operators;
using Ops = Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>All values of a sample in one row, in row-major order.</summary>
/// <param name="name">Its name, or null.</param>
public sealed class Flatten(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) => builder.Add(new Ops.Reshape([0, -1]), inputs[0]);
}

/// <summary>The same values in the same order with other axes.</summary>
public sealed class Reshape : Layer
{
    private readonly IntList _target;

    /// <summary>Makes the layer.</summary>
    /// <param name="shape">Axes of a sample, without the batch; one may be −1: whatever the number of values leaves.</param>
    /// <param name="name">Its name, or null.</param>
    public Reshape(ReadOnlySpan<int> shape, string? name = null)
        : base(name)
    {
        if (shape.Contains(0))
        {
            throw new ArgumentOutOfRangeException(nameof(shape), $"[{string.Join(", ", shape.ToArray())}]: sizes are 1 or more, and one may be −1.");
        }

        _target = IntList.Create([0, .. shape]);
    }

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) => builder.Add(new Ops.Reshape(_target), inputs[0]);
}

/// <summary>Axes in another order.</summary>
public sealed class Permute : Layer
{
    private readonly IntList _permutation;

    /// <summary>Makes the layer.</summary>
    /// <param name="order">Each axis of a sample once, counted from 1: axis i of the result is axis <c>order[i]</c> of the input.</param>
    /// <param name="name">Its name, or null.</param>
    public Permute(ReadOnlySpan<int> order, string? name = null)
        : base(name) => _permutation = IntList.Create([0, .. order]);

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs) => builder.Add(new Ops.Transpose(_permutation), inputs[0]);
}

/// <summary>Surrounds pictures with zeros.</summary>
public sealed class ZeroPadding2D : Layer
{
    private readonly Padding2D _padding;

    /// <summary>Makes the layer.</summary>
    /// <param name="padding">Rows and columns on each side.</param>
    /// <param name="name">Its name, or null.</param>
    public ZeroPadding2D(Padding2D padding, string? name = null)
        : base(name) => _padding = padding;

    /// <summary>Makes the layer.</summary>
    /// <param name="all">Rows and columns on every side.</param>
    /// <param name="name">Its name, or null.</param>
    public ZeroPadding2D(int all = 1, string? name = null)
        : this(new Padding2D(all, all, all, all), name)
    {
    }

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs)
    {
        LayerBuilder.RequireRank(inputs[0], 4, "[batch, height, width, channels]");
        return builder.Add(new Ops.Pad([0, _padding.Top, _padding.Left, 0], [0, _padding.Bottom, _padding.Right, 0]), inputs[0]);
    }
}
