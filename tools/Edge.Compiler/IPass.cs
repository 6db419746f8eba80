namespace Edge.Compiler;

/// <summary>A change to a graph that keeps what the graph computes.</summary>
public interface IPass
{
    /// <summary>Its name in reports.</summary>
    string Name { get; }

    /// <summary>Changes the graph.</summary>
    /// <param name="graph">A valid graph in execution order; so it is afterwards.</param>
    /// <returns>Number of changes; 0 when the graph is as before.</returns>
    int Run(Graph graph);
}
