using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Layers that stretch pictures and sequences.</summary>
/// <remarks>Source: keras/src/layers/reshaping/up_sampling2d.py, keras/src/layers/preprocessing: pixel centres lie at halves, as in tf.image.resize.</remarks>
internal static class ResamplingLayers
{
    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("UpSampling1D", OperatorSupport.Emulated, "Reshape, Resize", UpSample),
        new("UpSampling2D", OperatorSupport.Supported, "Resize", UpSample) { Objection = Objection },
        new("Resizing", OperatorSupport.Supported, "Resize", Resizing)
        {
            Objection = static layer => Objection(layer) ?? (layer.Config.Flag("crop_to_aspect_ratio", false) || layer.Config.Flag("pad_to_aspect_ratio", false) ? "it keeps the aspect ratio; resize to the size itself"
                : layer.Config.Flag("antialias", false) ? "it antialiases; leave that out" : null),
        },
    ];

    private static string? Objection(KerasLayer layer) => layer.Config.Text("interpolation", layer.Class == "Resizing" ? "bilinear" : "nearest") is var mode && mode is not ("nearest" or "bilinear")
        ? $"it interpolates '{mode}'; nearest and bilinear are supported" : null;

    private static Tensor UpSample(LayerContext layer)
    {
        int axes = layer.Layer.Class.EndsWith("1D", StringComparison.Ordinal) ? 1 : 2;
        layer.RequireRank(layer.Input, axes + 2);
        int[] factors = layer.Config.Integers("size", axes, 2, most: ushort.MaxValue);
        bool channelsFirst = axes == 2 && Pictures.IsChannelsFirst(layer);
        Tensor input = Pictures.In(layer, layer.Input, channelsFirst);
        int height = checked(input.Shape[1] * (axes == 1 ? 1 : factors[0])), width = checked(input.Shape[2] * factors[^1]);
        return Pictures.Out(layer, Resize(layer, input, height, width, layer.Config.Text("interpolation", "nearest")), channelsFirst, axes);
    }

    private static Tensor Resizing(LayerContext layer)
    {
        layer.RequireRank(layer.Input, 4);
        bool channelsFirst = Pictures.IsChannelsFirst(layer);
        Tensor input = Pictures.In(layer, layer.Input, channelsFirst);
        return Pictures.Out(layer, Resize(layer, input, layer.Config.Integer("height"), layer.Config.Integer("width"), layer.Config.Text("interpolation", "bilinear")), channelsFirst, 2);
    }

    private static Tensor Resize(LayerContext layer, Tensor input, int height, int width, string interpolation) => layer.Builder.Add(
        layer.Name,
        new Resize([-1, height, width, -1], interpolation == "nearest" ? ResizeMode.Nearest : ResizeMode.Linear, ResizeTransform.TensorFlowHalfPixel, NearestRounding.Floor),
        input);
}
