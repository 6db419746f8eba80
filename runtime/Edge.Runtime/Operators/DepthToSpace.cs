using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Channels become blocks of pixels: [N, H, W, B · B · C] → [N, H · B, W · B, C]. Any data type.</summary>
/// <param name="BlockSize">B, at least 1; its square divides the channels.</param>
/// <param name="ColumnRowDepth">
/// False: channel (i · B + j) · C + c becomes pixel (i, j) of its block, as in TFLite and ONNX's mode DCR. True: channel c · B · B + i · B + j does, ONNX's mode CRD (pixel shuffle).
/// </param>
/// <remarks>Sources: ONNX DepthToSpace-13 (in NHWC); TFLite DEPTH_TO_SPACE.</remarks>
public readonly record struct DepthToSpace(int BlockSize, bool ColumnRowDepth = false) : IOperator<DepthToSpace>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("DepthToSpace", 72);

    /// <inheritdoc/>
    public static DepthToSpace Read(ref AttributeReader attributes) => new(attributes.Int32("block size", 1, Window.Most), attributes.Bool("column row depth"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(BlockSize);
        attributes.Bool(ColumnRowDepth);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        shapes.Require(BlockSize is >= 1 and <= Window.Most, $"the block size is {BlockSize}; 1 … {Window.Most} is allowed.");
        long square = (long)BlockSize * BlockSize;
        shapes.Require(
            input.Shape.Rank == 4 && input.Shape[3] % square == 0, $"the input is {input}; [N, H, W, channels] with channels divisible by {square} is allowed.");
        return new OperatorPlan(ShapeRules.Output(
            shapes,
            input.Type,
            [input.Shape[0], (long)input.Shape[1] * BlockSize, (long)input.Shape[2] * BlockSize, input.Shape[3] / square],
            input.Quantization))
        {
            OverwritesGradients = true,
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        BlockMove move = BlockMove.Of(io.InputShape(0), BlockSize, ColumnRowDepth);
        StridedCopy.Copy(io.InputSpec(0).Type.Size(), move.Sizes, move.Depth, move.Space, io.Input<byte>(0), io.Output<byte>(0));
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (io.Wants(0))
        {
            BlockMove move = BlockMove.Of(io.InputShape(0), BlockSize, ColumnRowDepth);
            StridedCopy.Gradient(io.Accumulate(0), move.Sizes, move.Space, move.Depth, io.OutputGradient(0), io.InputGradient(0));
        }
    }
}
