using Edge.Compiler;

namespace Edge.Import.TensorFlow;

/// <summary>Converts a node.</summary>
/// <param name="node">The node.</param>
/// <returns>Its outputs, in order; fewer where the rest cannot be had.</returns>
internal delegate IReadOnlyList<TensorFlowValue> TensorFlowConversion(TensorFlowNode node);

/// <summary>How one kind of node is converted.</summary>
/// <param name="Kind">Its name.</param>
/// <param name="Support">How it reaches the runtime.</param>
/// <param name="Becomes">The operators it becomes; empty where it becomes none.</param>
/// <param name="Convert">Does it.</param>
internal sealed record TensorFlowOperator(string Kind, OperatorSupport Support, string Becomes, TensorFlowConversion Convert)
{
    /// <summary>Says why a certain node cannot be converted; null where it can.</summary>
    public Func<FlatNode, string?> Refuses { get; init; } = static _ => null;

    /// <summary>An operator that one operator of the runtime equals.</summary>
    public static TensorFlowOperator Same(string kind, string becomes, Func<TensorFlowNode, Tensor> convert) =>
        new(kind, OperatorSupport.Supported, becomes, node => [new TensorFlowValue(convert(node))]);

    /// <summary>An operator that several operators of the runtime make up.</summary>
    public static TensorFlowOperator Made(string kind, string becomes, Func<TensorFlowNode, Tensor> convert) =>
        new(kind, OperatorSupport.Emulated, becomes, node => [new TensorFlowValue(convert(node))]);

    /// <summary>An operator whose outputs need not be single tensors.</summary>
    public static TensorFlowOperator Values(string kind, OperatorSupport support, string becomes, TensorFlowConversion convert) => new(kind, support, becomes, convert);
}
