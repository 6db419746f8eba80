using System.Numerics;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = x · clamp(x + 3, 0, 6) / 6, element by element. Any shape; float32, int8 or int16. NaN stays NaN.</summary>
/// <remarks>The derivative at ±3 is that of the outer piece. Source: Howard et al. 2019, arXiv:1905.02244; ONNX HardSwish-14.</remarks>
public readonly record struct HardSwish : IOperator<HardSwish>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("HardSwish", 17);

    /// <inheritdoc/>
    public static HardSwish Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        OperatorPlan plan = ShapeRules.Elementwise(shapes, mayBeInt16: true);
        if (plan.Outputs[0] is { Type: DataType.Int8, Quantization: { } output })
        {
            float input = shapes.Input(0).Quantization!.Scale;
            shapes.Require(
                input * (1f / 128) / output.Scale < 1,
                $"the scales of input and output are {input} and {output.Scale}; a ratio below 128 is allowed, as in TFLite.");
        }

        return plan;
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Elementwise.Map(io.Team, default(Kernel), io.Input(0), io.Output(0));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Input0;

    /// <inheritdoc/>
    public void Backward(in Gradients io) => Elementwise.Zip(io.Team, default(Slope), io.Input(0), io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) =>
        Int16Unary.Prepare(preparation, static (from, to) => new Int16HardSwish(from, to)) ?? Int8TableKernel.Prepare(preparation, static (from, to, table) => Int8Table.FillHardSwish(from.Scale, from.ZeroPoint, to.Scale, to.ZeroPoint, table));

    private readonly struct Kernel : IUnaryKernel
    {
        // x + 3 before scaling: x/6 + 1/2 would cancel near −3. The product with x comes last, so the largest x does not overflow.
        public Vector<float> Value(Vector<float> x)
        {
            Vector<float> six = new(6f);
            Vector<float> gate = x + new Vector<float>(3f);
            gate = Vector.ConditionalSelect(Vector.LessThan(gate, Vector<float>.Zero), Vector<float>.Zero, gate);
            gate = Vector.ConditionalSelect(Vector.GreaterThan(gate, six), six, gate);
            return x * (gate * new Vector<float>(1f / 6));
        }
    }

    private readonly struct Slope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> x, Vector<float> dy)
        {
            Vector<float> three = new(3f);
            Vector<float> slope = (x + x + three) * new Vector<float>(1f / 6);
            slope = Vector.ConditionalSelect(Vector.LessThanOrEqual(x, -three), Vector<float>.Zero, slope);
            slope = Vector.ConditionalSelect(Vector.GreaterThanOrEqual(x, three), Vector<float>.One, slope);
            return dy * slope;
        }
    }
}
