namespace Edge.Compiler;

/// <summary>Removes nodes that no output of the model depends on. Inputs stay: they are the model's interface.</summary>
public sealed class DeadNodeRemoval : IPass
{
    /// <inheritdoc/>
    public string Name => "dead node removal";

    /// <inheritdoc/>
    public int Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        int removed = 0;
        for (int i = graph.Nodes.Count - 1; i >= 0; i--)
        {
            if (IsDead(graph, graph.Nodes[i]))
            {
                graph.Remove(graph.Nodes[i]);
                removed++;
            }
        }

        return removed;
    }

    /// <summary>Whether nobody reads what a node computes.</summary>
    internal static bool IsDead(Graph graph, Node node)
    {
        foreach (Tensor output in node.Outputs)
        {
            if (output.Consumers.Count > 0 || graph.IsOutput(output))
            {
                return false;
            }
        }

        return true;
    }
}
