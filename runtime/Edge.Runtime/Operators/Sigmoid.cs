using System.Numerics;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = 1 / (1 + exp(−x)), element by element. Any shape; float32. NaN stays NaN.</summary>
/// <remarks>dx = dy · y (1 − y): the input need not be kept. Source: ONNX Sigmoid-13.</remarks>
public readonly record struct Sigmoid : IOperator<Sigmoid>, IDifferentiable
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
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.RequireType(0, DataType.Float32);
        return OperatorPlan.Elementwise(shapes.Input(0));
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Elementwise.Map(io.Team, default(Kernel), io.Input(0), io.Output(0));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Output0;

    /// <inheritdoc/>
    public void Backward(in Gradients io) => Elementwise.Zip(io.Team, default(Slope), io.Output(0), io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));

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
