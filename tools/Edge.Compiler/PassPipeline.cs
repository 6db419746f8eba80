namespace Edge.Compiler;

/// <summary>Passes that run one after the other, again and again until none of them changes anything.</summary>
public sealed class PassPipeline
{
    private const int MostRounds = 16;

    private readonly IPass[] _passes;

    /// <summary>Makes a pipeline.</summary>
    /// <param name="passes">The passes, in order.</param>
    public PassPipeline(params ReadOnlySpan<IPass> passes) => _passes = passes.ToArray();

    /// <summary>The passes that every model goes through: removal of what does nothing in inference, layout, folding, fusion.</summary>
    public static PassPipeline Default { get; } = new(
        new DeadNodeRemoval(),
        new IdentityRemoval(),
        new LayoutPropagation(),
        new FormFusion(),
        new ActivationFusion(),
        new QuantizedFusion(),
        new WeightDequantizeFusion(),
        new ConstantFolding(),
        new BatchNormFolding(),
        new DeadNodeRemoval());

    /// <summary>The passes, in order.</summary>
    public IReadOnlyList<IPass> Passes => _passes;

    /// <summary>Runs the passes.</summary>
    /// <param name="graph">A valid graph; sorted first.</param>
    /// <returns>Changes by name of pass, in the order of the passes; passes without changes are left out.</returns>
    /// <exception cref="InvalidOperationException">The graph was not valid, or a pass left it invalid.</exception>
    public IReadOnlyList<KeyValuePair<string, int>> Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        graph.TopologicalSort();
        graph.Validate();
        OrderedDictionary<string, int> changes = [];
        int before = -1;
        int total = 0;
        for (int round = 0; round < MostRounds && total != before; round++)
        {
            before = total;
            foreach (IPass pass in _passes)
            {
                int count = pass.Run(graph);
                if (count > 0)
                {
                    total += count;
                    changes[pass.Name] = changes.GetValueOrDefault(pass.Name) + count;
                }
            }
        }

        graph.Validate();
        return [.. changes];
    }
}
