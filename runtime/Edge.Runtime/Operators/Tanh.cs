using System.Numerics;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = tanh(x), element by element. Any shape; float32, int8 or int16. NaN stays NaN.</summary>
/// <remarks>dx = dy · (1 − y²), as (1 − y)(1 + y), which does not cancel near ±1: the input need not be kept. Source: ONNX Tanh-13.</remarks>
public readonly record struct Tanh : IOperator<Tanh>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Tanh", 15);

    /// <inheritdoc/>
    public static Tanh Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes) => ShapeRules.Elementwise(shapes, 1f / 128, 0, mayBeInt16: true);

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Elementwise.Map(io.Team, default(Kernel), io.Input(0), io.Output(0));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Output0;

    /// <inheritdoc/>
    public void Backward(in Gradients io) => Elementwise.Zip(io.Team, default(Slope), io.Output(0), io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) =>
        Int16Unary.Prepare(preparation, static (from, _) => new Int16Sigmoid(from, tanh: true)) ?? Int8TableKernel.Prepare(preparation, static (from, to, table) => Int8Table.FillTanh(from.Scale, from.ZeroPoint, table));

    private readonly struct Kernel : IUnaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x) => VectorMath.Tanh(x);
    }

    private readonly struct Slope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> y, Vector<float> dy) => dy * ((Vector<float>.One - y) * (Vector<float>.One + y));
    }
}
