using Edge.Compiler;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>Between a node's layout of images, its attribute data_format, and the runtime's, channels last.</summary>
internal static class ImageLayout
{
    private static readonly IntList s_toLast = [0, 2, 3, 1];
    private static readonly IntList s_toSecond = [0, 3, 1, 2];

    /// <summary>Whether a node's images are [N, C, H, W].</summary>
    public static bool IsChannelsSecond(TensorFlowNode node) => node.Text("data_format", "NHWC") switch
    {
        "NHWC" => false,
        "NCHW" => true,
        string other => throw node.Fail($"data_format is '{other}'; NHWC and NCHW are allowed."),
    };

    /// <summary>An image of a node as [N, H, W, C].</summary>
    public static Tensor ToLast(TensorFlowNode node, Tensor image)
    {
        node.Require(image.Shape.Rank == 4, $"the image is {image}; four axes are needed.");
        return !IsChannelsSecond(node) ? image
            : image.Producer is { Operator: Transpose transpose } producer && transpose.Permutation == s_toSecond ? producer.Input(0)!
            : node.Permute(image, s_toLast);
    }

    /// <summary>[N, H, W, C] as the node states its images.</summary>
    public static Tensor FromLast(TensorFlowNode node, Tensor image) => IsChannelsSecond(node) ? node.Builder.Add(node.Name, new Transpose(s_toSecond), image) : image;
}
