using Edge.Compiler;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>The window of a convolution or pooling node.</summary>
/// <param name="StrideHeight">Rows between neighbouring windows.</param>
/// <param name="StrideWidth">Columns between neighbouring windows.</param>
/// <param name="DilationHeight">Rows between taps.</param>
/// <param name="DilationWidth">Columns between taps.</param>
/// <param name="Padding">Padding around the image.</param>
internal readonly record struct ImageWindow(int StrideHeight, int StrideWidth, int DilationHeight, int DilationWidth, Padding2D Padding)
{
    private const int Most = ushort.MaxValue;

    /// <summary>Reads a window.</summary>
    /// <param name="node">The node.</param>
    /// <param name="image">The image, channels last.</param>
    /// <param name="kernelHeight">Rows of the window.</param>
    /// <param name="kernelWidth">Columns of the window.</param>
    public static ImageWindow Read(TensorFlowNode node, Tensor image, int kernelHeight, int kernelWidth) => Read(node, image.Shape[1], image.Shape[2], kernelHeight, kernelWidth);

    /// <summary>Reads a window.</summary>
    /// <param name="node">The node.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Columns of the image.</param>
    /// <param name="kernelHeight">Rows of the window.</param>
    /// <param name="kernelWidth">Columns of the window.</param>
    public static ImageWindow Read(TensorFlowNode node, int height, int width, int kernelHeight, int kernelWidth)
    {
        (int strideHeight, int strideWidth) = Pair(node, "strides");
        (int dilationHeight, int dilationWidth) = Pair(node, "dilations");
        node.Require(
            kernelHeight is >= 1 and <= Most && kernelWidth is >= 1 and <= Most && height >= 1 && width >= 1,
            $"the window has {kernelHeight} × {kernelWidth} elements on an image of {height} × {width}; 1 … {Most} are allowed.");
        Padding2D padding = node.Text("padding", "") switch
        {
            "SAME" => Padding2D.Same(height, width, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth),
            "VALID" => Padding2D.Valid,
            "EXPLICIT" => Explicit(node),
            string other => throw node.Fail($"padding is '{other}'; SAME, VALID and EXPLICIT are allowed."),
        };
        return new ImageWindow(strideHeight, strideWidth, dilationHeight, dilationWidth, padding);
    }

    /// <summary>Whether the windows lie next to each other without padding: strides and dilations are 1.</summary>
    /// <param name="node">The node.</param>
    public static bool IsPlain(FlatNode node) => node.Attribute("padding")?.Text == "VALID" && All(node, "strides") && All(node, "dilations") && node.Attribute("data_format")?.Text is null or "NHWC";

    private static bool All(FlatNode node, string name) => node.Attribute(name)?.Integers.All(static value => value == 1) ?? true;

    /// <summary>Height and width of an attribute that has one entry for each axis; those of batch and channels must be 1.</summary>
    /// <param name="node">The node.</param>
    /// <param name="name">The attribute; all 1 where it is left out.</param>
    public static (int Height, int Width) Pair(TensorFlowNode node, string name)
    {
        int[] values = node.List(name);
        if (values.Length == 0)
        {
            return (1, 1);
        }

        bool second = ImageLayout.IsChannelsSecond(node);
        node.Require(
            values.Length == 4 && values[0] == 1 && values[second ? 1 : 3] == 1 && values.All(static value => value is >= 1 and <= Most),
            $"{name} is [{string.Join(", ", values)}]; four entries of 1 … {Most} are allowed, with 1 for batch and channels.");
        return second ? (values[2], values[3]) : (values[1], values[2]);
    }

    /// <summary>Moves padding that is as large as the window, which the operators do not take, into a node of its own.</summary>
    /// <param name="node">The node.</param>
    /// <param name="image">The image, channels last; replaced by the padded one.</param>
    /// <param name="kernelHeight">Rows of the window.</param>
    /// <param name="kernelWidth">Columns of the window.</param>
    /// <param name="value">What the padding holds.</param>
    public ImageWindow Fitted(TensorFlowNode node, ref Tensor image, int kernelHeight, int kernelWidth, float value = 0)
    {
        long height = ((kernelHeight - 1L) * DilationHeight) + 1, width = ((kernelWidth - 1L) * DilationWidth) + 1;
        if (Math.Max(Padding.Top, Padding.Bottom) < height && Math.Max(Padding.Left, Padding.Right) < width)
        {
            return this;
        }

        image = node.Builder.Add(node.Name + "/padded", new Pad([0, Padding.Top, Padding.Left, 0], [0, Padding.Bottom, Padding.Right, 0], value), image);
        return this with { Padding = Padding2D.Valid };
    }

    private static Padding2D Explicit(TensorFlowNode node)
    {
        int[] values = node.List("explicit_paddings");
        int height = ImageLayout.IsChannelsSecond(node) ? 4 : 2;
        node.Require(
            values.Length == 8 && values.All(static value => value is >= 0 and <= Most) && values.Sum() == values.AsSpan(height, 4).ToArray().Sum(),
            $"explicit_paddings is [{string.Join(", ", values)}]; eight entries of 0 … {Most} are allowed, with 0 for batch and channels.");
        return new Padding2D(values[height], values[height + 1], values[height + 2], values[height + 3]);
    }
}
