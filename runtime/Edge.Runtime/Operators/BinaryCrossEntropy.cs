using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Mean of max(x, 0) − x t + log(1 + exp(−|x|)) over all elements: the cross-entropy of sigmoid(x) against t, in nats. Inputs: logits x of any shape, targets t of the
/// same shape in 0 … 1. Outputs: the loss [1] and sigmoid(x). float32.</summary>
/// <remarks>The form in logits never takes the logarithm of 0. dx = (sigmoid(x) − t) / n; targets get no gradient. Source: TensorFlow,
/// sigmoid_cross_entropy_with_logits.</remarks>
public readonly record struct BinaryCrossEntropy : IOperator<BinaryCrossEntropy>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("BinaryCrossEntropy", 65, inputs: 2, outputs: 2) with { IsLoss = true };

    /// <inheritdoc/>
    public static BinaryCrossEntropy Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.RequireType(0, DataType.Float32);
        shapes.RequireType(1, DataType.Float32);
        shapes.Require(shapes.Shape(0) == shapes.Shape(1), $"the prediction is {shapes.Shape(0)} and the target {shapes.Shape(1)}; equal shapes are needed.");
        return new OperatorPlan(new TensorSpec(DataType.Float32, new Shape(1)), shapes.Input(0))
        {
            ScratchBytes = LossKernels.Parts(shapes.Shape(0).ElementCount) * sizeof(double),
            OverwritesGradients = true,
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        double sum = LossKernels.BinaryCrossEntropy(io.Team, io.Input(0), io.Input(1), io.Output(1), io.Scratch<double>());
        io.Output(0)[0] = (float)(sum / io.Input(0).Length);
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Input1 | Keep.Output1;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (io.Wants(0))
        {
            ReadOnlySpan<float> prediction = io.Output(1);
            float scale = io.OutputGradient(0)[0] / prediction.Length;
            LossKernels.DifferenceBackward(io.Team, prediction, io.Input(1), scale, io.InputGradient(0), io.Accumulate(0));
        }
    }
}
