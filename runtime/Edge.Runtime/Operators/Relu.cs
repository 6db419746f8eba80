using System.Numerics;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = max(x, 0), element by element. Any shape; float32, int8 or int16. NaN stays NaN.</summary>
/// <remarks>The derivative at 0 is 0; it follows from the output, so the input need not be kept. Source: Nair, Hinton 2010; ONNX Relu-14.</remarks>
public readonly record struct Relu : IOperator<Relu>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Relu", 11);

    /// <inheritdoc/>
    public static Relu Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes) => ShapeRules.Elementwise(shapes, mayBeInt16: true);

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Elementwise.Map(io.Team, default(Kernel), io.Input(0), io.Output(0));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Output0;

    /// <inheritdoc/>
    public void Backward(in Gradients io) => Elementwise.Zip(io.Team, default(Slope), io.Output(0), io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) =>
        Int16Unary.Clamp(preparation, 0, float.PositiveInfinity) ?? Int8TableKernel.Prepare(preparation, static (from, to, table) => Int8Table.FillClamp(Activation.Relu, from.Scale, from.ZeroPoint, to.Scale, to.ZeroPoint, table));

    private readonly struct Kernel : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x) => Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), Vector<float>.Zero, x);
    }

    private readonly struct Slope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> y, Vector<float> dy) =>
            Vector.ConditionalSelect(Vector.GreaterThan(y, Vector<float>.Zero), dy, Vector<float>.Zero);
    }
}
