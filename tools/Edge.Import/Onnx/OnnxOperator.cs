using Edge.Compiler;

namespace Edge.Import.Onnx;

/// <summary>Converts a node.</summary>
/// <param name="node">The node.</param>
/// <returns>Its outputs, in order; null for one that cannot be had (it may only be left unread).</returns>
internal delegate IReadOnlyList<Tensor?> OnnxConversion(OnnxNode node);

/// <summary>How one kind of node is converted.</summary>
/// <param name="Kind">Its name, behind its domain unless that is ONNX's own.</param>
/// <param name="Support">How it reaches the runtime.</param>
/// <param name="Becomes">The operators it becomes.</param>
/// <param name="Convert">Does it.</param>
/// <param name="Deciding">Inputs that decide shapes or attributes, and so must be constant at conversion.</param>
internal sealed record OnnxOperator(string Kind, OperatorSupport Support, string Becomes, OnnxConversion Convert, IReadOnlyList<int> Deciding)
{
    /// <summary>An operator that one operator of the runtime equals.</summary>
    public static OnnxOperator Same(string kind, string becomes, Func<OnnxNode, Tensor> convert, params int[] deciding) =>
        new(kind, OperatorSupport.Supported, becomes, node => [convert(node)], deciding);

    /// <summary>An operator that several operators of the runtime make up.</summary>
    public static OnnxOperator Made(string kind, string becomes, Func<OnnxNode, Tensor> convert, params int[] deciding) =>
        new(kind, OperatorSupport.Emulated, becomes, node => [convert(node)], deciding);

    /// <summary>An operator with several outputs.</summary>
    public static OnnxOperator Many(string kind, OperatorSupport support, string becomes, OnnxConversion convert, params int[] deciding) =>
        new(kind, support, becomes, convert, deciding);
}
