using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// The mean of each window, channel by channel: [N, H, W, C] → [N, H', W', C]; float32, or int8, int16 or uint8 with the input's scale and zero
/// point. Halves round away from zero in int8 and int16, up in uint8, as in TFLite.
/// </summary>
/// <param name="KernelHeight">Rows of the window, 1 … 65,535.</param>
/// <param name="KernelWidth">Columns of the window, 1 … 65,535.</param>
/// <param name="StrideHeight">Rows between neighbouring windows, 1 … 65,535.</param>
/// <param name="StrideWidth">Columns between neighbouring windows, 1 … 65,535.</param>
/// <param name="Padding">Rows and columns around the input, each smaller than the window.</param>
/// <param name="CountIncludePad">Whether the padding takes part as zeros; otherwise it takes no part at all. float32 only.</param>
/// <param name="Activation">The clamp applied to the result.</param>
/// <remarks>Source: TFLite AVERAGE_POOL_2D; ONNX AveragePool-11. dX = Σ over the windows that hold the element of dY / count.</remarks>
public readonly record struct AveragePool2D(
    int KernelHeight,
    int KernelWidth,
    int StrideHeight = 1,
    int StrideWidth = 1,
    Padding2D Padding = default,
    bool CountIncludePad = false,
    Activation Activation = Activation.None) : IOperator<AveragePool2D>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("AveragePool2D", 5);

    /// <inheritdoc/>
    public static AveragePool2D Read(ref AttributeReader attributes) => new(
        attributes.Int32("kernel height", 1, Window.Most),
        attributes.Int32("kernel width", 1, Window.Most),
        attributes.Int32("stride height", 1, Window.Most),
        attributes.Int32("stride width", 1, Window.Most),
        Padding2D.Read(ref attributes),
        attributes.Bool("count include pad"),
        ShapeRules.ReadActivation(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(KernelHeight);
        attributes.Int32(KernelWidth);
        attributes.Int32(StrideHeight);
        attributes.Int32(StrideWidth);
        Padding.Write(attributes);
        attributes.Bool(CountIncludePad);
        attributes.Byte((byte)Activation);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        ShapeRules.Known(shapes, Activation);
        shapes.Require(
            !CountIncludePad || shapes.Type(0) == DataType.Float32, $"the input is {shapes.Input(0)} and padding counts; for integers put a Pad before and leave padding out here.");
        return new OperatorPlan(Window.Pool(shapes, KernelHeight, KernelWidth, StrideHeight, StrideWidth, Padding, mayBeUInt8: true)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => FloatPool.AverageForward(Geometry(io.InputShape(0), io.OutputShape(0)), io.Input(0), CountIncludePad, Activation, io.Output(0), io.Team);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => wanted != 0 && Activation != Activation.None ? Keep.Output0 : Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (!io.Wants(0))
        {
            return;
        }

        Span<float> dy = io.OutputGradient(0);
        if (Activation != Activation.None)
        {
            ActivationKernels.MaskGradient(Activation, io.Output(0), dy, io.Team);
        }

        FloatPool.AverageGradient(Geometry(io.InputShape(0), io.OutputShape(0)), dy, CountIncludePad, io.InputGradient(0), io.Accumulate(0), io.Team);
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => preparation.Input(0).Type == DataType.Float32
        ? null
        : Int8PoolKernel.Average(preparation, Geometry(preparation.Input(0).Shape, preparation.Output(0).Shape), Activation);

    private ConvGeometry Geometry(in Shape input, in Shape output) => new(
        input[0], input[1], input[2], input[3], output[1], output[2], output[3], KernelHeight, KernelWidth, StrideHeight, StrideWidth,
        PadTop: Padding.Top, PadLeft: Padding.Left);
}
