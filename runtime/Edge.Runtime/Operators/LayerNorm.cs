using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = (x − mean) / √(variance + ε) · gamma + beta, mean and (biased) variance taken over the last axis. x [..., C], gamma [C], beta [C] → [..., C]; float32.</summary>
/// <param name="Epsilon">Added to the variance; at least 0.</param>
/// <remarks>Source: Ba, Kiros, Hinton 2016, arXiv:1607.06450; ONNX LayerNormalization-17 over the last axis.</remarks>
public readonly record struct LayerNorm(float Epsilon) : IOperator<LayerNorm>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = new("LayerNorm", 20, [InputRole.Data, InputRole.Weight, InputRole.Bias], MinInputs: 3);

    /// <inheritdoc/>
    public static LayerNorm Read(ref AttributeReader attributes) => new(attributes.Single("epsilon", 0));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Single(Epsilon);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        Shape x = shapes.Shape(0);
        int columns = ShapeRules.Channels(shapes, "gamma", "beta");
        int rows = x.ElementCount / columns;
        return new OperatorPlan(shapes.Input(0))
        {
            InPlaceInputs = 1,
            GradientInPlace = true,
            OverwritesGradients = true,
            SavedBytes = checked(2 * rows * sizeof(float)),
            BackwardScratchBytes = checked(LayerNormKernel.Parts(rows, columns) * 2 * columns * sizeof(float)),
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        int columns = io.InputShape(0)[-1];
        ReadOnlySpan<float> x = io.Input(0);
        LayerNormKernel.Run(
            io.Team, x.Length / columns, columns, Epsilon, x, io.Input(1), io.Input(2), io.Output(0), io.Saves ? io.Saved<float>() : default);
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => (wanted & 3) != 0 ? Keep.Input0 : Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        int columns = io.InputShape(0)[-1];
        ReadOnlySpan<float> dy = io.OutputGradient(0);
        if (!io.Wants(0) && !io.Wants(1))
        {
            // The input was not kept: the gradient of beta alone is a sum of dy.
            SumTo.Run(io.Team, new BroadcastShape([columns], io.OutputShape(0).Axes), dy, default, 1, io.InputGradient(2), io.Accumulate(2));
            return;
        }

        LayerNormKernel.RunBackward(
            io.Team,
            dy.Length / columns,
            columns,
            io.Input(0),
            io.Input(1),
            io.Saved<float>(),
            dy,
            io.Wants(0) ? io.InputGradient(0) : default,
            io.Accumulate(0),
            io.Wants(1) ? io.InputGradient(1) : default,
            io.Accumulate(1),
            io.Wants(2) ? io.InputGradient(2) : default,
            io.Accumulate(2),
            io.Scratch<float>());
    }
}
