using Edge.Compiler;

namespace Edge.Import.Keras;

/// <summary>Converts one call of a layer.</summary>
/// <param name="layer">The call.</param>
/// <returns>The layer's outputs.</returns>
internal delegate IReadOnlyList<Tensor> LayerMapping(LayerContext layer);

/// <summary>A class of layers that can be converted.</summary>
/// <param name="Class">Its name.</param>
/// <param name="Support">How it reaches the runtime.</param>
/// <param name="Becomes">The operators it becomes.</param>
/// <param name="Map">Converts a call.</param>
internal sealed record LayerKind(string Class, OperatorSupport Support, string Becomes, LayerMapping Map)
{
    /// <summary>Makes a kind of layers with one output.</summary>
    public LayerKind(string name, OperatorSupport support, string becomes, Func<LayerContext, Tensor> map)
        : this(name, support, becomes, (LayerMapping)(layer => [map(layer)]))
    {
    }

    /// <summary>The weights of a layer; none unless stated.</summary>
    public Func<KerasLayer, IReadOnlyList<WeightGroup>> Weights { get; init; } = static _ => [];

    /// <summary>Where the layers inside lie in a .keras file, in the order of <see cref="KerasLayer.Inside"/>; none unless stated.</summary>
    public IReadOnlyList<string> Places { get; init; } = [];

    /// <summary>Why a layer of this class cannot be converted all the same; null where it can.</summary>
    public Func<KerasLayer, string?> Objection { get; init; } = static _ => null;
}

/// <summary>All classes of layers that can be converted: the one place where they are listed.</summary>
internal static class LayerKinds
{
    private static readonly Dictionary<string, LayerKind> Table = new IEnumerable<LayerKind>[]
    {
        BasicLayers.Kinds, ConvolutionLayers.Kinds, PoolingLayers.Kinds, ActivationLayers.Kinds, NormalizationLayers.Kinds, MergeLayers.Kinds, ShapeLayers.Kinds, RecurrentLayers.Kinds, WrapperLayers.Kinds,
        AttentionLayers.Kinds, FunctionLayers.Kinds, ResamplingLayers.Kinds, VolumeLayers.Kinds, SliceLayers.Kinds, ApplicationLayers.Kinds,
    }.SelectMany(static kinds => kinds).ToDictionary(static kind => kind.Class, StringComparer.Ordinal);

    // Classes whose layers run code or read what is not in the model, with what to do about them.
    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["Lambda"] = "it holds Python code, which is never run; replace it by layers of Keras",
        ["TFSMLayer"] = "it loads another model from a path outside of this file; export that model by itself",
        ["TensorFlowOpLayer"] = "it is a TensorFlow function; replace it by a layer of Keras",
        ["TorchModuleWrapper"] = "it holds a PyTorch module; export the model to ONNX",
        ["JaxLayer"] = "it holds a JAX function; replace it by layers of Keras",
        ["FlaxLayer"] = "it holds a Flax module; replace it by layers of Keras",
        ["QuantizeWrapper"] = "it simulates quantization for training; convert the model to TFLite and import that, or strip the wrappers",
        ["QuantizeWrapperV2"] = "it simulates quantization for training; convert the model to TFLite and import that, or strip the wrappers",
        ["QuantizeLayer"] = "it simulates quantization for training; convert the model to TFLite and import that, or strip the wrappers",
        ["PruneLowMagnitude"] = "it prunes during training; call tfmot.sparsity.keras.strip_pruning and save the result",
        ["ClusterWeights"] = "it clusters during training; call tfmot.clustering.keras.strip_clustering and save the result",
        ["CuDNNLSTM"] = "its weights have the layout of a GPU library; load them into an LSTM layer and save that",
        ["CuDNNGRU"] = "its weights have the layout of a GPU library; load them into a GRU layer with reset_after and save that",
        ["Masking"] = "masks are not supported; cut sequences to their length or pad them with a value the model was trained with",
        ["StringLookup"] = "it works on text; look up on your side and start the model behind it",
        ["TextVectorization"] = "it works on text; vectorize on your side and start the model behind it",
        ["IntegerLookup"] = "its table lies outside of the network; look up on your side and start the model behind it",
        ["Hashing"] = "it hashes; do so on your side and start the model behind it",
        ["HashedCrossing"] = "it hashes; do so on your side and start the model behind it",
        ["Discretization"] = "it sorts into bins; do so on your side and start the model behind it",
        ["CategoryEncoding"] = "it counts categories; do so on your side and start the model behind it",
        ["ConvLSTM1D"] = "convolutional recurrent layers are not supported",
        ["ConvLSTM2D"] = "convolutional recurrent layers are not supported",
        ["ConvLSTM3D"] = "convolutional recurrent layers are not supported",
    };

    /// <summary>All kinds, by name.</summary>
    public static IEnumerable<LayerKind> All => Table.Values.OrderBy(static kind => kind.Class, StringComparer.Ordinal);

    /// <summary>The kind of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="reason">Why there is none; null where there is one.</param>
    public static LayerKind? Find(KerasLayer layer, out string? reason)
    {
        LayerKind? kind = null;
        reason = layer.ForeignClass is { } foreign ? $"it is the class {foreign}, whose code is not in the file; replace it by layers of Keras"
            : Refused.TryGetValue(layer.Class, out string? hint) ? hint
            : !Table.TryGetValue(layer.IsFunction && layer.Class != "GetItem" ? FunctionLayers.OperationKind : layer.Class, out kind) ? "the class is not known"
            : Policy(layer) ?? Training(layer) ?? kind.Objection(layer) ?? ActivationLayers.Objection(layer) ?? layer.Inside.Select(Reason).FirstOrDefault(static inner => inner is not null);
        return reason is null ? kind : null;

        static string? Policy(KerasLayer layer) => layer.Config.Find("dtype") is { } type && type.GetRawText() is var text &&
            (text.Contains("QuantizedDTypePolicy", StringComparison.Ordinal) || text.Contains("_from_", StringComparison.Ordinal))
            ? "its weights are quantized by Keras; save the model before model.quantize, and quantize with edge quantize" : null;

        static string? Training(KerasLayer layer) => layer.Calls.Any(static call => call.Options.Find("training") is { ValueKind: System.Text.Json.JsonValueKind.True })
            ? "it is called with training=True, so it would act in inference, too; call it without" : null;

        static string? Reason(KerasLayer inner)
        {
            if (inner.Network is { } network)
            {
                return network.Walk().Where(static item => item.Layer.Class != "InputLayer").Select(static item => Reason(item.Layer)).FirstOrDefault(static found => found is not null);
            }

            return Find(inner, out string? found) is null ? $"{inner.Config.Where} inside: {found}" : null;
        }
    }

    /// <summary>The layers of a nested model, or inside a wrapper; none for other layers.</summary>
    /// <param name="layer">The layer.</param>
    public static IReadOnlyList<KerasLayer> PartsOf(KerasLayer layer) => layer.Network is { } network ? network.Layers : layer.Inside;

    /// <summary>Where the layers inside a wrapper lie in a .keras file.</summary>
    /// <param name="layer">The wrapper.</param>
    public static IReadOnlyList<string> PlacesOf(KerasLayer layer) => Find(layer, out _)?.Places ?? [];

    /// <summary>The weights of a layer that is no model.</summary>
    /// <param name="layer">The layer.</param>
    public static IReadOnlyList<WeightGroup> WeightsOf(KerasLayer layer) => Find(layer, out _)?.Weights(layer) ?? [];

    /// <summary>Whether a layer, or a layer of a nested model or inside a wrapper, has weights.</summary>
    /// <param name="layer">The layer.</param>
    public static bool HasWeights(KerasLayer layer) => PartsOf(layer) is { Count: > 0 } parts
        ? parts.Any(HasWeights)
        : WeightsOf(layer).Any(static group => group.Weights.Count > 0);
}
