using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>
/// Two-dimensional convolution of each channel by itself: output channel o = c·multiplier + m reads input channel c alone. Input [N, H, W, C], weights
/// [KH, KW, C·multiplier], optional bias [C·multiplier] → [N, H', W', C·multiplier]; float32, int8, or int16 with int8 weights. Beside float32 data the weights may be int8.
/// </summary>
/// <param name="StrideHeight">Rows between neighbouring windows, 1 … 65,535.</param>
/// <param name="StrideWidth">Columns between neighbouring windows, 1 … 65,535.</param>
/// <param name="DilationHeight">Rows between neighbouring taps of a window, 1 … 65,535.</param>
/// <param name="DilationWidth">Columns between neighbouring taps of a window, 1 … 65,535.</param>
/// <param name="Padding">Zeros around the input, each smaller than the window's extent.</param>
/// <param name="Activation">The clamp applied to the result.</param>
/// <remarks>Source: TFLite DEPTHWISE_CONV_2D; Keras DepthwiseConv2D.</remarks>
public readonly record struct DepthwiseConv2D(
    int StrideHeight = 1,
    int StrideWidth = 1,
    int DilationHeight = 1,
    int DilationWidth = 1,
    Padding2D Padding = default,
    Activation Activation = Activation.None) : IOperator<DepthwiseConv2D>, IDifferentiable, IPreparable
{
    /// <summary>Strides and dilations of 1, no padding, no activation.</summary>
    public DepthwiseConv2D()
        : this(StrideHeight: 1)
    {
    }

    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = new("DepthwiseConv2D", 3, [InputRole.Data, InputRole.Weight, InputRole.Bias], MinInputs: 2);

    /// <inheritdoc/>
    public static DepthwiseConv2D Read(ref AttributeReader attributes) => new(
        attributes.Int32("stride height", 1, Window.Most),
        attributes.Int32("stride width", 1, Window.Most),
        attributes.Int32("dilation height", 1, Window.Most),
        attributes.Int32("dilation width", 1, Window.Most),
        Padding2D.Read(ref attributes),
        ShapeRules.ReadActivation(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(StrideHeight);
        attributes.Int32(StrideWidth);
        attributes.Int32(DilationHeight);
        attributes.Int32(DilationWidth);
        Padding.Write(attributes);
        attributes.Byte((byte)Activation);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = shapes.Input(0), weights = shapes.Input(1);
        ShapeRules.Known(shapes, Activation);
        shapes.Require(input.Shape.Rank == 4, $"the input is {input}; [N, H, W, C] is allowed.");
        shapes.Require(weights.Shape.Rank == 3, $"the weights are {weights}; [KH, KW, C · multiplier] is allowed.");
        int channels = input.Shape[3], outputs = weights.Shape[2];
        shapes.Require(
            channels >= 1 && outputs >= channels && outputs % channels == 0,
            $"the input {input} has {channels} channels, but the weights {weights} make {outputs}; a multiple of {channels} is allowed.");
        int height = Window.Count(shapes, "height", input.Shape[1], weights.Shape[0], StrideHeight, DilationHeight, Padding.Top, Padding.Bottom);
        int width = Window.Count(shapes, "width", input.Shape[2], weights.Shape[1], StrideWidth, DilationWidth, Padding.Left, Padding.Right);
        return new OperatorPlan(ShapeRules.Layer(shapes, [input.Shape[0], height, width, outputs], channelAxis: 2, mayBeInt16: true)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Forward(io, io.Input(1));

    private void Forward(in Buffers io, ReadOnlySpan<float> weights) => FloatDepthwise.Forward(
        Geometry(io.InputShape(0), io.InputShape(1), io.OutputShape(0)), io.Input(0), weights, io.Input(2), Activation, io.Output(0), io.Team);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => ((wanted & 2) != 0 ? Keep.Input0 : Keep.None) | (Activation != Activation.None ? Keep.Output0 : Keep.None);

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        ConvGeometry geometry = Geometry(io.InputShape(0), io.InputShape(1), io.OutputShape(0));
        Span<float> dy = io.OutputGradient(0);
        if (Activation != Activation.None)
        {
            ActivationKernels.MaskGradient(Activation, io.Output(0), dy, io.Team);
        }

        if (io.Wants(0))
        {
            FloatDepthwise.InputGradient(geometry, dy, io.Input(1), io.InputGradient(0), io.Accumulate(0), io.Team);
        }

        if (io.Wants(1))
        {
            FloatDepthwise.WeightGradient(geometry, io.Input(0), dy, io.InputGradient(1), io.Accumulate(1), io.Team);
        }

        if (io.Wants(2))
        {
            FloatDepthwise.BiasGradient(geometry, dy, io.InputGradient(2), io.Accumulate(2), io.Team);
        }
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation)
    {
        if (preparation.Input(0).Type != DataType.Float32)
        {
            ConvGeometry geometry = Geometry(preparation.Input(0).Shape, preparation.Input(1).Shape, preparation.Output(0).Shape);
            return preparation.Input(0).Type == DataType.Int16
                ? Int16LayerKernel.Depthwise(preparation, geometry, Activation)
                : new Int8DepthwiseKernel(preparation, geometry, Activation);
        }

        // Float32 weights already lie as the loops read them.
        return preparation.Expanded(1) is { } weights ? new Expanded(this, preparation.Keep(weights)) : null;
    }

    /// <summary>Weights that the file holds as int8.</summary>
    private sealed class Expanded(DepthwiseConv2D conv, AlignedMemory weights) : IKernel
    {
        public void Forward(in Buffers io) => conv.Forward(io, MemoryMarshal.Cast<byte, float>(weights.Span));
    }

    private ConvGeometry Geometry(in Shape input, in Shape weights, in Shape output) => new(
        input[0], input[1], input[2], input[3], output[1], output[2], output[3], weights[0], weights[1],
        StrideHeight, StrideWidth, DilationHeight, DilationWidth, Padding.Top, Padding.Left, Groups: input[3]);
}
