using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>
/// Lets the layout of convolutions reach through the network. Models whose layout is channels first come with a Transpose before and behind every
/// convolution; this pass moves them down through operators that do not mind the order of axes until they meet their inverse, turns those that only move axes of
/// size 1 into reshapes, and puts those before a flattened dense layer into its weights.
/// </summary>
/// <remarks>A transposition is not computed but noted until something needs the order it makes. The result is kept only where it moves fewer elements than before.</remarks>
public sealed class LayoutPropagation : IPass
{
    /// <inheritdoc/>
    public string Name => "layout propagation";

    /// <inheritdoc/>
    public int Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        (int count, long moved) = Cost(graph);
        if (count == 0)
        {
            return 0;
        }

        // A transposition of an input that several convolutions read is better done once, at the input; one that meets its inverse is better moved.
        Graph? best = null;
        int left = count;
        foreach (bool keepsInputs in new[] { false, true })
        {
            LayoutRewriter rewriter = new(graph, keepsInputs);
            rewriter.Rewrite();
            new DeadNodeRemoval().Run(rewriter.Target);
            (int countNow, long movedNow) = Cost(rewriter.Target);
            if (movedNow < moved)
            {
                (best, left, moved) = (rewriter.Target, countNow, movedNow);
            }
        }

        if (best is null)
        {
            return 0;
        }

        graph.TakeOver(best);
        return Math.Max(1, count - left);
    }

    /// <summary>The transpositions of a graph and the elements they move.</summary>
    private static (int Count, long Elements) Cost(Graph graph)
    {
        int count = 0;
        long elements = 0;
        foreach (Node node in graph.Nodes)
        {
            if (node.Operator is Transpose)
            {
                count++;
                elements += node.Output.Shape.ElementCount;
            }
        }

        return (count, elements);
    }
}
