using System.Diagnostics.CodeAnalysis;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Mean over the rows of −Σ t log softmax(x), in nats. Inputs: logits x [..., C] float32; labels [...] int32 in 0 … C − 1, or target probabilities t
/// [..., C] float32. Outputs: the loss [1] and the probabilities [..., C].
/// </summary>
/// <remarks>dx = (Σ t · softmax(x) − t) / rows; targets get no gradient. A label out of range ends in <see cref="ArgumentOutOfRangeException"/> before anything
/// is written. Source: ONNX SoftmaxCrossEntropyLoss-13 with mean reduction.</remarks>
public readonly record struct SoftmaxCrossEntropy : IOperator<SoftmaxCrossEntropy>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("SoftmaxCrossEntropy", 64, inputs: 2, outputs: 2) with { IsLoss = true };

    /// <inheritdoc/>
    public static SoftmaxCrossEntropy Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.RequireType(0, DataType.Float32);
        Shape logits = shapes.Shape(0);
        shapes.Require(logits.Rank >= 1, "the logits are a scalar; [..., classes] is needed.");
        Shape labels = new(logits.Axes[..^1]);
        bool fits = shapes.Type(1) switch
        {
            DataType.Int32 => shapes.Shape(1) == labels,
            DataType.Float32 => shapes.Shape(1) == logits,
            _ => false,
        };
        shapes.Require(fits, $"the logits are {shapes.Input(0)} and the target {shapes.Input(1)}; int32 {labels} labels or float32 {logits} probabilities are allowed.");
        return new OperatorPlan(new TensorSpec(DataType.Float32, new Shape(1)), shapes.Input(0))
        {
            ScratchBytes = LossKernels.RowParts(labels.ElementCount, logits[-1]) * sizeof(double),
            OverwritesGradients = true,
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        int columns = io.InputShape(0)[-1];
        int rows = io.Input(0).Length / columns;
        bool isLabels = io.InputSpec(1).Type == DataType.Int32;
        ReadOnlySpan<int> labels = isLabels ? io.Input<int>(1) : default;
        foreach (int label in labels)
        {
            if ((uint)label >= (uint)columns)
            {
                RefuseLabel(label, columns);
            }
        }

        double sum = LossKernels.SoftmaxCrossEntropy(
            io.Team, rows, columns, io.Input(0), labels, isLabels ? default : io.Input(1), io.Output(1), io.Scratch<double>());
        io.Output(0)[0] = (float)(sum / rows);
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Input1 | Keep.Output1;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (!io.Wants(0))
        {
            return;
        }

        int columns = io.InputShape(0)[-1];
        ReadOnlySpan<float> probabilities = io.Output(1);
        int rows = probabilities.Length / columns;
        bool isLabels = io.InputSpec(1).Type == DataType.Int32;
        LossKernels.SoftmaxCrossEntropyBackward(
            io.Team,
            rows,
            columns,
            probabilities,
            isLabels ? io.Input<int>(1) : default,
            isLabels ? default : io.Input(1),
            io.OutputGradient(0)[0] / rows,
            io.InputGradient(0),
            io.Accumulate(0));
    }

    [DoesNotReturn]
    private static void RefuseLabel(int label, int classes) =>
        throw new ArgumentOutOfRangeException(nameof(label), label, $"SoftmaxCrossEntropy: a label is {label}; 0 … {classes - 1} is allowed for {classes} classes.");
}
