using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>A function of each element by itself that has parameters: <paramref name="Function"/> with <paramref name="A"/> and <paramref name="B"/>. Any shape; float32, or int8 with scale and zero point. NaN stays NaN.</summary>
/// <param name="Function">The function.</param>
/// <param name="A">Its first parameter; finite.</param>
/// <param name="B">Its second parameter; finite. 0 where it has none.</param>
/// <remarks>
/// At a kink the derivative is that of the side of smaller x; at the bounds of HardSigmoid it is 0. int8 is a table of 256 results, computed in float32 and rounded to the scale the
/// model declares, as TFLite does for Elu. Sources: ONNX Elu-6, Selu-6, Celu-12, HardSigmoid-6, ThresholdedRelu-10, Shrink-9, Mish-18; Ramachandran et al. 2017,
/// arXiv:1710.05941 (Swish).
/// </remarks>
public readonly record struct ParametricUnary(ParametricFunction Function, float A, float B = 0) : IOperator<ParametricUnary>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("ParametricUnary", 33);

    /// <inheritdoc/>
    public static ParametricUnary Read(ref AttributeReader attributes) =>
        new((ParametricFunction)attributes.Byte("function", (byte)ParametricFunction.Affine), attributes.Single("a"), attributes.Single("b"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Byte((byte)Function);
        attributes.Single(A);
        attributes.Single(B);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.Require(Function <= ParametricFunction.Affine, $"the function is {(byte)Function}; 0 … {(byte)ParametricFunction.Affine} is allowed.");
        shapes.Require(float.IsFinite(A) && float.IsFinite(B), $"the parameters are {A} and {B}; finite numbers are allowed.");
        shapes.Require(Function != ParametricFunction.Celu || A != 0, "the parameter A of Celu is 0; any other number is allowed.");
        return ShapeRules.Elementwise(shapes);
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => ParametricKernels.Forward(this, io.Team, io.Input(0), io.Output(0));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Function == ParametricFunction.Affine ? Keep.None : Keep.Input0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        ReadOnlySpan<float> x = Function == ParametricFunction.Affine ? default : io.Input(0);
        ParametricKernels.Backward(this, io.Team, x, io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation)
    {
        ParametricUnary op = this;
        return Int8TableKernel.Prepare(preparation, (from, to, table) => Int8Functions.Fill(op, from, to, table));
    }
}
