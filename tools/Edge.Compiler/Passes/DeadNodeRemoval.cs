using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>
/// Removes nodes that no output of the model depends on. Inputs stay: they are the model's interface. What is written to a state stays as long as some node reads that
/// state: it decides over later runs.
/// </summary>
public sealed class DeadNodeRemoval : IPass
{
    /// <inheritdoc/>
    public string Name => "dead node removal";

    /// <inheritdoc/>
    public int Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        int removed = 0;
        int before;
        do
        {
            before = removed;
            for (int i = graph.Nodes.Count - 1; i >= 0; i--)
            {
                if (IsDead(graph, graph.Nodes[i]))
                {
                    graph.Remove(graph.Nodes[i]);
                    removed++;
                }
            }
        }
        while (removed > before);                    // a read that went may have been the reason for a write
        return removed;
    }

    /// <summary>Whether nobody reads what a node computes, in this run or a later one.</summary>
    internal static bool IsDead(Graph graph, Node node)
    {
        foreach (Tensor output in node.Outputs)
        {
            if (output.Consumers.Count > 0 || graph.IsOutput(output))
            {
                return false;
            }
        }

        return node.Operator is not WriteState write || !graph.Nodes.Any(other => other.Operator is ReadState read && read.Id == write.Id);
    }
}
