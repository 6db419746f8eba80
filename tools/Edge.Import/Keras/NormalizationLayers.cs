using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Normalizations.</summary>
internal static class NormalizationLayers
{
    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("BatchNormalization", OperatorSupport.Supported, "BatchNorm", BatchNormalization)
        {
            Weights = static layer => [BasicLayers.Own([.. ScaleAndCenter(layer), new("moving_mean", false), new("moving_variance", false)])],
        },
        new("LayerNormalization", OperatorSupport.Supported, "LayerNorm", LayerNormalization) { Weights = static layer => [BasicLayers.Own([.. ScaleAndCenter(layer)])] },
    ];

    private static IEnumerable<WeightName> ScaleAndCenter(KerasLayer layer)
    {
        if (layer.Config.Flag("scale", true))
        {
            yield return new WeightName("gamma");
        }

        if (layer.Config.Flag("center", true))
        {
            yield return new WeightName("beta");
        }
    }

    private static Tensor Factor(LayerContext layer, string option, string name, int count, float neutral) => layer.Config.Flag(option, true)
        ? layer.WeightConstant(name, count)
        : layer.Constant(name, new Shape(count), () => [.. Enumerable.Repeat(neutral, count)]);

    private static Tensor BatchNormalization(LayerContext layer)
    {
        Tensor input = layer.Input;
        int rank = input.Shape.Rank;
        int axis = layer.Axis(layer.Config.Integers("axis", 1, -1, least: -8, most: 7)[0], rank);
        int[] swap = [.. Enumerable.Range(0, rank)];
        (swap[axis], swap[^1]) = (swap[^1], swap[axis]);
        Tensor last = layer.Transpose(input, swap, "channels_last");
        int channels = last.Shape[-1];
        BatchNorm norm = new(layer.Config.Number("epsilon", 1e-3f), layer.Config.Number("momentum", 0.99f), UnbiasedVariance: false);
        Tensor output = layer.Builder.Add(
            layer.Name, norm, last, Factor(layer, "scale", "gamma", channels, 1), Factor(layer, "center", "beta", channels, 0),
            layer.WeightConstant("moving_mean", channels), layer.WeightConstant("moving_variance", channels));
        return layer.Transpose(output, swap, "channels_back");
    }

    private static Tensor LayerNormalization(LayerContext layer)
    {
        Tensor input = layer.Input;
        int[] axes = layer.Config.Integers("axis", -1, least: -8, most: 7);
        axes = axes.Length == 0 ? [-1] : axes;
        int rank = input.Shape.Rank;
        int[] kept = [.. axes.Select(axis => layer.Axis(axis, rank)).Order()];
        for (int i = 0; i < kept.Length; i++)
        {
            if (kept[i] != rank - kept.Length + i)
            {
                throw layer.Refuse($"normalizes over axes [{string.Join(", ", axes)}] of {rank}; the last ones are supported");
            }
        }

        // Several last axes are one.
        Shape shape = input.Shape;
        int count = shape.Product(kept[0], rank);
        Shape flat = new([.. shape.Axes[..kept[0]], count]);
        int[] sizes = [.. shape.Axes[kept[0]..]];
        Tensor output = layer.Builder.Add(
            layer.Name, new LayerNorm(layer.Config.Number("epsilon", 1e-3f)), layer.Builder.Reshape($"{layer.Name}/flat", input, flat),
            Part("scale", "gamma", 1), Part("center", "beta", 0));
        return layer.Builder.Reshape($"{layer.Name}/shape", output, shape);

        Tensor Part(string option, string name, float neutral) => layer.Config.Flag(option, true)
            ? layer.Constant(name, new Shape(count), layer.Weight(name, sizes).Singles)
            : layer.Constant(name, new Shape(count), () => [.. Enumerable.Repeat(neutral, count)]);
    }
}
