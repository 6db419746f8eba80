using Edge.Compiler;
using Ops = Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>The largest value of each window of each channel.</summary>
/// <param name="pool">Rows and columns of the window; 2 by default.</param>
/// <param name="strides">How far the window moves; its own size by default.</param>
/// <param name="padding">How the rim is treated; padding never wins.</param>
/// <param name="name">Its name, or null.</param>
public sealed class MaxPooling2D(Size2D? pool = null, Size2D? strides = null, Padding padding = default, string? name = null) : Layer(name)
{
    private readonly Size2D _pool = (pool ?? 2).AtLeastOne(nameof(pool));
    private readonly Size2D _strides = (strides ?? pool ?? 2).AtLeastOne(nameof(strides));

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs)
    {
        LayerBuilder.RequireRank(inputs[0], 4, "[batch, height, width, channels]");
        return builder.Add(
            new Ops.MaxPool2D(
                KernelHeight: _pool.Height,
                KernelWidth: _pool.Width,
                StrideHeight: _strides.Height,
                StrideWidth: _strides.Width,
                Padding: padding.Resolve(inputs[0], _pool, _strides, 1)),
            inputs[0]);
    }
}

/// <summary>The mean of each window of each channel; padding does not count.</summary>
/// <param name="pool">Rows and columns of the window; 2 by default.</param>
/// <param name="strides">How far the window moves; its own size by default.</param>
/// <param name="padding">How the rim is treated.</param>
/// <param name="name">Its name, or null.</param>
public sealed class AveragePooling2D(Size2D? pool = null, Size2D? strides = null, Padding padding = default, string? name = null) : Layer(name)
{
    private readonly Size2D _pool = (pool ?? 2).AtLeastOne(nameof(pool));
    private readonly Size2D _strides = (strides ?? pool ?? 2).AtLeastOne(nameof(strides));

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs)
    {
        LayerBuilder.RequireRank(inputs[0], 4, "[batch, height, width, channels]");
        return builder.Add(
            new Ops.AveragePool2D(
                KernelHeight: _pool.Height,
                KernelWidth: _pool.Width,
                StrideHeight: _strides.Height,
                StrideWidth: _strides.Width,
                Padding: padding.Resolve(inputs[0], _pool, _strides, 1)),
            inputs[0]);
    }
}

/// <summary>The mean of each channel over the whole picture: [height, width, channels] to [channels].</summary>
/// <param name="name">Its name, or null.</param>
public sealed class GlobalAveragePooling2D(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs)
    {
        LayerBuilder.RequireRank(inputs[0], 4, "[batch, height, width, channels]");
        return builder.Add(new Ops.GlobalAveragePool(KeepDims: false), inputs[0]);
    }
}

/// <summary>The mean over time: [steps, features] to [features].</summary>
/// <param name="name">Its name, or null.</param>
public sealed class GlobalAveragePooling1D(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs)
    {
        LayerBuilder.RequireRank(inputs[0], 3, "[batch, steps, features]");
        return builder.Add(new Ops.ReduceMean([1], false), inputs[0]);
    }
}
