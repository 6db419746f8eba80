namespace Edge.Compiler;

/// <summary>
/// Finds operators that a format wrote out in simpler ones: biases added behind a layer, layer normalizations as means and quotients, GELU, HardSwish, Swish and Mish as products.
/// One operator computes, trains and quantizes better than many.
/// </summary>
public sealed class FormFusion : IPass
{
    /// <inheritdoc/>
    public string Name => "form fusion";

    /// <inheritdoc/>
    public int Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        FormRewriter rewriter = new(graph);
        rewriter.Rewrite();
        if (rewriter.Found == 0)
        {
            return 0;
        }

        new DeadNodeRemoval().Run(rewriter.Target);
        graph.TakeOver(rewriter.Target);
        return rewriter.Found;
    }
}
