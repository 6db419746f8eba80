using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Ops = Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>Convolution over pictures: [height, width, channels] to [height', width', filters]. Weights are [filters, rows, columns, channels / groups].</summary>
/// <param name="filters">Output channels, 1 or more.</param>
/// <param name="kernel">Rows and columns of the window.</param>
/// <param name="strides">How far the window moves; 1 by default.</param>
/// <param name="padding">How the rim is treated; <see cref="Padding.Valid"/> by default.</param>
/// <param name="dilation">Distance between the window's rows and columns; 1 by default.</param>
/// <param name="groups">Parts into which channels and filters fall; each filter sees the channels of its part.</param>
/// <param name="activation">Applied to the result.</param>
/// <param name="useBias">Whether a bias for each filter is added.</param>
/// <param name="kernelInitializer">First weights; <see cref="Initializer.GlorotUniform"/> when null.</param>
/// <param name="biasInitializer">First biases; zeros when null.</param>
/// <param name="name">Its name, or null.</param>
public sealed class Conv2D(
    int filters,
    Size2D kernel,
    Size2D? strides = null,
    Padding padding = default,
    Size2D? dilation = null,
    int groups = 1,
    ActivationKind activation = ActivationKind.Linear,
    bool useBias = true,
    Initializer? kernelInitializer = null,
    Initializer? biasInitializer = null,
    string? name = null) : Layer(name)
{
    private readonly int _filters = AtLeastOne(filters, nameof(filters));
    private readonly Size2D _kernel = kernel.AtLeastOne(nameof(kernel));
    private readonly Size2D _strides = (strides ?? 1).AtLeastOne(nameof(strides));
    private readonly Size2D _dilation = (dilation ?? 1).AtLeastOne(nameof(dilation));
    private readonly int _groups = AtLeastOne(groups, nameof(groups));

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs)
    {
        Tensor x = inputs[0];
        LayerBuilder.RequireRank(x, 4, "[batch, height, width, channels]");
        int channels = x.Shape[3];
        if (channels % _groups != 0 || _filters % _groups != 0)
        {
            throw new ShapeException($"{channels} channels and {_filters} filters do not fall into {_groups} groups; both must be multiples of the groups.");
        }

        int window = _kernel.Height * _kernel.Width;
        Tensor weights = builder.Parameter(
            "weights", new Shape(_filters, _kernel.Height, _kernel.Width, channels / _groups), kernelInitializer ?? Initializer.GlorotUniform, window * (channels / _groups), window * (_filters / _groups));
        Tensor? bias = useBias ? builder.Parameter("bias", new Shape(_filters), biasInitializer ?? Initializer.Zeros) : null;
        Ops.Conv2D op = new(
            StrideHeight: _strides.Height,
            StrideWidth: _strides.Width,
            DilationHeight: _dilation.Height,
            DilationWidth: _dilation.Width,
            Padding: padding.Resolve(x, _kernel, _strides, _dilation),
            Groups: _groups,
            Activation: ActivationKinds.Fused(activation));
        return ActivationKinds.Finish(builder, activation, builder.Add(op, x, weights, bias));
    }
}
