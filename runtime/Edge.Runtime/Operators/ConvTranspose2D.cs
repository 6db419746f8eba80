using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>
/// Two-dimensional transposed convolution: every input pixel adds its window to the output, y[n, i·strideH − top + p·dilationH, j·strideW − left + q·dilationW, o] +=
/// x[n, i, j, c] · w[o, p, q, c], then bias and activation. Input [N, H, W, C], weights [O, KH, KW, C / groups], optional bias [O] → [N, H', W', O], where
/// H' = (H − 1) · strideH + (KH − 1) · dilationH + 1 − top − bottom + outputPaddingH; float32 or int8.
/// </summary>
/// <param name="StrideHeight">Output rows between the windows of neighbouring input rows, 1 … 65,535.</param>
/// <param name="StrideWidth">Output columns between the windows of neighbouring input columns, 1 … 65,535.</param>
/// <param name="DilationHeight">Rows between neighbouring taps of a window, 1 … 65,535.</param>
/// <param name="DilationWidth">Columns between neighbouring taps of a window, 1 … 65,535.</param>
/// <param name="Padding">Rows and columns cut off the output.</param>
/// <param name="OutputPaddingHeight">Rows added after the output's last one.</param>
/// <param name="OutputPaddingWidth">Columns added after the output's last one.</param>
/// <param name="Groups">Divides input and output channels; an output channel reads the input channels of its group only.</param>
/// <param name="Activation">The clamp applied to the result.</param>
/// <remarks>
/// It is the gradient of <see cref="Conv2D"/> by its input; gradients: the convolution of dY, and the correlation of dY with x. Sources: ONNX ConvTranspose-11 (in
/// NHWC); TFLite TRANSPOSE_CONV; Keras Conv2DTranspose.
/// </remarks>
public readonly record struct ConvTranspose2D(
    int StrideHeight = 1,
    int StrideWidth = 1,
    int DilationHeight = 1,
    int DilationWidth = 1,
    Padding2D Padding = default,
    int OutputPaddingHeight = 0,
    int OutputPaddingWidth = 0,
    int Groups = 1,
    Activation Activation = Activation.None) : IOperator<ConvTranspose2D>, IDifferentiable, IPreparable
{
    /// <summary>Strides and dilations of 1, no padding, no activation.</summary>
    public ConvTranspose2D()
        : this(StrideHeight: 1)
    {
    }

    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = new("ConvTranspose2D", 59, [InputRole.Data, InputRole.Weight, InputRole.Bias], MinInputs: 2);

    /// <inheritdoc/>
    public static ConvTranspose2D Read(ref AttributeReader attributes) => new(
        attributes.Int32("stride height", 1, Window.Most),
        attributes.Int32("stride width", 1, Window.Most),
        attributes.Int32("dilation height", 1, Window.Most),
        attributes.Int32("dilation width", 1, Window.Most),
        Padding2D.Read(ref attributes),
        attributes.Int32("output padding height", 0, Window.Most),
        attributes.Int32("output padding width", 0, Window.Most),
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
        attributes.Int32(OutputPaddingHeight);
        attributes.Int32(OutputPaddingWidth);
        attributes.Int32(Groups);
        attributes.Byte((byte)Activation);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = shapes.Input(0), weights = shapes.Input(1);
        ShapeRules.Known(shapes, Activation);
        int outputs = ShapeRules.ConvolutionOutputs(shapes, 2, Groups);
        shapes.Require(
            input.Type != DataType.Float32 || weights.Type == DataType.Float32, $"the input is {input}, but the weights are {weights}; float32 is allowed. Dequantize them first.");
        long height = Window.Spread(shapes, "height", input.Shape[1], weights.Shape[1], StrideHeight, DilationHeight, Padding.Top, Padding.Bottom, OutputPaddingHeight);
        long width = Window.Spread(shapes, "width", input.Shape[2], weights.Shape[2], StrideWidth, DilationWidth, Padding.Left, Padding.Right, OutputPaddingWidth);
        TensorSpec output = ShapeRules.Layer(shapes, [input.Shape[0], height, width, outputs], channelAxis: 0);
        if (input.Type != DataType.Float32)
        {
            return new OperatorPlan(output);
        }

        long backward = (long)weights.Bytes + Math.Max(weights.Bytes, input.Bytes);
        shapes.Require(backward <= int.MaxValue, $"the input {input} and the weights {weights} need {backward} bytes of scratch; at most {int.MaxValue} are allowed.");
        return new OperatorPlan(output) { ScratchBytes = weights.Bytes, BackwardScratchBytes = (int)backward, OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Span<float> weights = io.Scratch<float>();
        Turn(io.InputShape(1), io.Input(1), weights);
        Forward(io, weights);
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => ((wanted & 2) != 0 ? Keep.Input0 : Keep.None) | (Activation != Activation.None ? Keep.Output0 : Keep.None);

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        Shape shape = io.InputShape(1);
        ConvGeometry geometry = Geometry(io.InputShape(0), shape, io.OutputShape(0));
        Span<float> dy = io.OutputGradient(0);
        if (Activation != Activation.None)
        {
            ActivationKernels.MaskGradient(Activation, io.Output(0), dy, io.Team);
        }

        int count = shape.ElementCount;
        Span<float> turned = io.Scratch<float>()[..count], rest = io.Scratch<float>()[count..];
        if (io.Wants(0))
        {
            Turn(shape, io.Input(1), turned);
            Span<float> gradient = io.InputGradient(0);
            Span<float> to = io.Accumulate(0) ? rest[..gradient.Length] : gradient;
            FloatConv.Forward(geometry, dy, turned, default, Activation.None, to, io.Team);
            if (io.Accumulate(0))
            {
                Elementwise.Copy(io.Team, to, gradient, accumulate: true);
            }
        }

        if (io.Wants(1))
        {
            Span<float> gradient = rest[..count];
            FloatConv.WeightGradient(geometry, dy, io.Input(0), gradient, accumulate: false, io.Team);
            int outputs = shape[0] / Groups, taps = shape[1] * shape[2], channels = shape[3];
            StridedCopy.Gradient(
                io.Accumulate(1), [Groups, outputs, taps, channels], [channels * taps * outputs, 1, outputs, taps * outputs],
                [outputs * taps * channels, taps * channels, channels, 1], gradient, io.InputGradient(1));
        }

        if (io.Wants(2))
        {
            ColumnSums.Run(dy.Length / shape[0], shape[0], dy, io.InputGradient(2), io.Accumulate(2), io.Team);
        }
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation)
    {
        Shape weights = preparation.Input(1).Shape;
        if (preparation.Input(0).Type == DataType.Int8)
        {
            return new Int8ConvTransposeKernel(preparation, Geometry(preparation.Input(0).Shape, weights, preparation.Output(0).Shape), Activation);
        }

        if (!preparation.IsFrozen(1) || !preparation.MayPack(preparation.Input(1).Bytes))
        {
            return null;
        }

        AlignedMemory turned = preparation.Allocate(preparation.Input(1).Bytes);
        Turn(weights, preparation.Constant<float>(1), MemoryMarshal.Cast<byte, float>(turned.Span));
        return new Turned(this, turned);
    }

    private sealed class Turned(ConvTranspose2D conv, AlignedMemory weights) : IKernel
    {
        public void Forward(in Buffers io) => conv.Forward(io, MemoryMarshal.Cast<byte, float>(weights.Span));
    }

    private void Forward(in Buffers io, ReadOnlySpan<float> turned)
    {
        Span<float> y = io.Output(0);
        FloatConv.InputGradient(Geometry(io.InputShape(0), io.InputShape(1), io.OutputShape(0)), io.Input(0), turned, y, accumulate: false, io.Team);
        ActivationKernels.AddBias(Activation, io.Input(2), y, io.OutputShape(0)[3], io.Team);
    }

    /// <summary>Weights [O, KH, KW, C / groups] as the convolution from output to input has them: [C, KH, KW, O / groups].</summary>
    private void Turn(in Shape shape, ReadOnlySpan<float> weights, Span<float> turned)
    {
        int outputs = shape[0] / Groups, taps = shape[1] * shape[2], channels = shape[3];
        StridedCopy.Copy(
            sizeof(float), [Groups, outputs, taps, channels], [outputs * taps * channels, taps * channels, channels, 1],
            [channels * taps * outputs, 1, outputs, taps * outputs], MemoryMarshal.AsBytes(weights), MemoryMarshal.AsBytes(turned));
    }

    /// <summary>The convolution from output to input, of which this is the transpose.</summary>
    private ConvGeometry Geometry(in Shape input, in Shape weights, in Shape output) => new(
        input[0], output[1], output[2], output[3], input[1], input[2], input[3], weights[1], weights[2],
        StrideHeight, StrideWidth, DilationHeight, DilationWidth, Padding.Top, Padding.Left, Groups);
}
