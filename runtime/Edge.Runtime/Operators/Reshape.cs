using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>The same elements in the same order with other axes. Any data type; usually no copy at all.</summary>
/// <param name="Target">Sizes of the output's axes. −1 (at most once): whatever the element count leaves. 0: the size of the input's axis at that
/// position. So <c>[0, −1]</c> flattens everything but the batch.</param>
/// <remarks>Source: ONNX Reshape-14 with allowzero = 0.</remarks>
public readonly record struct Reshape(IntList Target) : IOperator<Reshape>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Reshape", 22);

    /// <inheritdoc/>
    public static Reshape Read(ref AttributeReader attributes) => new(IntList.Own(attributes.Int32s("target", lowest: -1)));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Int32s(Target.Values);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        shapes.Require(Target.Count <= Shape.MaxRank, $"the target {Target} has {Target.Count} axes; at most {Shape.MaxRank} are allowed.");
        Span<long> sizes = stackalloc long[Shape.MaxRank];
        long known = 1;
        int inferred = -1;
        for (int i = 0; i < Target.Count; i++)
        {
            if (Target[i] == -1)
            {
                shapes.Require(inferred < 0, $"the target {Target} leaves out more than one size; −1 is allowed once.");
                inferred = i;
                continue;
            }

            shapes.Require(Target[i] >= 0, $"the target {Target} holds {Target[i]}; sizes, 0 and one −1 are allowed.");
            shapes.Require(Target[i] > 0 || i < input.Shape.Rank, $"the target {Target} copies axis {i}, but the input {input} has {input.Shape.Rank} axes.");
            sizes[i] = Target[i] > 0 ? Target[i] : input.Shape[i];
            known *= sizes[i];
            shapes.Require(known <= int.MaxValue, $"the target {Target} has more than {int.MaxValue} elements.");
        }

        int count = input.Shape.ElementCount;
        if (inferred >= 0)
        {
            shapes.Require(known > 0 && count % known == 0, $"the target {Target} does not divide the {count} elements of {input}.");
            sizes[inferred] = count / known;
            known = count;
        }

        shapes.Require(known == count, $"the target {Target} has {known} elements, but the input {input} has {count}.");
        return new OperatorPlan(ShapeRules.Output(shapes, input.Type, sizes[..Target.Count], input.Quantization))
        {
            InPlaceInputs = 1,
            GradientInPlace = true,
            OverwritesGradients = true,
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => CopyUnlessSame(io.Input<byte>(0), io.Output<byte>(0));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (!io.Wants(0))
        {
            return;
        }

        Span<float> target = io.InputGradient(0);
        if (io.Accumulate(0))
        {
            TensorPrimitives.Add(target, io.OutputGradient(0), target);
        }
        else
        {
            CopyUnlessSame<float>(io.OutputGradient(0), target);
        }
    }

    private static void CopyUnlessSame<T>(ReadOnlySpan<T> source, Span<T> target) where T : unmanaged
    {
        if (!Unsafe.AreSame(in source.GetPinnableReference(), in target.GetPinnableReference()))
        {
            source.CopyTo(target);
        }
    }
}
