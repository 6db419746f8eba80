using Edge.Compiler;
using Edge.Format;

namespace Edge.Import.Keras;

/// <summary>Layers over one to three axes with channels, brought to [N, H, W, C] or [N, D, H, W, C] and back.</summary>
internal static class Pictures
{
    /// <summary>Whether a layer has its channels before the other axes.</summary>
    /// <param name="layer">The layer.</param>
    public static bool IsChannelsFirst(LayerContext layer) => layer.Config.Text("data_format", "channels_last") switch
    {
        "channels_last" => false,
        "channels_first" => true,
        string other => throw layer.Refuse($"has the data format '{other}'; channels_last and channels_first are known"),
    };

    /// <summary>[N, T, C] or [N, H, W, C], or either with channels first, as [N, H, W, C]; volumes as [N, D, H, W, C].</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="input">The tensor.</param>
    /// <param name="channelsFirst">Whether channels come first.</param>
    public static Tensor In(LayerContext layer, Tensor input, bool channelsFirst)
    {
        Tensor last = channelsFirst ? layer.Transpose(input, [0, .. Enumerable.Range(2, input.Shape.Rank - 2), 1], "channels_last") : input;
        return last.Shape.Rank == 3 ? layer.Builder.Reshape($"{layer.Name}/picture", last, new Shape(last.Shape[0], 1, last.Shape[1], last.Shape[2])) : last;
    }

    /// <summary>[N, H, W, C] or [N, D, H, W, C] as the layer has it.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="output">The tensor.</param>
    /// <param name="channelsFirst">Whether channels come first.</param>
    /// <param name="axes">Axes besides batch and channels.</param>
    public static Tensor Out(LayerContext layer, Tensor output, bool channelsFirst, int axes)
    {
        Tensor last = axes == 1 ? layer.Builder.Reshape($"{layer.Name}/sequence", output, new Shape(output.Shape[0], output.Shape[2], output.Shape[3])) : output;
        return channelsFirst ? layer.Transpose(last, [0, axes + 1, .. Enumerable.Range(1, axes)], "channels_first") : last;
    }
}
