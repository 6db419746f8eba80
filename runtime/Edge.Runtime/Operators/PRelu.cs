using System.Numerics;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = x where x ≥ 0, elsewhere alpha · x with a trainable slope. Inputs: x, alpha, which is repeated to the shape of x as NumPy broadcasts; float32, or int8 with scale and zero point.</summary>
/// <remarks>Channels are the last axis, so alpha is [C] for one slope a channel. dx = dy where x &gt; 0, elsewhere alpha · dy; dalpha = Σ x dy over x ≤ 0. NaN stays NaN. Sources: He et al. 2015,
/// arXiv:1502.01852; ONNX PRelu-16; TensorFlow Lite kernels/internal/reference/prelu.h.</remarks>
public readonly record struct PRelu : IOperator<PRelu>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = new("PRelu", 40, [InputRole.Data, InputRole.Weight], MinInputs: 2);

    /// <inheritdoc/>
    public static PRelu Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec x = shapes.Input(0), alpha = shapes.Input(1);
        ShapeRules.SameTypes(shapes);
        shapes.Require(
            ShapeRules.Broadcast(shapes, x.Shape, alpha.Shape).Shape == x.Shape, $"alpha is {alpha}, the input {x}; a shape that repeats to the input's is allowed.");
        if (x.Type == DataType.Float32)
        {
            return new OperatorPlan(x) { InPlaceInputs = 1, BackwardScratchBytes = x.Bytes, OverwritesGradients = true };
        }

        ShapeRules.RequireInt8(shapes, 0);
        ShapeRules.RequireInt8(shapes, 1);
        return new OperatorPlan(x with { Quantization = ShapeRules.DeclaredInt8(shapes) }) { InPlaceInputs = 1 };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) =>
        Broadcast.Zip(io.Team, default(Kernel), new BroadcastShape(io.InputShape(0).Axes, io.InputShape(1).Axes), io.Input(0), io.Input(1), io.Output(0));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Input0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        ReadOnlySpan<float> x = io.Input(0), dy = io.OutputGradient(0);
        Span<float> scratch = io.Scratch<float>();
        if (io.Wants(0))
        {
            BroadcastShape shape = new(io.InputShape(0).Axes, io.InputShape(1).Axes);
            Broadcast.Zip(io.Team, default(Slope), shape, x, io.Input(1), scratch);
            Elementwise.Zip(io.Team, default(Product), scratch, dy, io.InputGradient(0), io.Accumulate(0));
        }

        if (io.Wants(1))
        {
            Elementwise.Zip(io.Team, default(NegativePart), x, dy, scratch);
            Arithmetic.AddGradient(io.Team, io.InputShape(1), io.OutputShape(0), scratch, 1, io.InputGradient(1), io.Accumulate(1));
        }
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation)
    {
        if (preparation.Input(0).Quantization is not { } x)
        {
            return null;
        }

        return new Int8BinaryKernel<Int8PRelu>(new(x, preparation.Input(1).Quantization!, preparation.Output(0).Quantization!));
    }

    private readonly struct Kernel : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => Vector.ConditionalSelect(Vector.LessThan(left, Vector<float>.Zero), left * right, left);
    }

    private readonly struct Slope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => Vector.ConditionalSelect(Vector.GreaterThan(left, Vector<float>.Zero), Vector<float>.One, right);
    }

    private readonly struct NegativePart : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => Vector.ConditionalSelect(Vector.GreaterThan(left, Vector<float>.Zero), Vector<float>.Zero, left * right);
    }
}
