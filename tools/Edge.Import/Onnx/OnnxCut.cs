namespace Edge.Import.Onnx;

/// <summary>The part of a graph that is converted: from the inputs to the outputs that the caller wants, and nothing that neither needs.</summary>
/// <param name="Inputs">Inputs, in the model's order or in that of the options.</param>
/// <param name="Outputs">Outputs.</param>
/// <param name="Nodes">The nodes between, in the model's order.</param>
internal sealed record OnnxCut(IReadOnlyList<OnnxValueMessage> Inputs, IReadOnlyList<OnnxValueMessage> Outputs, IReadOnlyList<OnnxNodeMessage> Nodes)
{
    public static OnnxCut Make(OnnxGraphMessage graph, ImportOptions options)
    {
        Dictionary<string, OnnxValueMessage> described = [];
        foreach (OnnxValueMessage value in graph.Values.Concat(graph.Outputs).Concat(graph.Inputs))
        {
            described[value.Name] = value;
        }

        HashSet<string> constants = [.. graph.Initializers.Select(static tensor => tensor.Name)];
        HashSet<string> computed = [.. graph.Nodes.SelectMany(static node => node.Outputs).Where(static name => name.Length > 0)];
        OnnxValueMessage[] outputs = options.Outputs.Count == 0 ? [.. graph.Outputs] : [.. options.Outputs.Select(name => Named(name, "output"))];
        HashSet<string> cuts = [.. options.Inputs];
        HashSet<string> needed = [.. outputs.Select(static output => output.Name)];
        List<OnnxNodeMessage> nodes = [];
        for (int i = graph.Nodes.Count - 1; i >= 0; i--)
        {
            OnnxNodeMessage node = graph.Nodes[i];
            if (node.Outputs.Any(name => name.Length > 0 && needed.Contains(name) && !cuts.Contains(name)))
            {
                nodes.Add(node);
                needed.UnionWith(Reads(node));
            }
        }

        nodes.Reverse();
        OnnxValueMessage[] inputs = cuts.Count == 0
            ? [.. graph.Inputs.Where(input => !constants.Contains(input.Name))]
            : [.. options.Inputs.Select(name => Named(name, "input"))];
        return outputs.Length == 0
            ? throw new ModelImportException("The graph has no outputs; name at least one tensor as an output.")
            : new OnnxCut(inputs, outputs, nodes);

        OnnxValueMessage Named(string name, string role) => described.TryGetValue(name, out OnnxValueMessage? known)
            ? known
            : computed.Contains(name) || (role == "output" && constants.Contains(name))
                ? new OnnxValueMessage(name, 0, null, NotTensor: false)
                : throw new ModelImportException($"'{name}' is to be an {role}, but the graph has no tensor of that name. Inputs are {string.Join(", ", graph.Inputs.Select(static input => $"'{input.Name}'"))}.");
    }

    /// <summary>What a node reads, the branches of an If included.</summary>
    private static IEnumerable<string> Reads(OnnxNodeMessage node)
    {
        Stack<OnnxNodeMessage> open = new([node]);
        while (open.TryPop(out OnnxNodeMessage? next))
        {
            foreach (string input in next.Inputs)
            {
                yield return input;
            }

            foreach (OnnxGraphMessage graph in next.Attributes.Values.Select(static attribute => attribute.Graph).OfType<OnnxGraphMessage>())
            {
                foreach (OnnxValueMessage output in graph.Outputs)
                {
                    yield return output.Name;
                }

                foreach (OnnxNodeMessage inner in graph.Nodes)
                {
                    open.Push(inner);
                }
            }
        }
    }
}
