namespace Edge.Runtime.Operators;

/// <summary>The shape rule of a window that slides along one axis: convolution and pooling.</summary>
internal static class Window
{
    /// <summary>Largest kernel, stride, dilation and padding. Far beyond any network; bounds what a hostile file may cost.</summary>
    internal const int Most = 65_535;

    /// <summary>Windows that fit: ⌊(input + before + after − extent) / stride⌋ + 1, where extent = (kernel − 1) · dilation + 1.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="axis">The axis, for messages: height or width.</param>
    /// <param name="input">Length of the input.</param>
    /// <param name="kernel">Length of the window.</param>
    /// <param name="stride">Elements the window moves.</param>
    /// <param name="dilation">Distance between window elements.</param>
    /// <param name="before">Padding before the first element.</param>
    /// <param name="after">Padding after the last element.</param>
    internal static int Count(in Shapes shapes, string axis, int input, int kernel, int stride, int dilation, int before, int after)
    {
        Check(shapes, "kernel", axis, kernel, 1);
        Check(shapes, "stride", axis, stride, 1);
        Check(shapes, "dilation", axis, dilation, 1);
        Check(shapes, "padding before the", axis, before, 0);
        Check(shapes, "padding after the", axis, after, 0);
        long extent = ((kernel - 1L) * dilation) + 1;
        long padded = (long)input + before + after;
        shapes.Require(input >= 1, $"the input {axis} is {input}; at least 1 is allowed.");
        shapes.Require(padded <= int.MaxValue, $"the padded {axis} is {padded}; at most {int.MaxValue} is allowed.");
        shapes.Require(
            before < extent && after < extent,
            $"padding {before} and {after} along the {axis} is not smaller than the window's extent {extent}; windows of nothing but padding are not allowed.");
        shapes.Require(
            extent <= padded,
            $"the window covers {extent} elements of the {axis} (kernel {kernel}, dilation {dilation}), but the padded input has {padded}; the window must fit.");
        return (int)((padded - extent) / stride) + 1;
    }

    /// <summary>The output of pooling [N, H, W, C].</summary>
    internal static TensorSpec Pool(
        in Shapes shapes,
        int kernelHeight,
        int kernelWidth,
        int strideHeight,
        int strideWidth,
        Padding2D padding,
        int dilationHeight = 1,
        int dilationWidth = 1,
        bool mayBeUInt8 = false)
    {
        TensorSpec input = shapes.Input(0);
        shapes.Require(input.Shape.Rank == 4, $"the input is {input}; [N, H, W, C] is allowed.");
        int height = Count(shapes, "height", input.Shape[1], kernelHeight, strideHeight, dilationHeight, padding.Top, padding.Bottom);
        int width = Count(shapes, "width", input.Shape[2], kernelWidth, strideWidth, dilationWidth, padding.Left, padding.Right);
        return ShapeRules.Pooled(shapes, [input.Shape[0], height, width, input.Shape[3]], mayBeUInt8);
    }

    /// <summary>The length over which a transposed convolution spreads an axis: (input − 1) · stride + extent − before − after + more.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="axis">The axis, for messages: height or width.</param>
    /// <param name="input">Length of the input.</param>
    /// <param name="kernel">Length of the window.</param>
    /// <param name="stride">Elements between the windows of neighbours.</param>
    /// <param name="dilation">Distance between window elements.</param>
    /// <param name="before">Elements cut off the front.</param>
    /// <param name="after">Elements cut off the end.</param>
    /// <param name="more">Elements added at the end.</param>
    internal static long Spread(in Shapes shapes, string axis, int input, int kernel, int stride, int dilation, int before, int after, int more)
    {
        Check(shapes, "kernel", axis, kernel, 1);
        Check(shapes, "stride", axis, stride, 1);
        Check(shapes, "dilation", axis, dilation, 1);
        Check(shapes, "padding before the", axis, before, 0);
        Check(shapes, "padding after the", axis, after, 0);
        Check(shapes, "output padding along the", axis, more, 0);
        long whole = ((input - 1L) * stride) + ((kernel - 1L) * dilation) + 1, length = whole - before - after + more;
        shapes.Require(
            length is >= 1 and <= int.MaxValue / 2,
            $"the windows cover {whole} elements of the {axis}; {before} and {after} cut off and {more} added leave {length}, and 1 … {int.MaxValue / 2} are allowed.");
        return length;
    }

    private static void Check(in Shapes shapes, string name, string axis, int value, int lowest) =>
        shapes.Require(value >= lowest && value <= Most, $"the {name} {axis} is {value}; {lowest} … {Most} is allowed.");
}
