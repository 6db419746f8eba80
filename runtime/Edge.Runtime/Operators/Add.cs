using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = activation(a + b), the sum of two tensors with NumPy broadcasting: a missing axis or one of size 1 repeats. float32, int8 or int16 with scale and zero point, or plain integers (int8, uint8, int16, int32, int64), which wrap around before the clamp.</summary>
/// <param name="Activation">A clamp of the result.</param>
/// <remarks>Gradients: dA = dY and dB = dY, summed over the axes along which the input was repeated. Source: ONNX Add-14.</remarks>
public readonly record struct Add(Activation Activation) : IOperator<Add>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Add", 7, inputs: 2);

    /// <inheritdoc/>
    public static Add Read(ref AttributeReader attributes) => new(ShapeRules.ReadActivation(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Byte((byte)Activation);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes) => Arithmetic.Infer(shapes, Arithmetic.Kind.Add, Activation);

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Arithmetic.Forward(io, Arithmetic.Kind.Add, Activation);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Activation == Activation.None ? Keep.None : Keep.Output0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        ActivationKernels.MaskGradient(Activation, io.Output(0), io.OutputGradient(0), io.Team);
        Arithmetic.SumBackward(io, 1);
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => Arithmetic.Prepare(preparation, Arithmetic.Kind.Add, Activation);
}
