using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>Removes nodes whose output is their input: dropout outside training, reshapes, transpositions, slices, pads and concatenations that change nothing.</summary>
public sealed class IdentityRemoval : IPass
{
    /// <inheritdoc/>
    public string Name => "identity removal";

    /// <inheritdoc/>
    public int Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        int removed = 0;
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (IsIdentity(node) && graph.TryBypass(node))
            {
                removed++;
            }
        }

        return removed;
    }

    private static bool IsIdentity(Node node)
    {
        // A slice, a pad or a reshape that keeps the shape keeps every element in its place.
        Shape shape = node.Input(0)?.Shape ?? default;
        return node.Operator switch
        {
            Dropout => true,
            Reshape or Slice or Pad => node.Output.Shape == shape,
            Concat => node.Inputs.Count == 1,
            Transpose transpose => node.Output.Shape == shape && Permutation.IsFree(transpose.Permutation, shape),
            _ => false,
        };
    }
}
