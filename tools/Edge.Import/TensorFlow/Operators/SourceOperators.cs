using Edge.Compiler;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>What holds values or passes them on.</summary>
internal static class SourceOperators
{
    /// <summary>The table.</summary>
    public static IEnumerable<TensorFlowOperator> Table =>
    [
        TensorFlowOperator.Values("Const", OperatorSupport.Supported, "", static node =>
            [node.Converter.Constant(node.Flat.Attribute("value")?.Tensor ?? throw node.Fail("the attribute value is missing."), node.Name)]),
        TensorFlowOperator.Values("VarHandleOp", OperatorSupport.Supported, "", static _ => [TensorFlowValue.None]),
        TensorFlowOperator.Same("VariableV2", "", static node => node.Converter.Variable(node.Flat)),
        TensorFlowOperator.Same("Variable", "", static node => node.Converter.Variable(node.Flat)),
        TensorFlowOperator.Same("ReadVariableOp", "", static node => node.Converter.Variable(Variable(node))),
        TensorFlowOperator.Values("NoOp", OperatorSupport.Supported, "", static _ => []),
        TensorFlowOperator.Values("Assert", OperatorSupport.Supported, "", static _ => []),
        .. new[] { "Identity", "StopGradient", "PreventGradient", "Snapshot", "CheckNumerics", "PlaceholderWithDefault", "EnsureShape", "DebugIdentity", "DeepCopy" }
            .Select(static kind => TensorFlowOperator.Values(kind, OperatorSupport.Supported, "", static node => [node.Value(0)])),
        TensorFlowOperator.Values("Switch", OperatorSupport.Supported, "", static node => [node.Value(0), node.Value(0)]) with { Refuses = RefuseUndecided },
        TensorFlowOperator.Values("Merge", OperatorSupport.Supported, "", static node => [node.Value(0)]) with { Refuses = RefuseUndecided },
        TensorFlowOperator.Values("IdentityN", OperatorSupport.Supported, "", static node => [.. Enumerable.Range(0, node.InputCount).Select(node.Value)]),
    ];

    private static string? RefuseUndecided(FlatNode node) => node.IsDecided ? null
        : "a branch whose condition is an input; state the input's value at conversion, or save the model for inference only";

    /// <summary>The variable that a node's first input stands for.</summary>
    public static FlatNode Variable(TensorFlowNode node)
    {
        FlatNode variable = node.Flat.Inputs.Length > 0 ? node.Flat.Inputs[0].Node : throw node.Fail("the variable is missing.");
        while (variable is { Kind: "Identity", Inputs.Length: 1 })
        {
            variable = variable.Inputs[0].Node;
        }

        return variable;
    }
}
