using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>The average of each window of a volume, channel by channel: [N, D, H, W, C] → [N, D', H', W', C]; float32.</summary>
/// <param name="Kernel">Depth, height and width of the window.</param>
/// <param name="Window">Strides, dilations and padding; the padding is smaller than the window's extent.</param>
/// <param name="CountIncludePad">Whether zeros of the padding count as elements.</param>
/// <remarks>Source: ONNX AveragePool-19 (in NDHWC).</remarks>
public readonly record struct AveragePool3D(IntList Kernel, Window3D Window, bool CountIncludePad = false) : IOperator<AveragePool3D>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("AveragePool3D", 63);

    /// <inheritdoc/>
    public static AveragePool3D Read(ref AttributeReader attributes) =>
        new(Window3D.Three(ref attributes, "kernel", 1), Window3D.Read(ref attributes), attributes.Bool("count include pad"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        Window3D.Write(attributes, Kernel);
        Window.Write(attributes);
        attributes.Bool(CountIncludePad);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes) => VolumePool.Plan(shapes, Kernel, Window);

    /// <inheritdoc/>
    public void Forward(in Buffers io) => new VolumePool(io.InputShape(0), io.OutputShape(0), Kernel, Window).Average(io.Input(0), io.Output(0), CountIncludePad);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (!io.Wants(0))
        {
            return;
        }

        Span<float> gradient = io.InputGradient(0);
        if (!io.Accumulate(0))
        {
            gradient.Clear();
        }

        new VolumePool(io.InputShape(0), io.OutputShape(0), Kernel, Window).AverageGradient(io.OutputGradient(0), gradient, CountIncludePad);
    }
}
