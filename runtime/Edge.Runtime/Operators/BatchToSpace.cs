using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Batch becomes positions within a block, the reverse of <see cref="SpaceToBatch"/>: [B1 · … · N, T1 …, rest…] → [N, T1 · B1 − cut …, rest…]. Any data type.
/// </summary>
/// <param name="Block">B1 …, for the first axes after the batch.</param>
/// <param name="Before">Elements cut from the front of each of these axes.</param>
/// <param name="After">Elements cut from the end of each of these axes.</param>
/// <remarks>Source: TFLite BATCH_TO_SPACE_ND.</remarks>
public readonly record struct BatchToSpace(IntList Block, IntList Before, IntList After) : IOperator<BatchToSpace>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("BatchToSpace", 74);

    /// <inheritdoc/>
    public static BatchToSpace Read(ref AttributeReader attributes) => new(
        IntList.Own(attributes.Int32s("block", Shape.MaxRank - 1, 1, Window.Most)),
        IntList.Own(attributes.Int32s("before", Shape.MaxRank - 1, 0, Window.Most)),
        IntList.Own(attributes.Int32s("after", Shape.MaxRank - 1, 0, Window.Most)));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32s(Block.Values);
        attributes.Int32s(Before.Values);
        attributes.Int32s(After.Values);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        long boxes = BatchMove.Require(shapes, Block, Before, After, input);
        shapes.Require(input.Shape[0] % boxes == 0, $"the input is {input} and a block has {boxes} elements; a batch that they divide is allowed.");
        Span<long> sizes = stackalloc long[Shape.MaxRank];
        sizes[0] = input.Shape[0] / boxes;
        for (int axis = 1; axis < input.Shape.Rank; axis++)
        {
            sizes[axis] = input.Shape[axis];
            if (axis <= Block.Count)
            {
                long whole = sizes[axis] * Block[axis - 1];
                sizes[axis] = whole - Before[axis - 1] - After[axis - 1];
                shapes.Require(
                    sizes[axis] >= 1, $"axis {axis} of {input} unfolds to {whole} elements, of which {Before[axis - 1]} and {After[axis - 1]} are cut; at least 1 must be left.");
            }
        }

        return new OperatorPlan(ShapeRules.Output(shapes, input.Type, sizes[..input.Shape.Rank], input.Quantization)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        int bytes = io.InputSpec(0).Type.Size(), rank = io.OutputShape(0).Rank;
        BatchMove move = new(Block.Values, Before.Values, io.OutputShape(0), io.InputShape(0));
        Span<int> sizes = stackalloc int[Shape.MaxRank], from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        for (int box = 0; box < move.Boxes; box++)
        {
            if (move.Box(box, sizes, to, from) is (int space, int batch))
            {
                StridedCopy.Copy(bytes, sizes[..rank], from, to, io.Input<byte>(0)[(batch * bytes)..], io.Output<byte>(0)[(space * bytes)..]);
            }
        }
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (!io.Wants(0))
        {
            return;
        }

        Span<float> gradient = io.InputGradient(0);
        if (!io.Accumulate(0))
        {
            gradient.Clear();                        // what was cut off has no gradient
        }

        int rank = io.OutputShape(0).Rank;
        BatchMove move = new(Block.Values, Before.Values, io.OutputShape(0), io.InputShape(0));
        Span<int> sizes = stackalloc int[Shape.MaxRank], from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        for (int box = 0; box < move.Boxes; box++)
        {
            if (move.Box(box, sizes, from, to) is (int space, int batch))
            {
                StridedCopy.Gradient(io.Accumulate(0), sizes[..rank], from, to, io.OutputGradient(0)[space..], gradient[batch..]);
            }
        }
    }
}
