using Edge.Compiler;
using Edge.Format;
using Ops = Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>A convolution of each channel by itself: [height, width, channels] to [height', width', channels · multiplier]. Weights are [rows, columns, channels · multiplier].</summary>
/// <param name="kernel">Rows and columns of the window.</param>
/// <param name="strides">How far the window moves; 1 by default.</param>
/// <param name="padding">How the rim is treated; <see cref="Padding.Valid"/> by default.</param>
/// <param name="dilation">Distance between the window's rows and columns; 1 by default.</param>
/// <param name="multiplier">Outputs for each channel, 1 or more.</param>
/// <param name="activation">Applied to the result.</param>
/// <param name="useBias">Whether a bias for each output channel is added.</param>
/// <param name="kernelInitializer">First weights; <see cref="Initializer.GlorotUniform"/> when null.</param>
/// <param name="biasInitializer">First biases; zeros when null.</param>
/// <param name="name">Its name, or null.</param>
public sealed class DepthwiseConv2D(
    Size2D kernel,
    Size2D? strides = null,
    Padding padding = default,
    Size2D? dilation = null,
    int multiplier = 1,
    ActivationKind activation = ActivationKind.Linear,
    bool useBias = true,
    Initializer? kernelInitializer = null,
    Initializer? biasInitializer = null,
    string? name = null) : Layer(name)
{
    private readonly Size2D _kernel = kernel.AtLeastOne(nameof(kernel));
    private readonly Size2D _strides = (strides ?? 1).AtLeastOne(nameof(strides));
    private readonly Size2D _dilation = (dilation ?? 1).AtLeastOne(nameof(dilation));
    private readonly int _multiplier = AtLeastOne(multiplier, nameof(multiplier));

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs)
    {
        Tensor x = inputs[0];
        LayerBuilder.RequireRank(x, 4, "[batch, height, width, channels]");
        int outputs = checked(x.Shape[3] * _multiplier);
        int window = _kernel.Height * _kernel.Width;
        Tensor weights = builder.Parameter("weights", new Shape(_kernel.Height, _kernel.Width, outputs), kernelInitializer ?? Initializer.GlorotUniform, window, window * _multiplier);
        Tensor? bias = useBias ? builder.Parameter("bias", new Shape(outputs), biasInitializer ?? Initializer.Zeros) : null;
        Ops.DepthwiseConv2D op = new(
            StrideHeight: _strides.Height,
            StrideWidth: _strides.Width,
            DilationHeight: _dilation.Height,
            DilationWidth: _dilation.Width,
            Padding: padding.Resolve(x, _kernel, _strides, _dilation),
            Activation: ActivationKinds.Fused(activation));
        return ActivationKinds.Finish(builder, activation, builder.Add(op, x, weights, bias));
    }
}
