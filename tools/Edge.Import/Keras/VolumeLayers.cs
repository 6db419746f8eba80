using Edge.Compiler;
using Edge.Format;
using Edge.Import.Hdf5;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Convolutions, pooling and stretching over three axes.</summary>
internal static class VolumeLayers
{
    private const int Axes = 3;

    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("Conv3D", OperatorSupport.Supported, "Conv3D", Conv) { Weights = static layer => [BasicLayers.Own(BasicLayers.KernelAndBias(layer, "kernel"))] },
        new("Conv3DTranspose", OperatorSupport.Supported, "ConvTranspose3D", ConvTranspose) { Weights = static layer => [BasicLayers.Own(BasicLayers.KernelAndBias(layer, "kernel"))] },
        new("MaxPooling3D", OperatorSupport.Supported, "MaxPool3D", static layer => Pool(layer, static (kernel, window) => new MaxPool3D(kernel, window))),
        new("AveragePooling3D", OperatorSupport.Supported, "AveragePool3D", static layer => Pool(layer, static (kernel, window) => new AveragePool3D(kernel, window))),
        new("GlobalMaxPooling3D", OperatorSupport.Supported, "Reduce", static layer => Global(layer, static (axes, keep) => new Reduce(Reduction.Maximum, axes, keep))),
        new("GlobalAveragePooling3D", OperatorSupport.Supported, "ReduceMean", static layer => Global(layer, static (axes, keep) => new ReduceMean(axes, keep))),
        new("UpSampling3D", OperatorSupport.Supported, "Resize", UpSample),
    ];

    private static Tensor Conv(LayerContext layer)
    {
        Tensor input = In(layer, out bool channelsFirst);
        (int[] sizes, int[] strides, int[] dilations) = Window(layer);
        Hdf5Dataset kernel = layer.Weight("kernel", [.. sizes, -1, -1]);
        int outputs = kernel.Sizes[^1];
        Tensor weights = layer.Constant(
            "kernel", new Shape([outputs, .. sizes, kernel.Sizes[^2]]), () => BasicLayers.Transposed(kernel.Singles(), checked((int)kernel.Count) / outputs, outputs));
        Conv3D conv = new(Volumes.Window(input.Shape, sizes, strides, dilations, IsSame(layer)), layer.Config.Integer("groups", 1));
        return Finish(layer, layer.Builder.Add(layer.Name, conv, input, weights, layer.Bias(outputs)), channelsFirst);
    }

    private static Tensor ConvTranspose(LayerContext layer)
    {
        Tensor input = In(layer, out bool channelsFirst);
        (int[] sizes, int[] strides, int[] dilations) = Window(layer);
        Hdf5Dataset kernel = layer.Weight("kernel", [.. sizes, -1, -1]);
        (int outputs, int inputs) = (kernel.Sizes[^2], kernel.Sizes[^1]);
        Tensor weights = layer.Constant("kernel", new Shape([outputs, .. sizes, inputs]), () => ConvolutionLayers.OutputsBeforeTaps(kernel.Singles(), outputs, inputs));
        bool same = IsSame(layer);
        int[] extra = layer.Config.Has("output_padding") ? layer.Config.Integers("output_padding", Axes, least: 0, most: ushort.MaxValue) : [];
        int[] before = new int[Axes], after = new int[Axes], more = new int[Axes];
        for (int i = 0; i < Axes; i++)
        {
            (before[i], after[i], more[i]) = ConvolutionLayers.TransposedSide(input.Shape[i + 1], sizes[i], strides[i], dilations[i], same, extra.Length > 0 ? extra[i] : null);
        }

        Window3D window = new(IntList.Create(strides), IntList.Create(dilations), IntList.Create(before), IntList.Create(after));
        return Finish(layer, layer.Builder.Add(layer.Name, new ConvTranspose3D(window, IntList.Create(more)), input, weights, layer.Bias(outputs)), channelsFirst);
    }

    private static Tensor Pool<TOperator>(LayerContext layer, Func<IntList, Window3D, TOperator> make) where TOperator : struct, IOperator<TOperator>
    {
        Tensor input = In(layer, out bool channelsFirst);
        int[] pool = layer.Config.Integers("pool_size", Axes, 2, most: ushort.MaxValue);
        int[] strides = layer.Config.Has("strides") ? layer.Config.Integers("strides", Axes, most: ushort.MaxValue) : pool;
        Tensor output = layer.Builder.Add(layer.Name, make(IntList.Create(pool), Volumes.Window(input.Shape, pool, strides, [1, 1, 1], IsSame(layer))), input);
        return Pictures.Out(layer, output, channelsFirst, Axes);
    }

    private static Tensor Global<TOperator>(LayerContext layer, Func<IntList, bool, TOperator> make) where TOperator : struct, IOperator<TOperator>
    {
        layer.RequireRank(layer.Input, Axes + 2);
        return layer.Builder.Add(layer.Name, make(Pictures.IsChannelsFirst(layer) ? [2, 3, 4] : [1, 2, 3], layer.Config.Flag("keepdims", false)), layer.Input);
    }

    private static Tensor UpSample(LayerContext layer)
    {
        Tensor input = In(layer, out bool channelsFirst);
        int[] factors = layer.Config.Integers("size", Axes, 2, most: ushort.MaxValue);
        Resize resize = new(
            [-1, checked(input.Shape[1] * factors[0]), checked(input.Shape[2] * factors[1]), checked(input.Shape[3] * factors[2]), -1],
            ResizeMode.Nearest, ResizeTransform.TensorFlowHalfPixel, NearestRounding.Floor);
        return Pictures.Out(layer, layer.Builder.Add(layer.Name, resize, input), channelsFirst, Axes);
    }

    /// <summary>The input as [N, D, H, W, C].</summary>
    private static Tensor In(LayerContext layer, out bool channelsFirst)
    {
        layer.RequireRank(layer.Input, Axes + 2);
        channelsFirst = Pictures.IsChannelsFirst(layer);
        return Pictures.In(layer, layer.Input, channelsFirst);
    }

    private static Tensor Finish(LayerContext layer, Tensor output, bool channelsFirst) => ActivationLayers.Fused(layer, Pictures.Out(layer, output, channelsFirst, Axes));

    private static (int[] Kernel, int[] Strides, int[] Dilations) Window(LayerContext layer) => (
        layer.Config.Integers("kernel_size", Axes, most: ushort.MaxValue),
        layer.Config.Integers("strides", Axes, 1, most: ushort.MaxValue),
        layer.Config.Integers("dilation_rate", Axes, 1, most: ushort.MaxValue));

    private static bool IsSame(LayerContext layer) => layer.Config.Text("padding", "valid") switch
    {
        "same" => true,
        "valid" => false,
        string other => throw layer.Refuse($"pads '{other}'; valid and same are known"),
    };
}
