using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>Images stretched and shrunk; they are [N, H, W, C] always.</summary>
/// <remarks>Source: tensorflow/core/kernels/image/resize_bilinear_op.cc, resize_nearest_neighbor_op.cc, resize_bicubic_op.cc.</remarks>
internal static class ResizeOperators
{
    /// <summary>The table.</summary>
    public static IEnumerable<TensorFlowOperator> Table =>
    [
        TensorFlowOperator.Same("ResizeBilinear", "Resize", static node => Resize(node, ResizeMode.Linear)),
        TensorFlowOperator.Same("ResizeNearestNeighbor", "Resize", static node => Resize(node, ResizeMode.Nearest)),
        TensorFlowOperator.Same("ResizeBicubic", "Resize", static node => Resize(node, ResizeMode.Cubic)) with
        {
            Refuses = static node => node.Attribute("half_pixel_centers")?.Integer is 1 ? null : "the cubic of early versions; build the model with tf.image.resize of TensorFlow 2",
        },
    ];

    private static Tensor Resize(TensorFlowNode node, ResizeMode mode)
    {
        Tensor image = node.Input(0);
        int[] size = node.Integers(1, "the size");
        bool corners = node.Flag("align_corners"), centers = node.Flag("half_pixel_centers");
        node.Require(image.Shape.Rank == 4 && size.Length == 2 && size.All(static length => length >= 1), $"the image is {image} and the size [{string.Join(", ", size)}]; four axes and two sizes of at least 1 are allowed.");
        node.Require(!corners || !centers, "align_corners and half_pixel_centers are both set; one of them is allowed.");
        if (mode != ResizeMode.Nearest)
        {
            image = ArithmeticOperators.Cast(node, image, DataType.Float32);
        }

        // A cubic at the edge weighs what is there alone, with Keys' coefficient, as TensorFlow 2 does.
        return node.Builder.Add(
            node.Name,
            new Resize(
                [-1, size[0], size[1], -1],
                mode,
                corners ? ResizeTransform.TensorFlowAlignCorners : centers ? ResizeTransform.TensorFlowHalfPixel : ResizeTransform.TensorFlow,
                corners ? NearestRounding.RoundPreferCeiling : NearestRounding.Floor,
                CubicCoefficient: -0.5f,
                ExcludeOutside: mode == ResizeMode.Cubic),
            image);
    }
}
