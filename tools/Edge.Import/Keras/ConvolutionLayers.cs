using Edge.Compiler;
using Edge.Format;
using Edge.Import.Hdf5;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Convolutions. Those of one axis work on pictures of one row.</summary>
internal static class ConvolutionLayers
{
    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("Conv1D", OperatorSupport.Emulated, "Reshape, Conv2D", Conv) { Weights = Kernel("kernel") },
        new("Conv2D", OperatorSupport.Supported, "Conv2D", Conv) { Weights = Kernel("kernel") },
        new("DepthwiseConv1D", OperatorSupport.Emulated, "Reshape, DepthwiseConv2D", Depthwise) { Weights = DepthwiseKernel },
        new("DepthwiseConv2D", OperatorSupport.Supported, "DepthwiseConv2D", Depthwise) { Weights = DepthwiseKernel },
        new("SeparableConv1D", OperatorSupport.Emulated, "Reshape, DepthwiseConv2D, Conv2D", Separable) { Weights = Kernel("depthwise_kernel", "pointwise_kernel") },
        new("SeparableConv2D", OperatorSupport.Emulated, "DepthwiseConv2D, Conv2D", Separable) { Weights = Kernel("depthwise_kernel", "pointwise_kernel") },
        new("Conv1DTranspose", OperatorSupport.Emulated, "Reshape, ConvTranspose2D", ConvTranspose) { Weights = Kernel("kernel") },
        new("Conv2DTranspose", OperatorSupport.Supported, "ConvTranspose2D", ConvTranspose) { Weights = Kernel("kernel") },
    ];

    private static Func<KerasLayer, IReadOnlyList<WeightGroup>> Kernel(params string[] names) => layer => [BasicLayers.Own(BasicLayers.KernelAndBias(layer, names))];

    private static IReadOnlyList<WeightGroup> DepthwiseKernel(KerasLayer layer) => [BasicLayers.Own(BasicLayers.KernelAndBias(layer, "depthwise_kernel"))];

    private static Tensor Conv(LayerContext layer)
    {
        Window window = new(layer);
        Hdf5Dataset kernel = window.Kernel("kernel");
        int groups = layer.Config.Integer("groups", 1);
        int outputs = kernel.Sizes[^1];
        Tensor weights = layer.Constant("kernel", new Shape(outputs, window.KernelHeight, window.KernelWidth, kernel.Sizes[^2]), () => OutputsFirst(kernel.Singles(), outputs));
        Conv2D conv = new(window.StrideHeight, window.StrideWidth, window.DilationHeight, window.DilationWidth, window.Padding, groups);
        return window.Finish(layer.Builder.Add(layer.Name, conv, window.Input, weights, layer.Bias(outputs)));
    }

    private static Tensor Depthwise(LayerContext layer)
    {
        Window window = new(layer);
        Hdf5Dataset kernel = window.Kernel("depthwise_kernel");
        return window.Finish(AddDepthwise(layer, window, kernel, layer.Bias(checked(kernel.Sizes[^1] * kernel.Sizes[^2])), layer.Name));
    }

    private static Tensor Separable(LayerContext layer)
    {
        Window window = new(layer);
        Hdf5Dataset depthwise = window.Kernel("depthwise_kernel");
        Tensor between = AddDepthwise(layer, window, depthwise, null, $"{layer.Name}/depthwise");
        int inner = between.Shape[3];
        Hdf5Dataset pointwise = layer.Weight("pointwise_kernel", window.Axes == 1 ? [1, inner, -1] : [1, 1, inner, -1]);
        int outputs = pointwise.Sizes[^1];
        Tensor weights = layer.Constant("pointwise_kernel", new Shape(outputs, 1, 1, inner), () => OutputsFirst(pointwise.Singles(), outputs));
        return window.Finish(layer.Builder.Add(layer.Name, new Conv2D(), between, weights, layer.Bias(outputs)));
    }

    /// <summary>The output is as large as Keras says; what the windows cover beyond it is cut off as the convolution pads that this reverses.</summary>
    private static Tensor ConvTranspose(LayerContext layer)
    {
        Window window = new(layer, transposed: true);
        Hdf5Dataset kernel = window.Kernel("kernel");
        (int outputs, int inputs) = (kernel.Sizes[^2], kernel.Sizes[^1]);
        Tensor weights = layer.Constant("kernel", new Shape(outputs, window.KernelHeight, window.KernelWidth, inputs), () => OutputsBeforeTaps(kernel.Singles(), outputs, inputs));
        bool same = layer.Config.Text("padding", "valid") switch
        {
            "same" => true,
            "valid" => false,
            string other => throw layer.Refuse($"pads '{other}'; valid and same are known"),
        };
        int[] extra = layer.Config.Has("output_padding") ? layer.Config.Integers("output_padding", window.Axes, least: 0, most: ushort.MaxValue) : [];
        (int top, int bottom, int moreRows) = TransposedSide(window.Input.Shape[1], window.KernelHeight, window.StrideHeight, window.DilationHeight, same, window.Axes == 1 ? null : extra.Length > 0 ? extra[0] : null);
        (int left, int right, int moreColumns) = TransposedSide(window.Input.Shape[2], window.KernelWidth, window.StrideWidth, window.DilationWidth, same, extra.Length > 0 ? extra[^1] : null);
        ConvTranspose2D conv = new(
            window.StrideHeight, window.StrideWidth, window.DilationHeight, window.DilationWidth, new Padding2D(top, bottom, left, right), moreRows, moreColumns);
        return window.Finish(layer.Builder.Add(layer.Name, conv, window.Input, weights, layer.Bias(outputs)));
    }

    /// <summary>What a transposed convolution cuts off an axis before and behind, and adds behind: the output is as large as Keras says.</summary>
    /// <param name="size">Elements of the input.</param>
    /// <param name="kernelSize">Taps of the kernel.</param>
    /// <param name="stride">Elements between windows.</param>
    /// <param name="dilation">Elements between taps.</param>
    /// <param name="same">Whether the convolution that this reverses pads.</param>
    /// <param name="outputPadding">Elements added; null: not stated.</param>
    public static (int Before, int After, int More) TransposedSide(int size, int kernelSize, int stride, int dilation, bool same, int? outputPadding)
    {
        int extent = checked(((kernelSize - 1) * dilation) + 1), covered = checked(((size - 1) * stride) + extent);
        int output = outputPadding is { } more ? covered - (same ? 2 * (extent / 2) : 0) + more : checked(size * stride) + (same ? 0 : Math.Max(extent - stride, 0));
        int cut = Math.Max(covered - output, 0), before = same ? cut / 2 : 0;
        return (before, cut - before, Math.Max(output - covered, 0));
    }

    /// <summary>[..., out, in] as [out, ..., in].</summary>
    /// <param name="values">The elements.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="inputs">Input channels.</param>
    public static float[] OutputsBeforeTaps(float[] values, int outputs, int inputs)
    {
        int taps = values.Length / (outputs * inputs);
        float[] moved = new float[values.Length];
        for (int tap = 0; tap < taps; tap++)
        {
            for (int o = 0; o < outputs; o++)
            {
                values.AsSpan(((tap * outputs) + o) * inputs, inputs).CopyTo(moved.AsSpan(((o * taps) + tap) * inputs));
            }
        }

        return moved;
    }

    private static Tensor AddDepthwise(LayerContext layer, Window window, Hdf5Dataset kernel, Tensor? bias, string name)
    {
        // [kh, kw, C, multiplier] lies as [kh, kw, C * multiplier] does.
        Tensor weights = layer.Constant("depthwise_kernel", new Shape(window.KernelHeight, window.KernelWidth, checked(kernel.Sizes[^1] * kernel.Sizes[^2])), kernel.Singles);
        DepthwiseConv2D conv = new(window.StrideHeight, window.StrideWidth, window.DilationHeight, window.DilationWidth, window.Padding);
        return layer.Builder.Add(name, conv, window.Input, weights, bias);
    }

    /// <summary>[..., in, out] as [out, ..., in].</summary>
    private static float[] OutputsFirst(float[] values, int outputs) => BasicLayers.Transposed(values, values.Length / outputs, outputs);

    /// <summary>The window of a convolution, and its input as [N, H, W, C].</summary>
    private readonly struct Window
    {
        private readonly LayerContext _layer;
        private readonly bool _channelsFirst;

        public Window(LayerContext layer, bool transposed = false)
        {
            _layer = layer;
            Axes = layer.Layer.Class.Contains("1D", StringComparison.Ordinal) ? 1 : 2;
            layer.RequireRank(layer.Input, Axes + 2);
            _channelsFirst = Pictures.IsChannelsFirst(layer);
            Input = Pictures.In(layer, layer.Input, _channelsFirst);
            int[] kernel = layer.Config.Integers("kernel_size", Axes, most: ushort.MaxValue);
            int[] strides = layer.Config.Integers("strides", Axes, 1, most: ushort.MaxValue);
            int[] dilations = layer.Config.Integers("dilation_rate", Axes, 1, most: ushort.MaxValue);
            (KernelHeight, KernelWidth) = (Axes == 1 ? 1 : kernel[0], kernel[^1]);
            (StrideHeight, StrideWidth) = (Axes == 1 ? 1 : strides[0], strides[^1]);
            (DilationHeight, DilationWidth) = (Axes == 1 ? 1 : dilations[0], dilations[^1]);
            Padding = transposed ? default : layer.Config.Text("padding", "valid") switch
            {
                "valid" => default,
                "same" => Padding2D.Same(Input.Shape[1], Input.Shape[2], KernelHeight, KernelWidth, StrideHeight, StrideWidth, DilationHeight, DilationWidth),
                "causal" when Axes == 1 => new Padding2D(0, 0, (KernelWidth - 1) * DilationWidth, 0),
                string other => throw layer.Refuse($"pads '{other}'; {(Axes == 1 ? "valid, same and causal" : "valid and same")} are known"),
            };
        }

        public int Axes { get; }

        public Tensor Input { get; }

        public int KernelHeight { get; }

        public int KernelWidth { get; }

        public int StrideHeight { get; }

        public int StrideWidth { get; }

        public int DilationHeight { get; }

        public int DilationWidth { get; }

        public Padding2D Padding { get; }

        public Hdf5Dataset Kernel(string name) => _layer.Weight(name, Axes == 1 ? [KernelWidth, -1, -1] : [KernelHeight, KernelWidth, -1, -1]);

        public Tensor Finish(Tensor output) => ActivationLayers.Fused(_layer, Pictures.Out(_layer, output, _channelsFirst, Axes));
    }
}
