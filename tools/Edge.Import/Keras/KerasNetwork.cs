using System.Text.Json;

namespace Edge.Import.Keras;

/// <summary>A Sequential or functional model: layers and how they are connected.</summary>
internal sealed class KerasNetwork
{
    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is Sequential.</summary>
    public required bool IsSequential { get; init; }

    /// <summary>Its layers, in the order of the file.</summary>
    public List<KerasLayer> Layers { get; } = [];

    /// <summary>Its inputs.</summary>
    public List<KerasReference> Inputs { get; } = [];

    /// <summary>Its outputs.</summary>
    public List<KerasReference> Outputs { get; } = [];

    /// <summary>All layers with those of nested models, in order, with their paths.</summary>
    public IEnumerable<(string Path, KerasLayer Layer)> Walk()
    {
        Stack<(string Prefix, KerasNetwork Network, int Next)> open = new();
        open.Push(("", this, 0));
        while (open.TryPop(out (string Prefix, KerasNetwork Network, int Next) at))
        {
            if (at.Next >= at.Network.Layers.Count)
            {
                continue;
            }

            open.Push((at.Prefix, at.Network, at.Next + 1));
            KerasLayer layer = at.Network.Layers[at.Next];
            if (layer.Network is null)
            {
                yield return (at.Prefix + layer.Name, layer);
            }
            else
            {
                open.Push(($"{at.Prefix}{layer.Name}/", layer.Network, 0));
            }
        }
    }

    /// <summary>Whether a class is a model.</summary>
    /// <param name="name">The class.</param>
    public static bool IsNetwork(string name) => name is "Sequential" or "Functional" or "Model";
}

/// <summary>Reads networks from configurations of Keras 1, 2 and 3.</summary>
/// <param name="limits">Caps.</param>
/// <param name="isKeras3">Whether the file was saved by Keras 3.</param>
internal sealed class KerasNetworkReader(ImportLimits limits, bool isKeras3)
{
    private const string ConstantValue = "_CONSTANT_VALUE";
    private static readonly HashSet<string> MaskReaders = new(StringComparer.Ordinal)
    {
        "SimpleRNN", "LSTM", "GRU", "RNN", "Bidirectional", "TimeDistributed", "Attention", "AdditiveAttention", "MultiHeadAttention", "GlobalAveragePooling1D", "Softmax", "BatchNormalization",
    };

    private int _layers;

    /// <summary>Reads the outermost network.</summary>
    /// <param name="model">The object with <c>class_name</c> and <c>config</c>.</param>
    public KerasNetwork Read(JsonElement model)
    {
        KerasConfig config = new(model, "the model");
        string kind = ClassOf(config);
        KerasNetwork network = KerasNetwork.IsNetwork(kind) && Foreign(config) is null
            ? ReadNetwork(kind, config, limits.MaxNesting)
            : throw new ModelImportException(
                $"The model is of class '{Foreign(config) ?? kind}'; Sequential and functional models can be converted. The code of a class of your own is not in the file: rebuild it as a functional model and save that.");
        if (network.Walk().Any(static item => MaskReaders.Contains(item.Layer.Class)))
        {
            foreach ((_, KerasLayer layer) in network.Walk())
            {
                layer.HasMaskReaders = true;
            }
        }

        return network;
    }

    private KerasNetwork ReadNetwork(string kind, KerasConfig model, int depth)
    {
        if (depth == 0)
        {
            throw new ModelImportException($"{model.Where}: models are nested deeper than {limits.MaxNesting}; that many levels are allowed.");
        }

        bool sequential = kind == "Sequential";
        JsonElement body = model.Find("config") ?? throw new ModelImportException($"{model.Where}: 'config' is not stated.");
        KerasConfig config = new(body, model.Where);
        string name = config.Text("name", model.Text("name", sequential ? "sequential" : "model"));
        JsonElement layers = body.ValueKind == JsonValueKind.Array ? body              // Sequential before Keras 2.3
            : config.Find("layers") ?? throw new ModelImportException($"model '{name}': 'layers' is not stated.");
        if (layers.ValueKind != JsonValueKind.Array)
        {
            throw config.Wrong("layers", layers, "a list is needed");
        }

        KerasNetwork network = new() { Name = name, IsSequential = sequential };
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (JsonElement item in layers.EnumerateArray())
        {
            KerasLayer layer = ReadLayer(item, $"layer {network.Layers.Count} of model '{name}'", depth);
            if (!names.Add(layer.Name))
            {
                throw new ModelImportException($"model '{name}' has two layers called '{layer.Name}'; names are unique.");
            }

            if (!sequential)
            {
                ReadCalls(item, layer);
            }

            network.Layers.Add(layer);
        }

        if (network.Layers.Count == 0)
        {
            throw new ModelImportException($"model '{name}' has no layers.");
        }

        if (sequential)
        {
            Chain(network, config, model);
        }
        else
        {
            Ends(config, "input_layers", network.Inputs);
            Ends(config, "output_layers", network.Outputs);
            NumberCalls(network);
        }

        return network;
    }

    private KerasLayer ReadLayer(JsonElement item, string where, int depth)
    {
        if (++_layers > limits.MaxOperators)
        {
            throw new ModelImportException($"The model has more than {limits.MaxOperators:N0} layers; that many are allowed.");
        }

        KerasConfig outer = new(item, where);
        string kind = ClassOf(outer);
        KerasConfig config = outer.Object("config");
        string name = outer.Text("name", config.Text("name", kind));
        config = new KerasConfig(outer.Find("config") ?? default, $"{kind} '{name}'");
        string? foreign = Foreign(outer);
        KerasNetwork? network = KerasNetwork.IsNetwork(kind) && foreign is null ? ReadNetwork(kind, new KerasConfig(item, $"model '{name}'"), depth - 1) : null;
        return new KerasLayer
        {
            Class = kind,
            Name = name,
            Config = config,
            ForeignClass = foreign,
            IsFunction = outer.Text("module", "").Contains(".ops.", StringComparison.Ordinal),
            IsKeras3 = isKeras3,
            Network = network,
            Inside = kind switch
            {
                "TimeDistributed" => [Wrapped("layer") ?? throw new ModelImportException($"{config.Where}: 'layer' is not stated.")],

                // Without a layer of its own the backward direction has one like the forward one's.
                "Bidirectional" when Wrapped("layer") is { } forward => [forward, Wrapped("backward_layer") ?? Wrapped("layer")!],
                "Bidirectional" => throw new ModelImportException($"{config.Where}: 'layer' is not stated."),
                _ => [],
            },
        };

        KerasLayer? Wrapped(string property) => network is null && config.Find(property) is { ValueKind: JsonValueKind.Object } inner
            ? depth > 1 ? ReadLayer(inner, $"the layer inside '{name}'", depth - 1)
                : throw new ModelImportException($"{config.Where}: layers are nested deeper than {limits.MaxNesting}; that many levels are allowed.")
            : null;
    }

    private static string ClassOf(KerasConfig config)
    {
        string name = config.Text("class_name", "");
        if (name.Length == 0)
        {
            throw new ModelImportException($"{config.Where}: 'class_name' is not stated.");
        }

        // Older exports wrote the module in front: keras.layers>Dense, tf.keras.layers.Dense.
        int cut = IsOfKeras(name) ? name.LastIndexOfAny(['.', '>']) : -1;
        return name[(cut + 1)..];
    }

    private static string? Foreign(KerasConfig config)
    {
        string kind = config.Text("class_name", "");
        string module = config.Text("module", "keras");
        string registered = config.Text("registered_name", "");
        return registered.Contains('>') && !IsOfKeras(registered) ? registered
            : !IsOfKeras(module) && module != "builtins" ? $"{module}.{kind}"
            : kind.Contains('>') && !IsOfKeras(kind) ? kind
            : null;
    }

    private static bool IsOfKeras(string module) =>
        module == "keras" || module == "tf_keras" || module.StartsWith("keras.", StringComparison.Ordinal) || module.StartsWith("tf_keras.", StringComparison.Ordinal) ||
        module.StartsWith("tf.keras.", StringComparison.Ordinal) || module.StartsWith("tensorflow.keras.", StringComparison.Ordinal) ||
        module.StartsWith("tensorflow.python.keras.", StringComparison.Ordinal) || module.StartsWith("Keras>", StringComparison.Ordinal);

    private static void Chain(KerasNetwork network, KerasConfig config, KerasConfig model)
    {
        KerasLayer first = network.Layers[0];
        if (first.Class != "InputLayer")
        {
            // The shape is that of the first layer, or what the model was built for.
            JsonElement? shape = first.Config.Find("batch_input_shape") ?? first.Config.Find("batch_shape") ?? config.Find("build_input_shape") ?? model.Object("build_config").Find("input_shape");
            string text = shape?.GetRawText() ?? "null";
            string type = first.Class == "Embedding" ? "int32" : "float32";
            JsonElement made = JsonDocument.Parse($$"""{"batch_shape": {{text}}, "dtype": "{{type}}"}""", new JsonDocumentOptions { MaxDepth = 1024 }).RootElement;
            string name = first.Name + "_input";
            network.Layers.Insert(0, new KerasLayer { Class = "InputLayer", Name = name, Config = new KerasConfig(made, $"InputLayer '{name}'"), IsKeras3 = first.IsKeras3 });
        }

        string before = "";
        foreach (KerasLayer layer in network.Layers)
        {
            KerasReference[] inputs = before.Length == 0 ? [] : [new KerasReference(before, 0, 0)];
            layer.Calls.Add(new KerasCall(inputs, new Dictionary<string, IReadOnlyList<KerasReference>>(), default));
            before = layer.Name;
        }

        network.Inputs.Add(new KerasReference(network.Layers[0].Name, 0, 0));
        network.Outputs.Add(new KerasReference(before, 0, 0));
    }

    /// <summary>Finds out with which number the calls of nested models begin: releases of Keras differ, references show it.</summary>
    private static void NumberCalls(KerasNetwork network)
    {
        Dictionary<string, (int Least, int Most)> used = new(StringComparer.Ordinal);
        foreach (KerasReference reference in network.Layers.SelectMany(static layer => layer.Calls).SelectMany(static call => call.Inputs.Concat(call.Named.Values.SelectMany(static named => named))).Concat(network.Outputs))
        {
            (int least, int most) = used.GetValueOrDefault(reference.Layer, (int.MaxValue, 0));
            used[reference.Layer] = (Math.Min(least, reference.Call), Math.Max(most, reference.Call));
        }

        foreach (KerasLayer layer in network.Layers)
        {
            if (layer.Network is { } nested && used.TryGetValue(layer.Name, out (int Least, int Most) range))
            {
                bool built = !layer.IsKeras3 || !nested.IsSequential;
                layer.FirstCall = range.Least == 0 ? 0 : built || range.Most >= layer.Calls.Count ? 1 : 0;
            }
        }
    }

    private static void ReadCalls(JsonElement item, KerasLayer layer)
    {
        KerasConfig outer = new(item, layer.Config.Where);
        if (outer.Find("inbound_nodes") is not { } nodes || nodes.ValueKind != JsonValueKind.Array)
        {
            throw new ModelImportException($"{layer.Config.Where}: 'inbound_nodes' is not stated; a list is needed.");
        }

        foreach (JsonElement node in nodes.EnumerateArray())
        {
            List<KerasReference> inputs = [];
            Dictionary<string, IReadOnlyList<KerasReference>> named = new(StringComparer.Ordinal);
            Dictionary<int, float> numbers = [];
            JsonElement options = default;
            JsonElement[] places = [];
            if (node.ValueKind == JsonValueKind.Object && node.TryGetProperty("args", out JsonElement arguments))
            {
                Collect(arguments, inputs);
                CollectNumbers(arguments, numbers);
                places = arguments.ValueKind == JsonValueKind.Array ? [.. arguments.EnumerateArray()] : [];
                options = node.TryGetProperty("kwargs", out JsonElement kwargs) ? kwargs : default;
            }
            else
            {
                Collect(node, inputs);
                options = OptionsOf(node);
                if (IsReference(node) && node[0].GetString() == ConstantValue && node[2].TryGetDouble(out double number))
                {
                    numbers.Add(0, (float)number);
                }
            }

            if (options.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty option in options.EnumerateObject())
                {
                    List<KerasReference> references = [];
                    Collect(option.Value, references);
                    if (references.Count > 0)
                    {
                        named[option.Name] = references;
                    }
                }
            }

            if (inputs.Count == 0 && named.TryGetValue("inputs", out IReadOnlyList<KerasReference>? only))
            {
                inputs.AddRange(only);
            }

            layer.Calls.Add(new KerasCall(inputs, named, new KerasConfig(options, layer.Config.Where)) { Numbers = numbers, Arguments = places });
        }

        if (layer.Class == "InputLayer" && layer.Calls.Count == 0)
        {
            layer.Calls.Add(new KerasCall([], new Dictionary<string, IReadOnlyList<KerasReference>>(), default));
        }

    }

    private static void Ends(KerasConfig config, string name, List<KerasReference> references)
    {
        if (config.Find(name) is { } value)
        {
            Collect(value, references);
        }

        if (references.Count == 0)
        {
            throw new ModelImportException($"{config.Where}: '{name}' names no tensor; at least one is needed.");
        }
    }

    /// <summary>Options of a call in the form of Keras 2: the fourth part of its first input.</summary>
    private static JsonElement OptionsOf(JsonElement node)
    {
        while (node.ValueKind == JsonValueKind.Array && node.GetArrayLength() > 0)
        {
            if (IsReference(node))
            {
                return node.GetArrayLength() > 3 ? node[3] : default;
            }

            node = node[0];
        }

        return default;
    }

    /// <summary>Numbers among positional arguments, by their place.</summary>
    private static void CollectNumbers(JsonElement arguments, Dictionary<int, float> numbers)
    {
        int place = 0;
        foreach (JsonElement argument in arguments.ValueKind == JsonValueKind.Array ? arguments.EnumerateArray() : default)
        {
            if (argument.ValueKind == JsonValueKind.Number && argument.TryGetDouble(out double number))
            {
                numbers.Add(place, (float)number);
            }

            place++;
        }
    }

    /// <summary>Whether it is <c>[layer, call, output]</c>, perhaps with options behind.</summary>
    private static bool IsReference(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() is 3 or 4 && value[0].ValueKind == JsonValueKind.String && value[1].ValueKind == JsonValueKind.Number && value[2].ValueKind == JsonValueKind.Number;

    /// <summary>All references inside a structure, in order.</summary>
    private static void Collect(JsonElement value, List<KerasReference> references)
    {
        // JSON was parsed with a bounded depth, so is this recursion.
        if (IsReference(value))
        {
            if (value[1].TryGetInt32(out int call) && value[2].TryGetInt32(out int output) && call >= 0 && output >= 0)
            {
                references.Add(new KerasReference(value[0].GetString()!, call, output));
            }

            return;
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in value.EnumerateArray())
            {
                Collect(item, references);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            if (value.TryGetProperty("class_name", out JsonElement kind) && kind.ValueKind == JsonValueKind.String && kind.GetString() == "__keras_tensor__")
            {
                Collect(new KerasConfig(value, "a tensor").Object("config").Find("keras_history") ?? default, references);
                return;
            }

            foreach (JsonProperty property in value.EnumerateObject())
            {
                Collect(property.Value, references);
            }
        }
    }
}
