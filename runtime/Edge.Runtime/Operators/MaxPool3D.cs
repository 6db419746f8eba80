using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>The largest value of each window of a volume, channel by channel: [N, D, H, W, C] → [N, D', H', W', C]; float32. Padding never takes part.</summary>
/// <param name="Kernel">Depth, height and width of the window.</param>
/// <param name="Window">Strides, dilations and padding; the padding is smaller than the window's extent.</param>
/// <remarks>The gradient goes to the first largest value of the window in row-major order. Source: ONNX MaxPool-12 (in NDHWC).</remarks>
public readonly record struct MaxPool3D(IntList Kernel, Window3D Window) : IOperator<MaxPool3D>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("MaxPool3D", 62);

    /// <inheritdoc/>
    public static MaxPool3D Read(ref AttributeReader attributes) => new(Window3D.Three(ref attributes, "kernel", 1), Window3D.Read(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        Window3D.Write(attributes, Kernel);
        Window.Write(attributes);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes) => VolumePool.Plan(shapes, Kernel, Window);

    /// <inheritdoc/>
    public void Forward(in Buffers io) => new VolumePool(io.InputShape(0), io.OutputShape(0), Kernel, Window).Max(io.Input(0), io.Output(0));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => wanted == 0 ? Keep.None : Keep.Input0 | Keep.Output0;

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

        new VolumePool(io.InputShape(0), io.OutputShape(0), Kernel, Window).MaxGradient(io.Input(0), io.Output(0), io.OutputGradient(0), gradient);
    }
}
