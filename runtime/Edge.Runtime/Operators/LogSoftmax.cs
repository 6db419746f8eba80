using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = x − ln Σ exp(x) over the last axis. At least one axis; float32 or int8. A row with a NaN or an infinite largest element becomes NaN.</summary>
/// <remarks>Computed from x − max, so nothing overflows. dx = dy − exp(y) Σ dy: the input need not be kept. int8 results have scale 1/16 and zero point 127. Sources: ONNX LogSoftmax-13; TensorFlow
/// Lite kernels/internal/reference/log_softmax.h.</remarks>
public readonly record struct LogSoftmax : IOperator<LogSoftmax>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("LogSoftmax", 45);

    /// <inheritdoc/>
    public static LogSoftmax Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.Require(shapes.Shape(0).Rank >= 1, "the input is a scalar; at least one axis is needed.");
        OperatorPlan plan = ShapeRules.Elementwise(shapes, 1f / 16, 127);
        if (plan.Outputs[0].Quantization is not null)
        {
            float scale = shapes.Input(0).Quantization!.Scale;
            shapes.Require(Int8Softmax.Accepts(1, scale), $"the input's scale is {scale}; a scale above 2^-26 is allowed, as in TFLite.");
        }

        return plan;
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        int columns = io.InputShape(0)[-1];
        LogSoftmaxKernel.Run(io.Team, io.Input(0).Length / columns, columns, io.Input(0), io.Output(0));
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Output0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        int columns = io.InputShape(0)[-1];
        ReadOnlySpan<float> y = io.Output(0);
        LogSoftmaxKernel.RunBackward(io.Team, y.Length / columns, columns, y, io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) =>
        preparation.Input(0).Quantization is { } input ? new Int8LogSoftmaxKernel(input.Scale) : null;
}
