using System.Numerics;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = x · Φ(x) with the distribution function Φ of the normal distribution, element by element. Any shape; float32 or int8. NaN stays NaN.</summary>
/// <param name="Approximate">Whether Φ(x) is taken as (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.</param>
/// <remarks>Source: Hendrycks, Gimpel 2016, arXiv:1606.08415; ONNX Gelu-20. The form with tanh is computed as x · sigmoid(2u), which does not cancel.
/// int8 is a table of 256 results, as TFLite's.</remarks>
public readonly record struct Gelu(bool Approximate) : IOperator<Gelu>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Gelu", 16);

    /// <inheritdoc/>
    public static Gelu Read(ref AttributeReader attributes) => new(attributes.Bool("approximate"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Bool(Approximate);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes) => ShapeRules.Elementwise(shapes);

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        if (Approximate)
        {
            Elementwise.Map(io.Team, default(TanhKernel), io.Input(0), io.Output(0));
        }
        else
        {
            Elementwise.Map(io.Team, default(Kernel), io.Input(0), io.Output(0));
        }
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Input0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (Approximate)
        {
            Elementwise.Zip(io.Team, default(TanhSlope), io.Input(0), io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));
        }
        else
        {
            Elementwise.Zip(io.Team, default(Slope), io.Input(0), io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));
        }
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation)
    {
        bool approximate = Approximate;
        return Int8TableKernel.Prepare(preparation, (from, to, table) => Int8Functions.FillGelu(approximate, from, to, table));
    }

    private readonly struct Kernel : IUnaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x) => x * VectorMath.NormalDistribution(x, VectorMath.Bell(x));
    }

    // d/dx x Φ(x) = Φ(x) + x φ(x), φ = exp(−x²/2) / √(2π).
    private readonly struct Slope : IBinaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x, Vector<float> dy)
        {
            Vector<float> bell = VectorMath.Bell(x);
            return dy * (VectorMath.NormalDistribution(x, bell) + (x * bell * new Vector<float>(0.3989422804f)));
        }
    }

    // 2u = 2 √(2/π) (x + 0.044715 x³).
    private readonly struct TanhKernel : IUnaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x) =>
            x * VectorMath.Sigmoid(x * ((x * x * new Vector<float>(0.0713548163f)) + new Vector<float>(1.5957691216f)));
    }

    private readonly struct TanhSlope : IBinaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x, Vector<float> dy)
        {
            Vector<float> square = x * x;
            Vector<float> s = VectorMath.Sigmoid(x * ((square * new Vector<float>(0.0713548163f)) + new Vector<float>(1.5957691216f)));
            Vector<float> inner = (square * new Vector<float>(3 * 0.0713548163f)) + new Vector<float>(1.5957691216f);
            return dy * (s + (x * s * (Vector<float>.One - s) * inner));
        }
    }
}
