using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = x / max(√Σ x², <paramref name="Epsilon"/>) over the last axis. At least one axis; float32 or int8.</summary>
/// <param name="Epsilon">Smallest length that is divided by; positive, TFLite's is 1e-6.</param>
/// <remarks>dx = (dy − y Σ dy y) / length where the length is above Epsilon, dy / Epsilon elsewhere. int8 results have scale 1/128 and zero point 0, and Epsilon does not matter.
/// Sources: TensorFlow Lite kernels/internal/reference/l2normalization.h and integer_ops/l2normalization.h; ONNX LpNormalization-22.</remarks>
public readonly record struct L2Normalization(float Epsilon) : IOperator<L2Normalization>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("L2Normalization", 46);

    /// <inheritdoc/>
    public static L2Normalization Read(ref AttributeReader attributes) => new(attributes.Single("epsilon", float.Epsilon));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Single(Epsilon);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.Require(shapes.Shape(0).Rank >= 1, "the input is a scalar; at least one axis is needed.");
        shapes.Require(Epsilon > 0 && float.IsFinite(Epsilon), $"epsilon is {Epsilon}; a positive number is allowed.");
        return ShapeRules.Elementwise(shapes, 1f / 128, 0);
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => L2NormalizationKernel.Run(io.Team, io.InputShape(0)[-1], Epsilon, io.Input(0), io.Output(0));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Input0;

    /// <inheritdoc/>
    public void Backward(in Gradients io) =>
        L2NormalizationKernel.RunBackward(io.Team, io.InputShape(0)[-1], Epsilon, io.Input(0), io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) =>
        preparation.Input(0).Quantization is { } input ? new Int8L2NormalizationKernel(input.ZeroPoint) : null;
}
