using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Pooling. That over one axis works on pictures of one row.</summary>
internal static class PoolingLayers
{
    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("MaxPooling1D", OperatorSupport.Emulated, "Reshape, MaxPool2D", Pool),
        new("MaxPooling2D", OperatorSupport.Supported, "MaxPool2D", Pool),
        new("AveragePooling1D", OperatorSupport.Emulated, "Reshape, AveragePool2D", Pool),
        new("AveragePooling2D", OperatorSupport.Supported, "AveragePool2D", Pool),
        new("GlobalAveragePooling1D", OperatorSupport.Emulated, "Reshape, GlobalAveragePool", GlobalAverage),
        new("GlobalAveragePooling2D", OperatorSupport.Supported, "GlobalAveragePool", GlobalAverage),
        new("GlobalMaxPooling1D", OperatorSupport.Emulated, "Reshape, MaxPool2D", GlobalMax),
        new("GlobalMaxPooling2D", OperatorSupport.Emulated, "MaxPool2D, Reshape", GlobalMax),
    ];

    private static int AxesOf(LayerContext layer)
    {
        int axes = layer.Layer.Class.EndsWith("1D", StringComparison.Ordinal) ? 1 : 2;
        layer.RequireRank(layer.Input, axes + 2);
        return axes;
    }

    private static Tensor Pool(LayerContext layer)
    {
        int axes = AxesOf(layer);
        bool channelsFirst = Pictures.IsChannelsFirst(layer);
        Tensor input = Pictures.In(layer, layer.Input, channelsFirst);
        int[] pool = layer.Config.Integers("pool_size", axes, 2, most: ushort.MaxValue);
        int[] strides = layer.Config.Has("strides") ? layer.Config.Integers("strides", axes, most: ushort.MaxValue) : pool;
        (int height, int width) = (axes == 1 ? 1 : pool[0], pool[^1]);
        (int strideHeight, int strideWidth) = (axes == 1 ? 1 : strides[0], strides[^1]);
        Padding2D padding = layer.Config.Text("padding", "valid") switch
        {
            "valid" => default,
            "same" => Padding2D.Same(input.Shape[1], input.Shape[2], height, width, strideHeight, strideWidth),
            string other => throw layer.Refuse($"pads '{other}'; valid and same are known"),
        };
        Tensor output = layer.Layer.Class.StartsWith("Max", StringComparison.Ordinal)
            ? layer.Builder.Add(layer.Name, new MaxPool2D(height, width, strideHeight, strideWidth, padding), input)
            : layer.Builder.Add(layer.Name, new AveragePool2D(height, width, strideHeight, strideWidth, padding), input);
        return Pictures.Out(layer, output, channelsFirst, axes);
    }

    private static Tensor GlobalAverage(LayerContext layer)
    {
        int axes = AxesOf(layer);
        bool channelsFirst = Pictures.IsChannelsFirst(layer);
        bool keep = layer.Config.Flag("keepdims", false);
        Tensor pooled = layer.Builder.Add(layer.Name, new GlobalAveragePool(keep), Pictures.In(layer, layer.Input, channelsFirst));
        return keep ? Pictures.Out(layer, pooled, channelsFirst, axes) : pooled;
    }

    private static Tensor GlobalMax(LayerContext layer)
    {
        int axes = AxesOf(layer);
        bool channelsFirst = Pictures.IsChannelsFirst(layer);
        Tensor input = Pictures.In(layer, layer.Input, channelsFirst);
        Shape shape = input.Shape;
        if (shape[1] > ushort.MaxValue || shape[2] > ushort.MaxValue)
        {
            throw layer.Refuse($"is called with {layer.Input.Spec}; at most {ushort.MaxValue} elements along an axis are allowed");
        }

        Tensor pooled = layer.Builder.Add(layer.Name, new MaxPool2D(shape[1], shape[2]), input);
        return layer.Config.Flag("keepdims", false)
            ? Pictures.Out(layer, pooled, channelsFirst, axes)
            : layer.Builder.Reshape($"{layer.Name}/flat", pooled, new Shape(shape[0], shape[3]));
    }
}
