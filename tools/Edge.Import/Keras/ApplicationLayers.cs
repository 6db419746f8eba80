using Edge.Compiler;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Layers that keras.applications defines for its own models: those of ConvNeXt and InceptionResNetV2.</summary>
/// <remarks>Source: keras/src/applications/convnext.py, inception_resnet_v2.py.</remarks>
internal static class ApplicationLayers
{
    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("LayerScale", OperatorSupport.Supported, "Multiply", static layer =>
            layer.Builder.Add(layer.Name, new Multiply(), layer.Input, layer.WeightConstant("gamma", layer.Input.Shape[-1]))) { Weights = static _ => [BasicLayers.Own(new WeightName("gamma"))] },
        new("StochasticDepth", OperatorSupport.Supported, "nothing: it acts in training only", static layer => layer.Input),
        new("CustomScaleLayer", OperatorSupport.Emulated, "ParametricUnary, Add", CustomScale),
    ];

    /// <summary>first + scale · second.</summary>
    private static Tensor CustomScale(LayerContext layer) => layer.Inputs.Count == 2
        ? layer.Builder.Add(
            layer.Name, new Add(), layer.Inputs[0],
            layer.Builder.Add($"{layer.Name}/scale", new ParametricUnary(ParametricFunction.Affine, layer.Config.Number("scale", 1)), layer.Inputs[1]))
        : throw layer.Refuse($"is called with {layer.Inputs.Count} tensors; two are needed");
}
