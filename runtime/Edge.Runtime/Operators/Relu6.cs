using System.Numerics;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = min(max(x, 0), 6), element by element. Any shape; float32, int8 or int16. NaN stays NaN.</summary>
/// <remarks>The derivative at 0 and 6 is 0; it follows from the output, so the input need not be kept. Source: Howard et al. 2017, arXiv:1704.04861.</remarks>
public readonly record struct Relu6 : IOperator<Relu6>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Relu6", 12);

    /// <inheritdoc/>
    public static Relu6 Read(ref AttributeReader attributes) => default;

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
        Int16Unary.Clamp(preparation, 0, 6) ?? Int8TableKernel.Prepare(preparation, static (from, to, table) => Int8Table.FillClamp(Activation.Relu6, from.Scale, from.ZeroPoint, to.Scale, to.ZeroPoint, table));

    private readonly struct Kernel : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x)
        {
            Vector<float> six = new(6f);
            x = Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), Vector<float>.Zero, x);
            return Vector.ConditionalSelect(Vector.GreaterThan(x, six), six, x);
        }
    }

    private readonly struct Slope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> y, Vector<float> dy) => Vector.ConditionalSelect(
            Vector.GreaterThan(y, Vector<float>.Zero) & Vector.LessThan(y, new Vector<float>(6f)),
            dy,
            Vector<float>.Zero);
    }
}
