using System.Numerics;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = x where x &gt; 0, elsewhere <paramref name="Alpha"/> · x, element by element. Any shape; float32, int8 or int16. NaN stays NaN.</summary>
/// <param name="Alpha">Slope of the negative side; finite.</param>
/// <remarks>The derivative at 0 is <paramref name="Alpha"/>. The output has the input's sign unless Alpha is negative, so only then the input is kept.
/// Source: Maas, Hannun, Ng 2013; ONNX LeakyRelu-16.</remarks>
public readonly record struct LeakyRelu(float Alpha) : IOperator<LeakyRelu>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("LeakyRelu", 13);

    /// <inheritdoc/>
    public static LeakyRelu Read(ref AttributeReader attributes) => new(attributes.Single("alpha"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Single(Alpha);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        OperatorPlan plan = ShapeRules.Elementwise(shapes, mayBeInt16: true);
        if (plan.Outputs[0].Quantization is { } output)
        {
            float input = shapes.Input(0).Quantization!.Scale;
            shapes.Require(
                float.IsFinite(input * Alpha / output.Scale),
                $"the scales of input and output are {input} and {output.Scale}, alpha is {Alpha}; alpha times their ratio must be finite in float32.");
        }

        return plan;
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Elementwise.Map(io.Team, new Kernel(Alpha), io.Input(0), io.Output(0));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Alpha >= 0 ? Keep.Output0 : Keep.Input0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        ReadOnlySpan<float> signs = Alpha >= 0 ? io.Output(0) : io.Input(0);
        Elementwise.Zip(io.Team, new Slope(Alpha), signs, io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation)
    {
        float alpha = Alpha;
        return Int16Unary.Prepare(preparation, (from, to) => new Int16LeakyRelu(alpha, from, to)) ?? Int8TableKernel.Prepare(
            preparation, (from, to, table) => Int8Table.FillLeakyRelu(alpha, from.Scale, from.ZeroPoint, to.Scale, to.ZeroPoint, table));
    }

    private readonly struct Kernel(float alpha) : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x) => Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), x, x * new Vector<float>(alpha));
    }

    private readonly struct Slope(float alpha) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> y, Vector<float> dy) => Vector.ConditionalSelect(Vector.GreaterThan(y, Vector<float>.Zero), dy, dy * new Vector<float>(alpha));
    }
}
