using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Three-dimensional transposed convolution, as <see cref="ConvTranspose2D"/> with an axis more. Input [N, D, H, W, C], weights [O, KD, KH, KW, C / groups],
/// optional bias [O] → [N, D', H', W', O], where D' = (D − 1) · stride + (KD − 1) · dilation + 1 − before − after + output padding; float32.
/// </summary>
/// <param name="Window">Strides, dilations and padding.</param>
/// <param name="OutputPadding">Elements added after the last one on each of the three axes, 0 … 65,535; empty: none.</param>
/// <param name="Groups">Divides input and output channels; an output channel reads the input channels of its group only.</param>
/// <param name="Activation">The clamp applied to the result.</param>
/// <remarks>Sources: ONNX ConvTranspose-11 (in NDHWC); TFLite CONV_3D_TRANSPOSE.</remarks>
public readonly record struct ConvTranspose3D(Window3D Window, IntList OutputPadding = default, int Groups = 1, Activation Activation = Activation.None) : IOperator<ConvTranspose3D>, IDifferentiable
{
    /// <summary>Strides and dilations of 1, no padding, no activation.</summary>
    public ConvTranspose3D()
        : this(Window3D.Dense)
    {
    }

    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = new("ConvTranspose3D", 61, [InputRole.Data, InputRole.Weight, InputRole.Bias], MinInputs: 2);

    /// <inheritdoc/>
    public static ConvTranspose3D Read(ref AttributeReader attributes) =>
        new(Window3D.Read(ref attributes), IntList.Own(attributes.Int32s("output padding", 3, 0, Operators.Window.Most)), attributes.Int32("groups", 1), ShapeRules.ReadActivation(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        Window.Write(attributes);
        attributes.Int32s(OutputPadding.Values);
        attributes.Int32(Groups);
        attributes.Byte((byte)Activation);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = shapes.Input(0), weights = shapes.Input(1);
        ShapeRules.Known(shapes, Activation);
        Window.Require(shapes);
        shapes.RequireType(0, DataType.Float32);
        shapes.RequireType(1, DataType.Float32);
        int outputs = ShapeRules.ConvolutionOutputs(shapes, 3, Groups);
        Span<long> sizes = stackalloc long[3];
        shapes.Require(OutputPadding.Count is 0 or 3, $"the output padding is {OutputPadding}; three numbers, or none, are allowed.");
        for (int i = 0; i < 3; i++)
        {
            int more = OutputPadding.Count == 0 ? 0 : OutputPadding[i];
            sizes[i] = Operators.Window.Spread(
                shapes, Window3D.Name(i), input.Shape[i + 1], weights.Shape[i + 1], Window.Strides[i], Window.Dilations[i], Window.Before[i], Window.After[i], more);
        }

        TensorSpec output = ShapeRules.Layer(shapes, [input.Shape[0], sizes[0], sizes[1], sizes[2], outputs], channelAxis: 0);
        long scratch = Volume.ScratchFloats(input.Shape, output.Shape, Groups) * sizeof(float);
        shapes.Require(scratch <= int.MaxValue, $"a line of taps of {input} needs {scratch} bytes of scratch; at most {int.MaxValue} are allowed.");
        return new OperatorPlan(output) { ScratchBytes = (int)scratch, BackwardScratchBytes = (int)scratch, OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Span<float> y = io.Output(0);
        Of(io.InputShape(0), io.InputShape(1), io.OutputShape(0)).ToFine(io.Input(0), io.Input(1), y, accumulate: false, io.Scratch<float>(), io.Team);
        ActivationKernels.AddBias(Activation, io.Input(2), y, io.OutputShape(0)[4], io.Team);
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => ((wanted & 2) != 0 ? Keep.Input0 : Keep.None) | (Activation != Activation.None ? Keep.Output0 : Keep.None);

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        Volume volume = Of(io.InputShape(0), io.InputShape(1), io.OutputShape(0));
        Span<float> dy = io.OutputGradient(0), scratch = io.Scratch<float>();
        if (Activation != Activation.None)
        {
            ActivationKernels.MaskGradient(Activation, io.Output(0), dy, io.Team);
        }

        if (io.Wants(0))
        {
            volume.ToCoarse(dy, io.Input(1), io.InputGradient(0), io.Accumulate(0), scratch, io.Team);
        }

        if (io.Wants(1))
        {
            volume.WeightGradient(dy, io.Input(0), io.InputGradient(1), io.Accumulate(1), scratch, io.Team);
        }

        if (io.Wants(2))
        {
            int outputs = io.OutputShape(0)[4];
            ColumnSums.Run(dy.Length / outputs, outputs, dy, io.InputGradient(2), io.Accumulate(2), io.Team);
        }
    }

    private Volume Of(in Shape input, in Shape weights, in Shape output) => new(input, output, weights, Window, Groups, transposed: true);
}
