using Edge.Compiler;
using Edge.Format;

namespace Edge.Import.Keras;

/// <summary>Layers around other layers.</summary>
internal static class WrapperLayers
{
    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("TimeDistributed", OperatorSupport.Emulated, "Reshape around the layer inside: the steps are further samples", TimeDistributed) { Places = ["layer"] },
    ];

    private static IReadOnlyList<Tensor> TimeDistributed(LayerContext layer)
    {
        Tensor input = layer.Input;
        Shape shape = input.Shape;
        if (shape.Rank < 3)
        {
            throw layer.Refuse($"is called with {input.Spec}; [batch, time, ...] is needed");
        }

        int samples = checked(shape[0] * shape[1]);
        Tensor folded = layer.Builder.Reshape($"{layer.Name}/fold", input, new Shape([samples, .. shape.Axes[2..]]));
        return [.. layer.Call(layer.Layer.Inside[0], folded).Select(output => output.Shape.Rank >= 1 && output.Shape.Rank < Shape.MaxRank && output.Shape[0] == samples
            ? layer.Builder.Reshape(layer.Name, output, new Shape([shape[0], shape[1], .. output.Shape.Axes[1..]]))
            : throw layer.Refuse($"wraps a layer that makes {output.Spec} of {folded.Spec}; axis 0 must stay"))];
    }
}
