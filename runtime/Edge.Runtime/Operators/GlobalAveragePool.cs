using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>The mean of each channel over the picture: [N, H, W, C] → [N, C], or [N, 1, 1, C]; float32, or int8 or int16 with the input's scale and zero point.</summary>
/// <param name="KeepDims">Whether height and width stay as axes of size 1.</param>
/// <remarks>Source: ONNX GlobalAveragePool-1; Keras GlobalAveragePooling2D. dX = dY / (H · W).</remarks>
public readonly record struct GlobalAveragePool(bool KeepDims = false) : IOperator<GlobalAveragePool>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("GlobalAveragePool", 6);

    /// <inheritdoc/>
    public static GlobalAveragePool Read(ref AttributeReader attributes) => new(attributes.Bool("keep dims"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Bool(KeepDims);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = shapes.Input(0);
        shapes.Require(input.Shape.Rank == 4, $"the input is {input}; [N, H, W, C] is allowed.");
        shapes.Require(input.Shape[1] >= 1 && input.Shape[2] >= 1, $"the input {input} has no pixels; at least one is needed.");
        ReadOnlySpan<long> sizes = KeepDims ? [input.Shape[0], 1, 1, input.Shape[3]] : [input.Shape[0], input.Shape[3]];
        return new OperatorPlan(ShapeRules.Pooled(shapes, sizes, mayBeUInt8: false)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) =>
        FloatPool.AverageForward(Geometry(io.InputShape(0)), io.Input(0), countIncludePad: false, Activation.None, io.Output(0), io.Team);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (io.Wants(0))
        {
            FloatPool.AverageGradient(
                Geometry(io.InputShape(0)), io.OutputGradient(0), countIncludePad: false, io.InputGradient(0), io.Accumulate(0), io.Team);
        }
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => preparation.Input(0).Type == DataType.Float32
        ? null
        : Int8PoolKernel.Average(preparation, Geometry(preparation.Input(0).Shape), Activation.None);

    /// <summary>One window as large as the picture.</summary>
    private static ConvGeometry Geometry(in Shape input) => new(input[0], input[1], input[2], input[3], 1, 1, input[3], input[1], input[2]);
}
