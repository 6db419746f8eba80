using Edge.Compiler;
using Edge.Format;

namespace Edge.Import.Keras;

/// <summary>Runs a network symbolically: every call of every layer becomes nodes of a graph.</summary>
/// <param name="builder">The graph.</param>
/// <param name="weights">The weights of the file.</param>
/// <param name="limits">Caps.</param>
internal sealed class NetworkBuilder(GraphBuilder builder, KerasWeights weights, ImportLimits limits)
{
    private readonly Dictionary<(KerasLayer Layer, string Key), Tensor> _constants = [];
    private readonly Dictionary<(KerasLayer Layer, string Name), int> _states = [];
    private int _calls;

    /// <summary>The graph.</summary>
    public GraphBuilder Builder => builder;

    /// <summary>The weights of the file.</summary>
    public KerasWeights Weights => weights;

    /// <summary>A constant of a layer, made once.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="key">Its name in the layer.</param>
    /// <param name="name">Its name in the graph.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="values">Makes its elements.</param>
    public Tensor Constant(KerasLayer layer, string key, string name, Shape shape, Func<float[]> values)
    {
        if (!_constants.TryGetValue((layer, key), out Tensor? constant))
        {
            builder.Charge((long)shape.ElementCount * sizeof(float), name);
            constant = builder.Constant<float>(name, shape, values());
            _constants.Add((layer, key), constant);
        }

        return constant;
    }

    /// <summary>Number of a state of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="name">The state's name in the layer.</param>
    public int StateId(KerasLayer layer, string name)
    {
        _states.TryAdd((layer, name), _states.Count);
        return _states[(layer, name)];
    }

    /// <summary>Converts a call of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="path">Its path, from which names are made.</param>
    /// <param name="arguments">What it is called with.</param>
    /// <param name="named">What it is called with by name.</param>
    /// <param name="call">Other arguments.</param>
    public IReadOnlyList<Tensor> Call(KerasLayer layer, string path, Tensor[] arguments, IReadOnlyDictionary<string, IReadOnlyList<Tensor>>? named = null, KerasCall? call = null)
    {
        if (++_calls > limits.MaxOperators)
        {
            throw new ModelImportException($"The model calls more than {limits.MaxOperators:N0} layers; that many are allowed.");
        }

        if (layer.Network is { } network)
        {
            return Run(network, path + "/", arguments);
        }

        LayerKind kind = LayerKinds.Find(layer, out string? reason) ?? throw new ModelImportException($"{layer.Config.Where} cannot be converted: {reason}.");
        return kind.Map(new LayerContext(this, layer, path, arguments)
        {
            Named = named ?? new Dictionary<string, IReadOnlyList<Tensor>>(),
            Numbers = call?.Numbers ?? new Dictionary<int, float>(),
            Arguments = call?.Arguments ?? [],
            Options = call?.Options ?? default,
        });
    }

    /// <summary>Converts one call of a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="prefix">What the names of its layers begin with.</param>
    /// <param name="inputs">What it is called with.</param>
    /// <returns>Its outputs.</returns>
    public Tensor[] Run(KerasNetwork network, string prefix, IReadOnlyList<Tensor> inputs)
    {
        if (inputs.Count != network.Inputs.Count)
        {
            throw new ModelImportException($"model '{network.Name}' is called with {inputs.Count} tensors; {network.Inputs.Count} are needed.");
        }

        Dictionary<(string Layer, int Call), IReadOnlyList<Tensor>> results = [];
        for (int i = 0; i < inputs.Count; i++)
        {
            results[(network.Inputs[i].Layer, network.Inputs[i].Call)] = [inputs[i]];
        }

        foreach ((KerasLayer layer, int number) in Ordered(network))
        {
            if (layer.Class == "InputLayer")
            {
                continue;
            }

            KerasCall call = layer.Calls[number];
            Dictionary<string, IReadOnlyList<Tensor>> named = call.Named.ToDictionary(static pair => pair.Key, IReadOnlyList<Tensor> (pair) => [.. pair.Value.Select(Result)]);
            results[(layer.Name, number + layer.FirstCall)] = Call(layer, prefix + layer.Name, [.. call.Inputs.Select(Result)], named, call);
        }

        return [.. network.Outputs.Select(Result)];

        Tensor Result(KerasReference reference)
        {
            if (!results.TryGetValue((reference.Layer, reference.Call), out IReadOnlyList<Tensor>? outputs))
            {
                throw new ModelImportException($"model '{network.Name}' reads its InputLayer '{reference.Layer}', which is not among its input_layers.");
            }

            return reference.Output < outputs.Count ? outputs[reference.Output]
                : throw new ModelImportException($"model '{network.Name}' reads output {reference.Output} of '{reference.Layer}', which has {outputs.Count}.");
        }
    }

    /// <summary>The calls of all layers, each behind those whose results it takes, otherwise in the order of the file.</summary>
    private static List<(KerasLayer Layer, int Number)> Ordered(KerasNetwork network)
    {
        List<(KerasLayer Layer, int Number)> calls = [];
        Dictionary<(string Layer, int Call), int> index = [];
        foreach (KerasLayer layer in network.Layers)
        {
            for (int i = 0; i < layer.Calls.Count; i++)
            {
                index[(layer.Name, i + layer.FirstCall)] = calls.Count;
                calls.Add((layer, i));
            }
        }

        List<int>[] readers = [.. calls.Select(static _ => new List<int>())];
        int[] waiting = new int[calls.Count];
        for (int i = 0; i < calls.Count; i++)
        {
            KerasCall call = calls[i].Layer.Calls[calls[i].Number];
            foreach (KerasReference input in call.Inputs.Concat(call.Named.Values.SelectMany(static named => named)))
            {
                readers[Index(input, calls[i].Layer.Name)].Add(i);
                waiting[i]++;
            }
        }

        foreach (KerasReference end in network.Inputs.Concat(network.Outputs))
        {
            Index(end, network.Name);
        }

        PriorityQueue<int, int> ready = new();
        for (int i = 0; i < calls.Count; i++)
        {
            if (waiting[i] == 0)
            {
                ready.Enqueue(i, i);
            }
        }

        List<(KerasLayer Layer, int Number)> ordered = [];
        while (ready.TryDequeue(out int next, out _))
        {
            ordered.Add(calls[next]);
            foreach (int reader in readers[next])
            {
                if (--waiting[reader] == 0)
                {
                    ready.Enqueue(reader, reader);
                }
            }
        }

        if (ordered.Count < calls.Count)
        {
            IEnumerable<string> names = calls.Where((_, i) => waiting[i] > 0).Select(static call => $"'{call.Layer.Name}'").Distinct().Take(8);
            throw new ModelImportException($"The layers of model '{network.Name}' take each other's results in a circle: {string.Join(", ", names)}.");
        }

        return ordered;

        int Index(KerasReference reference, string reader) => index.TryGetValue((reference.Layer, reference.Call), out int found)
            ? found
            : throw new ModelImportException($"'{reader}' of model '{network.Name}' takes call {reference.Call} of '{reference.Layer}', which is not there.");
    }
}
