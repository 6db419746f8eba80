using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = activation(a − b), the difference of two tensors with NumPy broadcasting: a missing axis or one of size 1 repeats. float32, int8 or int16 with scale and zero point, or plain integers (int8, uint8, int16, int32, int64), which wrap around before the clamp.</summary>
/// <param name="Activation">A clamp of the result.</param>
/// <remarks>Gradients: dA = dY and dB = −dY, summed over the axes along which the input was repeated. Source: ONNX Sub-14.</remarks>
public readonly record struct Subtract(Activation Activation) : IOperator<Subtract>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Subtract", 8, inputs: 2);

    /// <inheritdoc/>
    public static Subtract Read(ref AttributeReader attributes) => new(ShapeRules.ReadActivation(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Byte((byte)Activation);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes) => Arithmetic.Infer(shapes, Arithmetic.Kind.Subtract, Activation);

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Arithmetic.Forward(io, Arithmetic.Kind.Subtract, Activation);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Activation == Activation.None ? Keep.None : Keep.Output0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        ActivationKernels.MaskGradient(Activation, io.Output(0), io.OutputGradient(0), io.Team);
        Arithmetic.SumBackward(io, -1);
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => Arithmetic.Prepare(preparation, Arithmetic.Kind.Subtract, Activation);
}
