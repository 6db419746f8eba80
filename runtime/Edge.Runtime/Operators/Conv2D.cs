using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>
/// Two-dimensional convolution: y[n, i, j, o] = activation(b[o] + Σ x[n, i·strideH − top + p·dilationH, j·strideW − left + q·dilationW, c] · w[o, p, q, c]), with x = 0
/// in the padding. Input [N, H, W, C], weights [O, KH, KW, C / groups], optional bias [O] → [N, H', W', O]; float32, int8, or int16 with int8 weights. Beside float32 data the weights may be int8.
/// </summary>
/// <param name="StrideHeight">Rows between neighbouring windows, 1 … 65,535.</param>
/// <param name="StrideWidth">Columns between neighbouring windows, 1 … 65,535.</param>
/// <param name="DilationHeight">Rows between neighbouring taps of a window, 1 … 65,535.</param>
/// <param name="DilationWidth">Columns between neighbouring taps of a window, 1 … 65,535.</param>
/// <param name="Padding">Zeros around the input, each smaller than the window's extent.</param>
/// <param name="Groups">Divides input and output channels; an output channel reads the input channels of its group only.</param>
/// <param name="Activation">The clamp applied to the result.</param>
/// <remarks>Source: ONNX Conv-11 (in NHWC); TFLite CONV_2D. Gradients: the transposed convolution of dY, and the correlation of x with dY.</remarks>
public readonly record struct Conv2D(
    int StrideHeight = 1,
    int StrideWidth = 1,
    int DilationHeight = 1,
    int DilationWidth = 1,
    Padding2D Padding = default,
    int Groups = 1,
    Activation Activation = Activation.None) : IOperator<Conv2D>, IDifferentiable, IPreparable
{
    /// <summary>Strides and dilations of 1, no padding, no activation.</summary>
    public Conv2D()
        : this(StrideHeight: 1)
    {
    }

    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = new("Conv2D", 2, [InputRole.Data, InputRole.Weight, InputRole.Bias], MinInputs: 2);

    /// <inheritdoc/>
    public static Conv2D Read(ref AttributeReader attributes) => new(
        attributes.Int32("stride height", 1, Window.Most),
        attributes.Int32("stride width", 1, Window.Most),
        attributes.Int32("dilation height", 1, Window.Most),
        attributes.Int32("dilation width", 1, Window.Most),
        Padding2D.Read(ref attributes),
        attributes.Int32("groups", 1),
        ShapeRules.ReadActivation(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(StrideHeight);
        attributes.Int32(StrideWidth);
        attributes.Int32(DilationHeight);
        attributes.Int32(DilationWidth);
        Padding.Write(attributes);
        attributes.Int32(Groups);
        attributes.Byte((byte)Activation);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = shapes.Input(0), weights = shapes.Input(1);
        ShapeRules.Known(shapes, Activation);
        int outputs = ShapeRules.ConvolutionOutputs(shapes, 2, Groups);
        int height = Window.Count(shapes, "height", input.Shape[1], weights.Shape[1], StrideHeight, DilationHeight, Padding.Top, Padding.Bottom);
        int width = Window.Count(shapes, "width", input.Shape[2], weights.Shape[2], StrideWidth, DilationWidth, Padding.Left, Padding.Right);
        return new OperatorPlan(ShapeRules.Layer(shapes, [input.Shape[0], height, width, outputs], channelAxis: 0, mayBeInt16: true)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Forward(io, io.Input(1));

    private void Forward(in Buffers io, ReadOnlySpan<float> weights) =>
        FloatConv.Forward(Geometry(io.InputShape(0), io.InputShape(1), io.OutputShape(0)), io.Input(0), weights, io.Input(2), Activation, io.Output(0), io.Team);

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
            FloatConv.InputGradient(geometry, dy, io.Input(1), io.InputGradient(0), io.Accumulate(0), io.Team);
        }

        if (io.Wants(1))
        {
            FloatConv.WeightGradient(geometry, io.Input(0), dy, io.InputGradient(1), io.Accumulate(1), io.Team);
        }

        if (io.Wants(2))
        {
            FloatConv.BiasGradient(geometry, dy, io.InputGradient(2), io.Accumulate(2), io.Team);
        }
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation)
    {
        ConvGeometry geometry = Geometry(preparation.Input(0).Shape, preparation.Input(1).Shape, preparation.Output(0).Shape);
        if (preparation.Input(0).Type == DataType.Int8)
        {
            return Int8ConvKernel.Conv(preparation, geometry, Activation);
        }

        if (preparation.Input(0).Type == DataType.Int16)
        {
            return Int16LayerKernel.Conv(preparation, geometry, Activation);
        }

        AlignedMemory? expanded = preparation.Expanded(1);
        long packedOutputs = ((geometry.OutputChannels / Groups) + 15L) / 16 * 16 * Groups;
        long bytes = packedOutputs * geometry.KernelHeight * geometry.KernelWidth * (geometry.InputChannels / Groups) * sizeof(float);
        if (bytes > int.MaxValue || !preparation.IsFrozen(1) || !preparation.MayPack(bytes))
        {
            return expanded is null ? null : new Expanded(this, preparation.Keep(expanded));
        }

        AlignedMemory packed = preparation.Allocate((long)FloatConv.PackedFloats(geometry) * sizeof(float));
        ReadOnlySpan<float> weights = expanded is null ? preparation.Constant<float>(1) : MemoryMarshal.Cast<byte, float>(expanded.Span);
        FloatConv.PackWeights(geometry, weights, MemoryMarshal.Cast<byte, float>(packed.Span));
        return new Packed(this, packed);
    }

    /// <summary>Weights that the file holds as int8.</summary>
    private sealed class Expanded(Conv2D conv, AlignedMemory weights) : IKernel
    {
        public void Forward(in Buffers io) => conv.Forward(io, MemoryMarshal.Cast<byte, float>(weights.Span));
    }

    private sealed class Packed(Conv2D conv, AlignedMemory packed) : IKernel
    {
        public void Forward(in Buffers io) => FloatConv.ForwardPacked(
            conv.Geometry(io.InputShape(0), io.InputShape(1), io.OutputShape(0)), io.Input(0), MemoryMarshal.Cast<byte, float>(packed.Span),
            io.Input(2), conv.Activation, io.Output(0), io.Team);
    }

    private ConvGeometry Geometry(in Shape input, in Shape weights, in Shape output) => new(
        input[0], input[1], input[2], input[3], output[1], output[2], output[3], weights[1], weights[2],
        StrideHeight, StrideWidth, DilationHeight, DilationWidth, Padding.Top, Padding.Left, Groups);
}
