using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Mean over some axes. Any shape; float32; plain integers (int8, uint8, int16, int32, int64), which are truncated toward zero; or int8 or int16 with scale and zero point as TFLite defines it.</summary>
/// <param name="Axes">The axes, each once; negative ones count from the end. Empty: all axes.</param>
/// <param name="KeepDims">Whether the axes stay, with size 1.</param>
/// <remarks>Every element's gradient is that of its mean, divided by the number of elements. Source: ONNX ReduceMean-18.</remarks>
public readonly record struct ReduceMean(IntList Axes, bool KeepDims) : IOperator<ReduceMean>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("ReduceMean", 26);

    /// <inheritdoc/>
    public static ReduceMean Read(ref AttributeReader attributes)
    {
        IntList axes = IntList.Own(attributes.Int32s("axes", Shape.MaxRank, -Shape.MaxRank, Shape.MaxRank - 1));
        return new ReduceMean(axes, attributes.Bool("keepDims"));
    }

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32s(Axes.Values);
        attributes.Bool(KeepDims);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes) => Reductions.Infer(shapes, Axes, KeepDims);

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Reductions.Forward(io, Axes, mean: true);

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => Reductions.Prepare(preparation, Axes, mean: true);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io) => Reductions.Backward(io, Axes, mean: true);
}
