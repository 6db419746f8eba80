using System.Text.Json;
using Edge.Compiler;
using Edge.Format;

namespace Edge.Import.Keras;

/// <summary>A Keras model that was read and surveyed.</summary>
internal sealed class KerasModel : SourceModel
{
    private readonly KerasNetwork _network;
    private readonly Func<KerasWeights> _weights;
    private readonly string? _loss;
    private readonly ImportOptions _options;
    private readonly long _sourceBytes;
    private IReadOnlyList<SourceTensor>? _outputs;

    /// <summary>Takes a model.</summary>
    /// <param name="network">Its layers.</param>
    /// <param name="weights">Finds its weights.</param>
    /// <param name="loss">What it was trained with, or null.</param>
    /// <param name="options">What the caller decides.</param>
    /// <param name="sourceBytes">Bytes of the file.</param>
    public KerasModel(KerasNetwork network, Func<KerasWeights> weights, string? loss, ImportOptions options, long sourceBytes)
    {
        _network = network;
        _weights = weights;
        _loss = loss;
        _options = options;
        _sourceBytes = sourceBytes;
        Inputs = [.. network.Inputs.Select(InputOf)];
        Operators = [.. network.Walk().Where(static item => item.Layer.Class != "InputLayer").Select(static item => Survey(item.Path, item.Layer))];
    }

    /// <inheritdoc/>
    public override string Format => "Keras";

    /// <inheritdoc/>
    public override IReadOnlyList<SourceTensor> Inputs { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceTensor> Outputs => _outputs ??= Operators.Any(static op => op.Support == OperatorSupport.Missing)
        ? [.. _network.Outputs.Select(static output => new SourceTensor(output.Layer, DataType.Float32, [-1]))]
        : [.. Build().Outputs.Select(static output => new SourceTensor(output.Name, output.Type, [-1, .. output.Shape.Axes[Math.Min(1, output.Shape.Rank)..]]))];

    /// <inheritdoc/>
    public override IReadOnlyList<SourceOperator> Operators { get; }

    /// <inheritdoc/>
    protected override Graph BuildGraph()
    {
        GraphBuilder builder = new(_options.Limits, _sourceBytes);
        Tensor[] inputs = [.. Inputs.Select(input => builder.Graph.AddInput(input.Name, ShapeOf(input), input.Type))];
        Tensor[] outputs = new NetworkBuilder(builder, _weights(), _options.Limits).Run(_network, "", inputs);
        HashSet<string> names = [.. inputs.Select(static input => input.Name)];
        for (int i = 0; i < outputs.Length; i++)
        {
            string wish = _network.Outputs[i].Layer, name = wish;
            for (int number = 1; !names.Add(name); number++)
            {
                name = $"{wish}_{number}";
            }

            builder.AddOutput(outputs[i], name);
        }

        if (_loss is not null)
        {
            builder.Graph.Metadata["training.loss"] = _loss;
        }

        return builder.Graph;
    }

    private static SourceOperator Survey(string path, KerasLayer layer) => LayerKinds.Find(layer, out string? reason) is { } kind
        ? new SourceOperator(layer.Class, path, kind.Support, kind.Becomes)
        : new SourceOperator(layer.Class, path, OperatorSupport.Missing, reason!);

    private SourceTensor InputOf(KerasReference reference)
    {
        KerasLayer layer = _network.Layers.Find(layer => layer.Name == reference.Layer && layer.Class == "InputLayer")
            ?? throw new ModelImportException($"model '{_network.Name}' names '{reference.Layer}' as an input, which is no InputLayer of it.");
        JsonElement? shape = layer.Config.Find("batch_shape") ?? layer.Config.Find("batch_input_shape");
        List<int> axes = [];
        if (shape is { ValueKind: JsonValueKind.Array } sizes)
        {
            foreach (JsonElement size in sizes.EnumerateArray())
            {
                axes.Add(size.ValueKind == JsonValueKind.Null ? -1
                    : size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out int value) && value >= 1 ? value
                    : throw layer.Config.Wrong("batch_shape", sizes, "sizes from 1 on and null are allowed"));
            }
        }
        else if (!_options.Shapes.ContainsKey(layer.Name))
        {
            throw new ModelImportException($"{layer.Config.Where} states no shape: the model was never built. Build it before saving, or state a shape for '{layer.Name}'.");
        }

        if (axes.Count > Shape.MaxRank)
        {
            throw new ModelImportException($"{layer.Config.Where} has {axes.Count} axes; at most {Shape.MaxRank} are allowed.");
        }

        if (layer.Config.Flag("sparse", false) || layer.Config.Flag("ragged", false))
        {
            throw new ModelImportException($"{layer.Config.Where} is sparse or ragged; dense inputs are supported.");
        }

        return new SourceTensor(layer.Name, TypeOf(layer), axes);
    }

    private static DataType TypeOf(KerasLayer layer)
    {
        string name = layer.Config.Find("dtype") is { ValueKind: JsonValueKind.Object } policy
            ? new KerasConfig(policy, layer.Config.Where).Object("config").Text("name", "float32")
            : layer.Config.Text("dtype", "float32");
        return name switch
        {
            // Reduced and double precision of the source is computed in single precision.
            "float32" or "float16" or "bfloat16" or "float64" or "mixed_float16" or "mixed_bfloat16" => DataType.Float32,
            "int8" => DataType.Int8,
            "uint8" => DataType.UInt8,
            "int16" => DataType.Int16,
            "int32" => DataType.Int32,
            "int64" => DataType.Int64,
            "bool" => DataType.Bool,
            _ => throw new ModelImportException($"{layer.Config.Where} has the type '{name}'; floats, signed integers, uint8 and bool are supported."),
        };
    }

    private Shape ShapeOf(SourceTensor input)
    {
        IReadOnlyList<int> axes = _options.Shapes.TryGetValue(input.Name, out IReadOnlyList<int>? stated) ? stated : input.Axes;
        if (axes.Count > Shape.MaxRank || (axes.Count != input.Axes.Count && input.Axes.Count > 0))
        {
            throw new ModelImportException($"The shape stated for input '{input.Name}' has {axes.Count} axes; the model has {input}.");
        }

        int[] sizes = new int[axes.Count];
        for (int i = 0; i < sizes.Length; i++)
        {
            int own = i < input.Axes.Count ? input.Axes[i] : -1;
            sizes[i] = axes[i] > 0 ? axes[i] : own > 0 ? own : i == 0 ? 1
                : throw new ModelImportException($"Input '{input.Name}' leaves axis {i} open ({input}); state its shape, for example {input.Name}={string.Join(',', axes.Select(static axis => axis < 0 ? 1 : axis))}.");
        }

        long count = sizes.Aggregate(1L, static (product, size) => product <= int.MaxValue ? product * size : product);
        return count <= int.MaxValue / sizeof(long) ? new Shape(sizes) : throw new ModelImportException($"Input '{input.Name}' has the shape [{string.Join(", ", sizes)}], which is more than 2 GiB.");
    }
}
