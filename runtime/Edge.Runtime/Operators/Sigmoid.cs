using System.Numerics;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = 1 / (1 + exp(−x)), element by element. Any shape; float32, int8 or int16. NaN stays NaN.</summary>
/// <remarks>dx = dy · y (1 − y): the input need not be kept. Source: ONNX Sigmoid-13.</remarks>
public readonly record struct Sigmoid : IOperator<Sigmoid>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Sigmoid", 14);

    /// <inheritdoc/>
    public static Sigmoid Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes) => ShapeRules.Elementwise(shapes, 1f / 256, -128, mayBeInt16: true);

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Elementwise.Map(io.Team, default(Kernel), io.Input(0), io.Output(0));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Output0;

    /// <inheritdoc/>
    public void Backward(in Gradients io) => Elementwise.Zip(io.Team, default(Slope), io.Output(0), io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) =>
        Int16Unary.Prepare(preparation, static (from, _) => new Int16Sigmoid(from, tanh: false)) ?? Int8TableKernel.Prepare(preparation, static (from, to, table) => Int8Table.FillLogistic(from.Scale, from.ZeroPoint, table));

    private readonly struct Kernel : IUnaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x) => VectorMath.Sigmoid(x);
    }

    private readonly struct Slope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> y, Vector<float> dy) => dy * y * (Vector<float>.One - y);
    }
}
