using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// The largest value of each window, channel by channel: [N, H, W, C] → [N, H', W', C]; float32, or int8 or int16 with the input's scale and zero point. Padding never
/// takes part.
/// </summary>
/// <param name="KernelHeight">Rows of the window, 1 … 65,535.</param>
/// <param name="KernelWidth">Columns of the window, 1 … 65,535.</param>
/// <param name="StrideHeight">Rows between neighbouring windows, 1 … 65,535.</param>
/// <param name="StrideWidth">Columns between neighbouring windows, 1 … 65,535.</param>
/// <param name="Padding">Rows and columns around the input, each smaller than the window's extent.</param>
/// <param name="Activation">The clamp applied to the result.</param>
/// <param name="DilationHeight">Rows between neighbouring elements of a window, 1 … 65,535.</param>
/// <param name="DilationWidth">Columns between neighbouring elements of a window, 1 … 65,535.</param>
/// <remarks>The gradient goes to the first largest value of the window in row-major order. Source: TFLite MAX_POOL_2D; ONNX MaxPool-12.</remarks>
public readonly record struct MaxPool2D(
    int KernelHeight,
    int KernelWidth,
    int StrideHeight = 1,
    int StrideWidth = 1,
    Padding2D Padding = default,
    Activation Activation = Activation.None,
    int DilationHeight = 1,
    int DilationWidth = 1) : IOperator<MaxPool2D>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("MaxPool2D", 4);

    /// <inheritdoc/>
    public static MaxPool2D Read(ref AttributeReader attributes) => new(
        attributes.Int32("kernel height", 1, Window.Most),
        attributes.Int32("kernel width", 1, Window.Most),
        attributes.Int32("stride height", 1, Window.Most),
        attributes.Int32("stride width", 1, Window.Most),
        Padding2D.Read(ref attributes),
        ShapeRules.ReadActivation(ref attributes),
        attributes.Int32("dilation height", 1, Window.Most),
        attributes.Int32("dilation width", 1, Window.Most));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(KernelHeight);
        attributes.Int32(KernelWidth);
        attributes.Int32(StrideHeight);
        attributes.Int32(StrideWidth);
        Padding.Write(attributes);
        attributes.Byte((byte)Activation);
        attributes.Int32(DilationHeight);
        attributes.Int32(DilationWidth);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        ShapeRules.Known(shapes, Activation);
        return new OperatorPlan(Window.Pool(shapes, KernelHeight, KernelWidth, StrideHeight, StrideWidth, Padding, DilationHeight, DilationWidth))
        {
            OverwritesGradients = true,
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => FloatPool.MaxForward(Geometry(io.InputShape(0), io.OutputShape(0)), io.Input(0), Activation, io.Output(0), io.Team);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => wanted == 0 ? Keep.None : Keep.Input0 | Keep.Output0;

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

        // Where the clamp was active, y is not the maximum, but dy is 0 there.
        FloatPool.MaxGradient(Geometry(io.InputShape(0), io.OutputShape(0)), io.Input(0), io.Output(0), dy, io.InputGradient(0), io.Accumulate(0), io.Team);
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => preparation.Input(0).Type == DataType.Float32
        ? null
        : Int8PoolKernel.Max(preparation, Geometry(preparation.Input(0).Shape, preparation.Output(0).Shape), Activation);

    private ConvGeometry Geometry(in Shape input, in Shape output) => new(
        input[0], input[1], input[2], input[3], output[1], output[2], output[3], KernelHeight, KernelWidth, StrideHeight, StrideWidth,
        DilationHeight, DilationWidth, Padding.Top, Padding.Left);
}
