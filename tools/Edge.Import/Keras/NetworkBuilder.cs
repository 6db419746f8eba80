using Edge.Compiler;

namespace Edge.Import.Keras;

/// <summary>Runs a network symbolically: every call of every layer becomes nodes of a graph.</summary>
/// <param name="builder">The graph.</param>
/// <param name="weights">The weights of the file.</param>
/// <param name="limits">Caps.</param>
internal sealed class NetworkBuilder(GraphBuilder builder, KerasWeights weights, ImportLimits limits)
{
    private readonly Dictionary<(KerasLayer Layer, string Key), Tensor> _constants = [];
    private int _calls;

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

            if (++_calls > limits.MaxOperators)
            {
                throw new ModelImportException($"The model calls more than {limits.MaxOperators:N0} layers; that many are allowed.");
            }

            KerasCall call = layer.Calls[number];
            Tensor[] arguments = [.. call.Inputs.Select(Result)];
            results[(layer.Name, number + KerasNetworkReader.FirstCall(layer))] = layer.Network is { } nested
                ? Run(nested, $"{prefix}{layer.Name}/", arguments)
                : Map(layer, call, prefix, arguments);
        }

        return [.. network.Outputs.Select(Result)];

        IReadOnlyList<Tensor> Map(KerasLayer layer, KerasCall call, string prefix, Tensor[] arguments)
        {
            LayerKind kind = LayerKinds.Find(layer, out string? reason) ?? throw new ModelImportException($"{layer.Config.Where} cannot be converted: {reason}.");
            return kind.Map(new LayerContext(layer, prefix + layer.Name, arguments, builder, weights, _constants)
            {
                Named = call.Named.ToDictionary(static pair => pair.Key, IReadOnlyList<Tensor> (pair) => [.. pair.Value.Select(Result)]),
                Options = call.Options,
            });
        }

        Tensor Result(KerasReference reference)
        {
            IReadOnlyList<Tensor> outputs = results[(reference.Layer, reference.Call)];
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
                index[(layer.Name, i + KerasNetworkReader.FirstCall(layer))] = calls.Count;
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
