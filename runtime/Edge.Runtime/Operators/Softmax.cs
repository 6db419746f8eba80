using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = exp(βx) / Σ exp(βx) over the last axis. At least one axis; float32, int8 or int16. A row with a NaN or an infinite largest element becomes NaN.</summary>
/// <remarks>Computed from x − max, so nothing overflows. dx = β y (dy − Σ dy y): the input need not be kept. Source: ONNX Softmax-13; TFLite SOFTMAX.</remarks>
public readonly record struct Softmax : IOperator<Softmax>, IDifferentiable, IPreparable
{
    // The bits are stored relative to those of 1, so that default(Softmax) has beta 1 and every beta survives.
    private readonly int _beta;

    /// <summary>Makes the operator.</summary>
    /// <param name="beta">The factor of x; finite.</param>
    public Softmax(float beta) => _beta = BitConverter.SingleToInt32Bits(beta) ^ BitConverter.SingleToInt32Bits(1);

    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Softmax", 18);

    /// <summary>The factor of x; 1 unless set.</summary>
    public float Beta => BitConverter.Int32BitsToSingle(_beta ^ BitConverter.SingleToInt32Bits(1));

    /// <inheritdoc/>
    public static Softmax Read(ref AttributeReader attributes) => new(attributes.Single("beta"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Single(Beta);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.Require(shapes.Shape(0).Rank >= 1, "the input is a scalar; at least one axis is needed.");
        OperatorPlan plan = ShapeRules.Elementwise(shapes, 1f / 256, -128, mayBeInt16: true);
        if (plan.Outputs[0].Quantization is not null)
        {
            float scale = shapes.Input(0).Quantization!.Scale;
            shapes.Require(Int8Softmax.Accepts(Beta, scale), $"beta is {Beta} and the input's scale {scale}; a finite product above 2^-26 is allowed, as in TFLite.");
        }

        return plan;
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        int columns = io.InputShape(0)[-1];
        SoftmaxKernel.Run(io.Team, io.Input(0).Length / columns, columns, Beta, io.Input(0), io.Output(0));
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Output0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        int columns = io.InputShape(0)[-1];
        ReadOnlySpan<float> y = io.Output(0);
        SoftmaxKernel.RunBackward(io.Team, y.Length / columns, columns, Beta, y, io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => preparation.Input(0).Type switch
    {
        DataType.Float32 => null,
        DataType.Int16 => new Int16SoftmaxKernel(preparation, Beta),
        _ => new Int8SoftmaxKernel(preparation, Beta),
    };
}
