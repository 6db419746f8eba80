using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>Convolutions, pooling and dense layers.</summary>
internal static class ConvolutionOperators
{
    /// <summary>The table.</summary>
    public static IEnumerable<TensorFlowOperator> Table =>
    [
        TensorFlowOperator.Same("Conv2D", "Conv2D", static node => ImageLayout.FromLast(node, Conv(node))),
        TensorFlowOperator.Same("DepthwiseConv2dNative", "DepthwiseConv2D", static node => ImageLayout.FromLast(node, Depthwise(node))),
        TensorFlowOperator.Same("Conv2DBackpropInput", "ConvTranspose2D", static node => ImageLayout.FromLast(node, Transposed(node))),
        TensorFlowOperator.Made("_FusedConv2D", "Conv2D, BatchNorm, Relu", static node => ImageLayout.FromLast(node, Fused(node, Conv(node)))),
        TensorFlowOperator.Made("_FusedDepthwiseConv2dNative", "DepthwiseConv2D, Relu", static node => ImageLayout.FromLast(node, Fused(node, Depthwise(node)))),
        TensorFlowOperator.Made("_FusedMatMul", "Dense, Relu", static node => Fused(node, MatMul(node))),
        TensorFlowOperator.Same("MaxPool", "MaxPool2D", static node => Pool(node, float.MinValue, static (kernel, window) =>
            new MaxPool2D(kernel.Height, kernel.Width, window.StrideHeight, window.StrideWidth, window.Padding))),
        TensorFlowOperator.Same("AvgPool", "AveragePool2D", static node => Pool(node, null, static (kernel, window) =>
            new AveragePool2D(kernel.Height, kernel.Width, window.StrideHeight, window.StrideWidth, window.Padding))),
        TensorFlowOperator.Same("MatMul", "Dense, MatMul", MatMul),
        .. new[] { "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3" }.Select(static kind => TensorFlowOperator.Same(kind, "Dense, MatMul", BatchMatMul)),
        TensorFlowOperator.Same("BiasAdd", "Add", static node => ImageBias(node)),
        TensorFlowOperator.Same("BiasAddV1", "Add", static node => Bias(node, node.Input(0), node.Input(1))),
    ];

    /// <summary>A matrix product whose right side is [..., in, out], or [..., out, in] where it is transposed. With constant weights it is a dense layer.</summary>
    /// <param name="node">The node.</param>
    /// <param name="a">The left side.</param>
    /// <param name="b">The right side.</param>
    /// <param name="transposeA">Whether the left side's last two axes are exchanged.</param>
    /// <param name="transposeB">Whether the right side's last two axes are exchanged.</param>
    public static Tensor Product(TensorFlowNode node, Tensor a, Tensor b, bool transposeA, bool transposeB) =>
        !transposeA && b is { IsConstant: true, Shape.Rank: 2, Type: DataType.Float32 } && a is { IsConstant: false, Type: DataType.Float32 }
            ? node.Builder.Add(node.Name, new Dense(), a, transposeB ? b : node.Permute(b, [1, 0]))
            : node.Builder.Add(node.Name, new MatMul(transposeA, transposeB), a, b);

    private static Tensor Conv(TensorFlowNode node)
    {
        Tensor image = ImageLayout.ToLast(node, node.Input(0)), filter = node.Input(1);
        CheckFilter(node, image, filter);
        ImageWindow window = ImageWindow.Read(node, image, filter.Shape[0], filter.Shape[1]);
        return Conv(node, image, filter, window);
    }

    /// <summary>A convolution with a window that was read or made.</summary>
    public static Tensor Conv(TensorFlowNode node, Tensor image, Tensor filter, ImageWindow window)
    {
        CheckFilter(node, image, filter);
        window = window.Fitted(node, ref image, filter.Shape[0], filter.Shape[1]);
        return node.Builder.Add(
            node.Name,
            new Conv2D(window.StrideHeight, window.StrideWidth, window.DilationHeight, window.DilationWidth, window.Padding, image.Shape[3] / filter.Shape[2]),
            image,
            node.Permute(filter, [3, 0, 1, 2]));
    }

    private static void CheckFilter(TensorFlowNode node, Tensor image, Tensor filter)
    {
        node.Require(filter.Shape.Rank == 4, $"the filter is {filter}; [height, width, in, out] is allowed.");
        int channels = image.Shape[3], taken = filter.Shape[2];
        node.Require(taken >= 1 && channels % taken == 0, $"the image {image} has {channels} channels and the filter takes {taken}; a divisor is allowed.");
    }

    private static Tensor Depthwise(TensorFlowNode node)
    {
        Tensor image = ImageLayout.ToLast(node, node.Input(0)), filter = node.Input(1);
        CheckDepthwiseFilter(node, image, filter);
        return Depthwise(node, image, filter, ImageWindow.Read(node, image, filter.Shape[0], filter.Shape[1]));
    }

    /// <summary>A convolution of each channel by itself with a window that was read or made.</summary>
    public static Tensor Depthwise(TensorFlowNode node, Tensor image, Tensor filter, ImageWindow window)
    {
        CheckDepthwiseFilter(node, image, filter);
        window = window.Fitted(node, ref image, filter.Shape[0], filter.Shape[1]);
        Shape merged = new(filter.Shape[0], filter.Shape[1], checked(filter.Shape[2] * filter.Shape[3]));
        Tensor weights = filter.IsConstant ? ConstantLayout.Reshape(node.Builder.Graph, filter, merged) : node.Builder.Add(node.Name + "/filter", new Reshape(IntList.Create(merged.Axes)), filter);
        return node.Builder.Add(
            node.Name,
            new DepthwiseConv2D(window.StrideHeight, window.StrideWidth, window.DilationHeight, window.DilationWidth, window.Padding),
            image,
            weights);
    }

    /// <summary>The gradient of a convolution by its input, which is how TensorFlow writes a transposed one: filter [height, width, out, in], and the size of the result stated.</summary>
    private static Tensor Transposed(TensorFlowNode node)
    {
        Tensor image = ImageLayout.ToLast(node, node.Input(2)), filter = node.Input(1);
        int[] size = node.Integers(0, "the size of the result");
        node.Require(
            filter.Shape.Rank == 4 && filter.Shape[3] == image.Shape[3], $"the filter is {filter} and the image {image}; [height, width, out, in] with the image's channels is allowed.");
        node.Require(size.Length is 2 or 4 && size.All(static length => length >= 1), $"the size of the result is [{string.Join(", ", size)}]; two or four sizes of at least 1 are allowed.");
        int first = size.Length == 2 ? 0 : ImageLayout.IsChannelsSecond(node) ? 2 : 1;
        int kernelHeight = filter.Shape[0], kernelWidth = filter.Shape[1];
        ImageWindow window = ImageWindow.Read(node, size[first], size[first + 1], kernelHeight, kernelWidth);
        long more = size[first] - (((image.Shape[1] - 1L) * window.StrideHeight) + ((kernelHeight - 1L) * window.DilationHeight) + 1 - window.Padding.Top - window.Padding.Bottom);
        long moreColumns = size[first + 1] - (((image.Shape[2] - 1L) * window.StrideWidth) + ((kernelWidth - 1L) * window.DilationWidth) + 1 - window.Padding.Left - window.Padding.Right);
        node.Require(
            more >= 0 && more < window.StrideHeight && moreColumns >= 0 && moreColumns < window.StrideWidth,
            $"the result is to have {size[first]} × {size[first + 1]} pixels, {more} and {moreColumns} more than {image} makes; less than one stride more is allowed.");
        return node.Builder.Add(
            node.Name,
            new ConvTranspose2D(window.StrideHeight, window.StrideWidth, window.DilationHeight, window.DilationWidth, window.Padding, (int)more, (int)moreColumns),
            image,
            node.Permute(filter, [2, 0, 1, 3]));
    }

    private static void CheckDepthwiseFilter(TensorFlowNode node, Tensor image, Tensor filter) => node.Require(
        filter.Shape.Rank == 4 && filter.Shape[2] == image.Shape[3],
        $"the filter is {filter} and the image {image}; [height, width, channels, multiplier] with the image's channels is allowed.");

    private static Tensor Pool<TOperator>(TensorFlowNode node, float? padding, Func<(int Height, int Width), ImageWindow, TOperator> make) where TOperator : struct, IOperator<TOperator>
    {
        Tensor image = ImageLayout.ToLast(node, node.Input(0));
        (int Height, int Width) kernel = ImageWindow.Pair(node, "ksize");
        ImageWindow window = ImageWindow.Read(node, image, kernel.Height, kernel.Width);
        if (padding is { } value)
        {
            window = window.Fitted(node, ref image, kernel.Height, kernel.Width, value);
        }

        return ImageLayout.FromLast(node, node.Builder.Add(node.Name, make(kernel, window), image));
    }

    private static Tensor MatMul(TensorFlowNode node)
    {
        Tensor a = node.Input(0), b = node.Input(1);
        node.Require(a.Shape.Rank == 2 && b.Shape.Rank == 2, $"the inputs are {a} and {b}; two axes each are allowed.");
        return Product(node, a, b, node.Flag("transpose_a"), node.Flag("transpose_b"));
    }

    private static Tensor BatchMatMul(TensorFlowNode node) => Product(node, node.Input(0), node.Input(1), node.Flag("adj_x"), node.Flag("adj_y"));

    private static Tensor ImageBias(TensorFlowNode node)
    {
        Tensor tensor = node.Input(0);
        return !ImageLayout.IsChannelsSecond(node) ? Bias(node, tensor, node.Input(1))
            : tensor.Shape.Rank == 4 ? ImageLayout.FromLast(node, Bias(node, ImageLayout.ToLast(node, tensor), node.Input(1)))
            : throw node.Fail($"the input is {tensor}; with data_format NCHW four axes are allowed.");
    }

    private static Tensor Bias(TensorFlowNode node, Tensor tensor, Tensor bias)
    {
        node.Require(bias.Shape.Rank == 1 && tensor.Shape.Rank >= 2 && tensor.Shape[-1] == bias.Shape[0], $"the input is {tensor} and the bias {bias}; one value for each channel is needed.");
        return LayerBias.Add(node.Builder, node.Name, tensor, bias, IsOnlyUse(node.Flat));
    }

    /// <summary>Whether what a node reads first is read by nothing else, back to the operator that computes it.</summary>
    private static bool IsOnlyUse(FlatNode node)
    {
        FlatNode made = node.Inputs[0].Node;
        while (made.Uses == 1 && made.Inputs.Length > 0 && made.Kind is ("Identity" or "Squeeze" or "Reshape" or "StopGradient" or "Snapshot"))
        {
            made = made.Inputs[0].Node;
        }

        return made.Uses == 1;
    }

    /// <summary>What TensorFlow's optimizer put behind a layer.</summary>
    private static Tensor Fused(TensorFlowNode node, Tensor y)
    {
        int next = 2;
        foreach (string step in node.Flat.Attribute("fused_ops")?.Texts ?? [])
        {
            switch (step)
            {
                case "BiasAdd":
                    y = LayerBias.Add(node.Builder, node.Name, y, node.Input(next++), isOnlyUse: true);
                    break;
                case "FusedBatchNorm":
                    y = node.Builder.Add(
                        node.Name, NormalizationOperators.BatchNorm(node.Float("epsilon", NormalizationOperators.DefaultEpsilon)),
                        y, node.Input(next), node.Input(next + 1), node.Input(next + 2), node.Input(next + 3));
                    next += 4;
                    break;
                case "Relu":
                    y = node.Builder.Add(node.Name, new Relu(), y);
                    break;
                case "Relu6":
                    y = node.Builder.Add(node.Name, new Relu6(), y);
                    break;
                case "Elu":
                    y = node.Builder.Add(node.Name, new ParametricUnary(ParametricFunction.Elu, 1), y);
                    break;
                case "LeakyRelu":
                    y = node.Builder.Add(node.Name, new LeakyRelu(node.Float("leakyrelu_alpha", ArithmeticOperators.LeakyReluAlpha)), y);
                    break;
                case "Tanh":
                    y = node.Builder.Add(node.Name, new Tanh(), y);
                    break;
                case "Sigmoid":
                    y = node.Builder.Add(node.Name, new Sigmoid(), y);
                    break;
                default:
                    throw node.Fail($"fused_ops holds '{step}'; BiasAdd, FusedBatchNorm, Relu, Relu6, Elu, LeakyRelu, Tanh and Sigmoid are allowed. Convert the graph before it is optimized.");
            }
        }

        return y;
    }
}
