using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Convolutions and pooling of volumes [N, C, D, H, W], by operators on pictures: windows along depth and windows in the plane are done one after the other.</summary>
internal static class OnnxVolumes
{
    /// <summary>Pooling: the largest or mean value of a box is that along depth of those in the plane, also where padding does not count.</summary>
    /// <param name="node">The node.</param>
    /// <param name="x">The volume.</param>
    /// <param name="window">Kernel, strides, dilations and padding along depth, height and width.</param>
    /// <param name="pool">Pools pictures: the picture, kernel, stride, dilation and padding along both axes.</param>
    public static Tensor Pool(OnnxNode node, Tensor x, OnnxWindow window, Func<Tensor, PlaneWindow, Tensor> pool)
    {
        Tensor last = OnnxLayout.ChannelsLast(node, x);
        int batch = last.Shape[0], depth = last.Shape[1], channels = last.Shape[4];
        Tensor planes = node.Builder.Reshape(node.Name + "_planes", last, new Shape(batch * depth, last.Shape[2], last.Shape[3], channels));
        planes = pool(planes, PlaneWindow.Of(window, 1, 2));
        int height = planes.Shape[1], width = planes.Shape[2];
        Tensor lines = pool(node.Builder.Reshape(node.Name + "_lines", planes, new Shape(batch, depth, height * width, channels)), PlaneWindow.Of(window, 0, -1));
        return OnnxLayout.ChannelsSecond(node, node.Builder.Reshape(node.Name + "_volume", lines, new Shape(batch, lines.Shape[1], height, width, channels)));
    }

    /// <summary>Convolution: the sum over the weights' depth of convolutions in the plane.</summary>
    /// <param name="node">The node.</param>
    /// <param name="x">The volume.</param>
    /// <param name="weights">[O, C / groups, KD, KH, KW].</param>
    /// <param name="bias">The bias, or null.</param>
    /// <param name="window">Kernel, strides, dilations and padding along depth, height and width.</param>
    /// <param name="groups">Groups of channels.</param>
    public static Tensor Convolve(OnnxNode node, Tensor x, Tensor weights, Tensor? bias, OnnxWindow window, int groups)
    {
        GraphBuilder builder = node.Builder;
        Tensor last = OnnxLayout.ChannelsLast(node, x);
        (int top, int bottom) = (window.Before[0], window.After[0]);
        PlaneWindow plane = PlaneWindow.Of(window, 1, 2);
        bool large = plane.IsBeyond;
        if (top > 0 || bottom > 0 || large)
        {
            Padding2D sides = large ? plane.Padding : default;
            last = builder.Add(node.Name + "_pad", new Pad([0, top, sides.Top, sides.Left, 0], [0, bottom, sides.Bottom, sides.Right, 0]), last);
        }

        int batch = last.Shape[0], steps = (int)((last.Shape[1] - window.Extent(0)) / window.Stride[0]) + 1;
        node.Require(last.Shape[1] >= window.Extent(0), $"the window covers {window.Extent(0)} of the {last.Shape[1]} planes of the padded input; it must fit.");
        Tensor? sum = null;
        for (int k = 0; k < window.Kernel[0]; k++)
        {
            Tensor part = builder.Add(
                node.Name + "_part", new StridedSlice([0, k * window.Dilation[0], 0, 0, 0], [-1, steps, -1, -1, -1], [1, window.Stride[0], 1, 1, 1]), last);
            Tensor planes = builder.Reshape(node.Name + "_planes", part, new Shape(batch * steps, part.Shape[2], part.Shape[3], part.Shape[4]));
            Tensor kernel = builder.Add(
                node.Name + "_kernel", new Reshape([weights.Shape[0], weights.Shape[1], weights.Shape[3], weights.Shape[4]]), OnnxMovement.Part(node, weights, 2, k, 1));
            Tensor y = builder.Add(
                node.Name,
                new Conv2D(plane.StrideHeight, plane.StrideWidth, plane.DilationHeight, plane.DilationWidth, large ? default : plane.Padding, groups),
                planes,
                OnnxLayout.Permute(node, kernel, [0, 2, 3, 1]),
                k == 0 ? bias : null);
            sum = sum is null ? y : builder.Add(node.Name, new Add(), sum, y);
        }

        return OnnxLayout.ChannelsSecond(node, builder.Reshape(node.Name + "_volume", sum!, new Shape(batch, steps, sum!.Shape[1], sum.Shape[2], sum.Shape[3])));
    }

    /// <summary>A window in a plane.</summary>
    internal readonly record struct PlaneWindow(
        int KernelHeight, int KernelWidth, int StrideHeight, int StrideWidth, int DilationHeight, int DilationWidth, Padding2D Padding)
    {
        /// <summary>Whether a window may hold nothing but padding.</summary>
        public bool IsBeyond => Math.Max(Padding.Top, Padding.Bottom) > (KernelHeight - 1L) * DilationHeight || Math.Max(Padding.Left, Padding.Right) > (KernelWidth - 1L) * DilationWidth;

        /// <summary>The window along two axes; −1 is an axis along which there is none.</summary>
        public static PlaneWindow Of(OnnxWindow window, int vertical, int horizontal)
        {
            bool flat = horizontal < 0;
            Padding2D padding = new(
                window.Before[vertical],
                window.After[vertical] + window.Ceiling[vertical],
                flat ? 0 : window.Before[horizontal],
                flat ? 0 : window.After[horizontal] + window.Ceiling[horizontal]);
            return new PlaneWindow(
                window.Kernel[vertical],
                flat ? 1 : window.Kernel[horizontal],
                window.Stride[vertical],
                flat ? 1 : window.Stride[horizontal],
                window.Dilation[vertical],
                flat ? 1 : window.Dilation[horizontal],
                padding);
        }
    }
}
