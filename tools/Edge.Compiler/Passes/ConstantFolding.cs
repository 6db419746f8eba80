using Edge.Runtime;

namespace Edge.Compiler;

/// <summary>Computes what does not depend on an input, once, with the runtime's own operators.</summary>
/// <remarks>
/// A result larger than <see cref="MaxBytes"/> and than what it is made of stays uncomputed: a small file must not grow without bound (a broadcast
/// or a pad can turn a few bytes into gigabytes). A state between runs is no constant, though its first value is. An output of the model stays computed: it needs a place in the arena.
/// </remarks>
public sealed class ConstantFolding : IPass
{
    /// <summary>Largest result in bytes that is stored whatever it is made of.</summary>
    public long MaxBytes { get; init; } = 1 << 16;

    /// <summary>Most bytes of all results of one run of the pass.</summary>
    public long MaxTotalBytes { get; init; } = 1 << 28;

    /// <inheritdoc/>
    public string Name => "constant folding";

    /// <inheritdoc/>
    public int Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        HashSet<Tensor> known = [];
        HashSet<Node> foldable = [];
        long total = 0;
        foreach (Node node in graph.Nodes)
        {
            long outputBytes = node.Outputs.Sum(static output => (long)output.Spec.Bytes);
            long inputBytes = node.Inputs.Sum(static input => (long)(input?.Spec.Bytes ?? 0));
            if (node.StateId is null && node.Inputs.All(input => input is null || input.IsConstant || known.Contains(input)) && !node.Outputs.Any(graph.IsOutput) &&
                outputBytes <= Math.Max(MaxBytes, inputBytes) && total + outputBytes <= MaxTotalBytes)
            {
                total += outputBytes;
                foldable.Add(node);
                known.UnionWith(node.Outputs);
            }
        }

        // Only what the rest of the graph reads is stored.
        Tensor[] wanted = [.. graph.Nodes.Where(foldable.Contains).SelectMany(static node => node.Outputs)
            .Where(output => output.Consumers.Any(consumer => !foldable.Contains(consumer)))];
        if (wanted.Length == 0)
        {
            return 0;
        }

        byte[][] values = Compute(graph.Nodes.Where(foldable.Contains), wanted);
        for (int i = 0; i < wanted.Length; i++)
        {
            graph.ReplaceUses(wanted[i], graph.Constant(wanted[i].Name, wanted[i].Spec, values[i]));
        }

        // What was computed, and nothing else that happens to be dead: each pass reports its own changes.
        int removed = 0;
        for (int i = graph.Nodes.Count - 1; i >= 0; i--)
        {
            if (foldable.Contains(graph.Nodes[i]) && DeadNodeRemoval.IsDead(graph, graph.Nodes[i]))
            {
                graph.Remove(graph.Nodes[i]);
                removed++;
            }
        }

        return removed;
    }

    /// <summary>Computes nodes whose inputs are constants or outputs of nodes among them.</summary>
    internal static byte[][] Compute(IEnumerable<Node> nodes, Tensor[] wanted)
    {
        Graph part = new();
        Dictionary<Tensor, Tensor> copies = [];
        foreach (Node node in nodes)
        {
            Tensor?[] inputs = [.. node.Inputs.Select(Copy)];
            Node copy = part.AddNode(node.Info, node.Operator, node.Name, inputs, [.. node.Outputs.Select(static output => output.Spec)]);
            for (int i = 0; i < node.Outputs.Count; i++)
            {
                copies.Add(node.Outputs[i], copy.Outputs[i]);
            }
        }

        foreach (Tensor tensor in wanted)
        {
            part.AddOutput(copies[tensor]);
        }

        using Model model = Model.Load(ModelEmitter.ToBytes(part));
        using Session session = new(model);
        session.Run();
        byte[][] values = new byte[wanted.Length][];
        for (int i = 0; i < wanted.Length; i++)
        {
            values[i] = session.Output<byte>(i).ToArray();
        }

        return values;

        Tensor? Copy(Tensor? source)
        {
            if (source is null || copies.TryGetValue(source, out Tensor? copy))
            {
                return source is null ? null : copies[source];
            }

            copy = part.Constant(source.Name, source.Spec, source.Data);
            copies.Add(source, copy);
            return copy;
        }
    }
}
