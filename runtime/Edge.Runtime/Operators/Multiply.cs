using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = activation(a · b), the product of two tensors with NumPy broadcasting: a missing axis or one of size 1 repeats. float32, int8 or int16 with scale and zero point, or plain integers (int8, uint8, int16, int32, int64), which wrap around before the clamp.</summary>
/// <param name="Activation">A clamp of the result.</param>
/// <remarks>Gradients: dA = dY · B and dB = dY · A, summed over the axes along which the input was repeated. Source: ONNX Mul-14.</remarks>
public readonly record struct Multiply(Activation Activation) : IOperator<Multiply>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Multiply", 9, inputs: 2);

    /// <inheritdoc/>
    public static Multiply Read(ref AttributeReader attributes) => new(ShapeRules.ReadActivation(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Byte((byte)Activation);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes) => Arithmetic.Infer(shapes, Arithmetic.Kind.Multiply, Activation);

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Arithmetic.Forward(io, Arithmetic.Kind.Multiply, Activation);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) =>
        ((wanted & 1) != 0 ? Keep.Input1 : Keep.None) | ((wanted & 2) != 0 ? Keep.Input0 : Keep.None) | (Activation == Activation.None ? Keep.None : Keep.Output0);

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        ActivationKernels.MaskGradient(Activation, io.Output(0), io.OutputGradient(0), io.Team);
        Arithmetic.ProductBackward(io);
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => Arithmetic.Prepare(preparation, Arithmetic.Kind.Multiply, Activation);
}
