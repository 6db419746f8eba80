using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>Lets the operator before a Relu or Relu6 clamp its own result, which saves a pass over memory. Only where nothing else reads the unclamped result.</summary>
public sealed class ActivationFusion : IPass
{
    /// <inheritdoc/>
    public string Name => "activation fusion";

    /// <inheritdoc/>
    public int Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        int fused = 0;
        foreach (Node node in graph.Nodes.ToArray())
        {
            Activation? second = node.Operator switch { Relu => Activation.Relu, Relu6 => Activation.Relu6, _ => null };
            if (second is not null && node.Inputs[0] is { Producer: { } producer } input && graph.SingleConsumer(input) is not null &&
                Fusable.ActivationOf(producer.Operator) is { } first && Combine(first, second.Value) is { } both && graph.TryBypass(node))
            {
                graph.SetOperator(producer, Fusable.With(producer.Operator, both));
                fused++;
            }
        }

        return fused;
    }

    /// <summary>One clamp that equals two, or null where there is none: Relu after a clamp to [−1, 1] leaves [0, 1].</summary>
    private static Activation? Combine(Activation first, Activation second) => (first, second) switch
    {
        (Activation.None, _) => second,
        (Activation.Relu, Activation.Relu) => Activation.Relu,
        (Activation.Relu or Activation.Relu6, _) => Activation.Relu6,
        _ => null,
    };
}
