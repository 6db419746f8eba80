using System.Text.Json;
using Edge.Import.Hdf5;

namespace Edge.Import.Keras;

/// <summary>Models saved by Keras 1, 2 and 3 and tf.keras: <c>.h5</c> files of the whole model, and <c>.keras</c> archives.</summary>
internal sealed class KerasFormat : SourceFormat
{
    /// <inheritdoc/>
    public override string Name => "Keras";

    /// <inheritdoc/>
    public override string Files => ".h5, .keras";

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOperator> Operators { get; } = [.. LayerKinds.All.Select(static kind => new FormatOperator(kind.Class, kind.Support, kind.Becomes))];

    /// <inheritdoc/>
    public override bool Recognizes(string path, ReadOnlySpan<byte> head) =>
        Hdf5File.IsHdf5(head) || KerasArchive.Recognizes(path, head) ||
        (head.Length > 0 && Path.GetExtension(path) is ".h5" or ".hdf5" or ".keras");

    /// <inheritdoc/>
    public override SourceModel Open(string path, ImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        byte[] bytes = File.ReadAllBytes(path);
        return KerasArchive.IsZip(bytes) ? OpenArchive(bytes, options) : OpenLegacy(bytes, options);
    }

    /// <summary>Opens a .h5 file.</summary>
    /// <param name="bytes">All its bytes.</param>
    /// <param name="options">What the caller decides.</param>
    internal static KerasModel OpenLegacy(byte[] bytes, ImportOptions options)
    {
        Hdf5Object root = Hdf5File.Open(bytes, options.Limits).Root;
        string config = Attribute(root, "model_config") ?? throw new ModelImportException(
            "The HDF5 file has no attribute 'model_config': it holds weights only, or no Keras model. Save the whole model with model.save.");
        Hdf5Object weights = root.Find("model_weights") ?? throw new ModelImportException("The HDF5 file has no group 'model_weights'; save the whole model with model.save.");
        bool isKeras3 = IsKeras3(Attribute(root, "keras_version") ?? Attribute(weights, "keras_version") ?? "1");
        KerasNetwork network = new KerasNetworkReader(options.Limits, isKeras3).Read(KerasConfig.Parse(config, "model_config", options.Limits));
        string? training = Attribute(root, "training_config");
        return new KerasModel(network, () => new LegacyWeights(weights, network), Loss(training, options.Limits), options, bytes.Length);
    }

    /// <summary>Opens a .keras file.</summary>
    /// <param name="bytes">All its bytes.</param>
    /// <param name="options">What the caller decides.</param>
    internal static KerasModel OpenArchive(byte[] bytes, ImportOptions options)
    {
        KerasArchive archive = new(bytes, options.Limits);
        KerasConfig metadata = new(KerasConfig.Parse(archive.Text("metadata.json"), "metadata.json", options.Limits), "metadata.json");
        JsonElement config = KerasConfig.Parse(archive.Text("config.json"), "config.json", options.Limits);
        KerasNetwork network = new KerasNetworkReader(options.Limits, IsKeras3(metadata.Text("keras_version", "3"))).Read(config);
        Hdf5Object root = Hdf5File.Open(archive.Bytes("model.weights.h5"), options.Limits).Root;
        return new KerasModel(network, () => new ArchiveWeights(root, network), LossName(new KerasConfig(config, "config.json").Object("compile_config").Find("loss")), options, bytes.Length);
    }

    private static string? Attribute(Hdf5Object owner, string name) =>
        owner.Attributes.TryGetValue(name, out Hdf5Attribute? attribute) && attribute.Texts() is { Length: > 0 } texts ? texts[0] : null;

    private static bool IsKeras3(string version) => int.TryParse(version.Split('.')[0], out int major) && major >= 3;

    private static string? Loss(string? training, ImportLimits limits) =>
        training is null ? null : LossName(new KerasConfig(KerasConfig.Parse(training, "training_config", limits), "training_config").Find("loss"));

    /// <summary>The loss the model was trained with, as the metadata key <c>training.loss</c> calls it; null where it is none of these.</summary>
    private static string? LossName(JsonElement? loss)
    {
        if (loss is not { } value)
        {
            return null;
        }

        KerasConfig item = new(value, "the loss");
        string name = value.ValueKind == JsonValueKind.String ? value.GetString()!
            : item.Find("config") is { ValueKind: JsonValueKind.String } function ? function.GetString()!
            : item.Find("class_name") is { ValueKind: JsonValueKind.String } kind ? kind.GetString()! : "";
        return name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant() switch
        {
            "categoricalcrossentropy" or "sparsecategoricalcrossentropy" => "softmax_cross_entropy",
            "binarycrossentropy" => "binary_cross_entropy",
            "meansquarederror" or "mse" => "mean_squared_error",
            _ => null,
        };
    }
}
