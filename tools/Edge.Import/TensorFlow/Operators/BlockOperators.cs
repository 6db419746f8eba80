using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>Blocks of pixels moved into the batch and back: the way in which Keras writes dilated convolutions.</summary>
/// <remarks>Source: tensorflow/core/ops/array_ops.cc, SpaceToBatchND and BatchToSpaceND; tensorflow/python/ops/nn_ops.py, with_space_to_batch.</remarks>
internal static class BlockOperators
{
    private const int Most = ushort.MaxValue;

    /// <summary>The table.</summary>
    public static IEnumerable<TensorFlowOperator> Table =>
    [
        TensorFlowOperator.Same("SpaceToBatchND", "SpaceToBatch", static node => ToBatch(node, node.Integers(1, "the block"), 2)),
        TensorFlowOperator.Same("BatchToSpaceND", "BatchToSpace; Conv2D or DepthwiseConv2D with dilation", static node =>
            Dilated(node) ?? FromBatch(node, node.Integers(1, "the block"), 2)),
        TensorFlowOperator.Same("SpaceToBatch", "SpaceToBatch", static node => ToBatch(node, Square(node), 1)),
        TensorFlowOperator.Same("BatchToSpace", "BatchToSpace", static node => FromBatch(node, Square(node), 1)),
    ];

    private static int[] Square(TensorFlowNode node) => [node.Int32("block_size", 0), node.Int32("block_size", 0)];

    private static Tensor ToBatch(TensorFlowNode node, int[] block, int padding)
    {
        Tensor x = node.Input(0);
        int[] pads = node.Integers(padding, "the padding");
        Check(node, x, block, pads);
        return node.Builder.Add(node.Name, new SpaceToBatch(IntList.Create(block), Every(pads, 0), Every(pads, 1)), x);
    }

    private static Tensor FromBatch(TensorFlowNode node, int[] block, int crop)
    {
        Tensor x = node.Input(0);
        int[] crops = node.Integers(crop, "the crop");
        Check(node, x, block, crops);
        return node.Builder.Add(node.Name, new BatchToSpace(IntList.Create(block), Every(crops, 0), Every(crops, 1)), x);
    }

    /// <summary>The first or the second of each two.</summary>
    private static IntList Every(int[] pairs, int which) => IntList.Create([.. pairs.Where((_, index) => index % 2 == which)]);

    private static void Check(TensorFlowNode node, Tensor x, int[] block, int[] pads)
    {
        node.Require(
            block.Length >= 1 && x.Shape.Rank > block.Length && x.Shape.Rank + block.Length <= Shape.MaxRank && block.All(static size => size is >= 1 and <= Most),
            $"the block is [{string.Join(", ", block)}] for {x}; sizes of 1 … {Most} for axes behind the batch, and {Shape.MaxRank} axes together, are allowed.");
        node.Require(
            pads.Length == 2 * block.Length && pads.All(static size => size is >= 0 and <= Most), $"padding or crop is [{string.Join(", ", pads)}]; {2 * block.Length} numbers of 0 … {Most} are allowed.");
    }

    /// <summary>SpaceToBatchND, a convolution without padding, BatchToSpaceND with the same block: one dilated convolution. Null where it is something else.</summary>
    private static Tensor? Dilated(TensorFlowNode node)
    {
        FlatNode? squeeze = node.Flat.Inputs[0].Node is { Kind: "Squeeze", Inputs.Length: 1 } found ? found : null;
        FlatNode conv = squeeze?.Inputs[0].Node ?? node.Flat.Inputs[0].Node;
        if (conv.Kind is not ("Conv2D" or "DepthwiseConv2dNative") || !ImageWindow.IsPlain(conv))
        {
            return null;
        }

        FlatNode? expand = squeeze is not null && conv.Inputs[0].Node is { Kind: "ExpandDims", Inputs.Length: 2 } expanded ? expanded : null;
        FlatNode space = expand?.Inputs[0].Node ?? conv.Inputs[0].Node;
        if (space is not { Kind: "SpaceToBatchND", Inputs.Length: 3 } || (squeeze is null) != (expand is null))
        {
            return null;
        }

        int[] block = node.Integers(1, "the block"), crops = node.Integers(2, "the crop");
        Tensor? image = node.Converter.Value(conv, space.Inputs[0]).Tensor;
        int[]? before = Constant(node, space, 1), pads = Constant(node, space, 2);
        int spatial = squeeze is null ? 2 : 1;
        if (image is null || image.Shape.Rank != spatial + 2 || before is null || pads is null || !before.SequenceEqual(block) || block.Length != spatial || crops.Length != pads.Length ||
            !block.All(static size => size is >= 1 and <= Most) || Enumerable.Range(0, pads.Length).Any(i => pads[i] - crops[i] is < 0 or > Most))
        {
            return null;
        }

        int[] padding = [.. Enumerable.Range(0, pads.Length).Select(i => pads[i] - crops[i])];
        Tensor? filter = node.Converter.Value(conv, conv.Inputs[1]).Tensor;
        if (filter is null || filter.Shape.Rank != 4)
        {
            return null;
        }

        int column = 2 * (spatial - 1);
        ImageWindow window = new(1, 1, spatial == 2 ? block[0] : 1, block[^1], new Padding2D(spatial == 2 ? padding[0] : 0, spatial == 2 ? padding[1] : 0, padding[column], padding[column + 1]));
        if (spatial == 1)
        {
            // Only where the axis that a one-dimensional convolution adds is the height.
            if (node.Converter.Value(conv, conv.Inputs[0]).Tensor is not { } seen || seen.Shape[1] != 1 || filter.Shape[0] != 1)
            {
                return null;
            }

            image = Pieces.InsertAxis(node.Builder, node.Name, image, 1);
        }

        Tensor y = conv.Kind == "Conv2D" ? ConvolutionOperators.Conv(node, image, filter, window) : ConvolutionOperators.Depthwise(node, image, filter, window);
        return spatial == 1 ? Pieces.RemoveAxes(node.Builder, node.Name, y, [1]) : y;
    }

    private static int[]? Constant(TensorFlowNode node, FlatNode reader, int input) => node.Converter.Value(reader, reader.Inputs[input]).Tensor is { IsConstant: true } tensor
        ? Array.ConvertAll(GraphBuilder.Integers(tensor, $"{reader}"), static value => (int)Math.Clamp(value, int.MinValue, int.MaxValue))
        : null;
}
