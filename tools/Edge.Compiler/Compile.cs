namespace Edge.Compiler;

/// <summary>The compiler in one line each.</summary>
public static class Compile
{
    /// <summary>Runs the default passes on the graph itself: the same results in inference with fewer nodes.</summary>
    /// <param name="graph">The graph; changed.</param>
    /// <returns>Changes by name of pass.</returns>
    public static IReadOnlyList<KeyValuePair<string, int>> Optimize(Graph graph) => PassPipeline.Default.Run(graph);

    /// <summary>Optimizes a copy of the graph and writes it as a file.</summary>
    /// <param name="graph">The graph; unchanged.</param>
    /// <param name="options">How the file is written; the defaults when null.</param>
    public static byte[] ToBytes(Graph graph, EmitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Graph copy = graph.Clone();
        Optimize(copy);
        return ModelEmitter.ToBytes(copy, options);
    }
}
