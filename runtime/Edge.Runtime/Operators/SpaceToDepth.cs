using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Blocks of pixels become channels: [N, H, W, C] → [N, H / B, W / B, B · B · C], where pixel (i, j) of a block gives channels (i · B + j) · C … Any data type.
/// </summary>
/// <param name="BlockSize">B, at least 1; divides height and width.</param>
/// <remarks>Sources: ONNX SpaceToDepth-13 (in NHWC); TFLite SPACE_TO_DEPTH.</remarks>
public readonly record struct SpaceToDepth(int BlockSize) : IOperator<SpaceToDepth>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("SpaceToDepth", 71);

    /// <inheritdoc/>
    public static SpaceToDepth Read(ref AttributeReader attributes) => new(attributes.Int32("block size", 1, Window.Most));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Int32(BlockSize);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        shapes.Require(BlockSize is >= 1 and <= Window.Most, $"the block size is {BlockSize}; 1 … {Window.Most} is allowed.");
        shapes.Require(
            input.Shape.Rank == 4 && input.Shape[1] % BlockSize == 0 && input.Shape[2] % BlockSize == 0,
            $"the input is {input}; [N, H, W, C] with H and W divisible by {BlockSize} is allowed.");
        return new OperatorPlan(ShapeRules.Output(
            shapes,
            input.Type,
            [input.Shape[0], input.Shape[1] / BlockSize, input.Shape[2] / BlockSize, (long)BlockSize * BlockSize * input.Shape[3]],
            input.Quantization))
        {
            OverwritesGradients = true,
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        BlockMove move = BlockMove.Of(io.OutputShape(0), BlockSize, columnRowDepth: false);
        StridedCopy.Copy(io.InputSpec(0).Type.Size(), move.Sizes, move.Space, move.Depth, io.Input<byte>(0), io.Output<byte>(0));
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (io.Wants(0))
        {
            BlockMove move = BlockMove.Of(io.OutputShape(0), BlockSize, columnRowDepth: false);
            StridedCopy.Gradient(io.Accumulate(0), move.Sizes, move.Depth, move.Space, io.OutputGradient(0), io.InputGradient(0));
        }
    }
}
