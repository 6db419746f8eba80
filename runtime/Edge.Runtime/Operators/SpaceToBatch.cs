using System.Buffers.Binary;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Positions within a block become batch: [N, S1 …, rest…], padded with zeros on S1 …, → [B1 · … · N, (S1 + padding) / B1 …, rest…]. Any data type; where the tensor
/// is quantized the padding is its zero point.
/// </summary>
/// <param name="Block">B1 …, for the first axes after the batch.</param>
/// <param name="Before">Zeros before each of these axes.</param>
/// <param name="After">Zeros after each of these axes.</param>
/// <remarks>Source: TFLite SPACE_TO_BATCH_ND: how TensorFlow writes a dilated convolution.</remarks>
public readonly record struct SpaceToBatch(IntList Block, IntList Before, IntList After) : IOperator<SpaceToBatch>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("SpaceToBatch", 73);

    /// <inheritdoc/>
    public static SpaceToBatch Read(ref AttributeReader attributes) => new(
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
        Span<long> sizes = stackalloc long[Shape.MaxRank];
        sizes[0] = boxes * input.Shape[0];
        for (int axis = 1; axis < input.Shape.Rank; axis++)
        {
            sizes[axis] = input.Shape[axis];
            if (axis <= Block.Count)
            {
                long padded = sizes[axis] + Before[axis - 1] + After[axis - 1];
                shapes.Require(padded % Block[axis - 1] == 0, $"axis {axis} of {input} has {padded} elements with its padding; a multiple of the block, {Block[axis - 1]}, is allowed.");
                sizes[axis] = padded / Block[axis - 1];
            }
        }

        return new OperatorPlan(ShapeRules.Output(shapes, input.Type, sizes[..input.Shape.Rank], input.Quantization)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        TensorSpec output = io.OutputSpec(0);
        int bytes = output.Type.Size();
        Span<byte> y = io.Output<byte>(0), zero = stackalloc byte[sizeof(long)];
        if (output.Quantization is { } quantization)
        {
            BinaryPrimitives.WriteInt64LittleEndian(zero, quantization.ZeroPoint);
        }
        else
        {
            zero.Clear();
        }

        StridedCopy.Copy(bytes, [output.Shape.ElementCount], [0], [1], zero, y);
        BatchMove move = new(Block.Values, Before.Values, io.InputShape(0), output.Shape);
        Span<int> sizes = stackalloc int[Shape.MaxRank], from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        for (int box = 0; box < move.Boxes; box++)
        {
            if (move.Box(box, sizes, from, to) is (int space, int batch))
            {
                StridedCopy.Copy(bytes, sizes[..output.Shape.Rank], from, to, io.Input<byte>(0)[(space * bytes)..], y[(batch * bytes)..]);
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

        BatchMove move = new(Block.Values, Before.Values, io.InputShape(0), io.OutputShape(0));
        Span<int> sizes = stackalloc int[Shape.MaxRank], from = stackalloc int[Shape.MaxRank], to = stackalloc int[Shape.MaxRank];
        for (int box = 0; box < move.Boxes; box++)
        {
            if (move.Box(box, sizes, to, from) is (int space, int batch))
            {
                StridedCopy.Gradient(io.Accumulate(0), sizes[..io.InputShape(0).Rank], from, to, io.OutputGradient(0)[batch..], io.InputGradient(0)[space..]);
            }
        }
    }
}
