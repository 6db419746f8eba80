using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Mean of (x − t)² over all elements. Inputs: prediction x of any shape, targets t of the same shape. Outputs: the loss [1] and the prediction. float32.</summary>
/// <remarks>dx = 2 (x − t) / n; targets get no gradient. The sum is taken in double.</remarks>
public readonly record struct MeanSquaredError : IOperator<MeanSquaredError>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("MeanSquaredError", 66, inputs: 2, outputs: 2) with { IsLoss = true };

    /// <inheritdoc/>
    public static MeanSquaredError Read(ref AttributeReader attributes) => default;

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
        double sum = LossKernels.SquaredError(io.Team, io.Input(0), io.Input(1), io.Output(1), io.Scratch<double>());
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
            float scale = 2 * io.OutputGradient(0)[0] / prediction.Length;
            LossKernels.DifferenceBackward(io.Team, prediction, io.Input(1), scale, io.InputGradient(0), io.Accumulate(0));
        }
    }
}
