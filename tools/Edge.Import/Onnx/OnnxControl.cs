using Edge.Compiler;
using Edge.Format;

namespace Edge.Import.Onnx;

/// <summary>Control flow that is decided at conversion.</summary>
internal static class OnnxControl
{
    /// <summary>An If whose condition is constant is the branch that is taken.</summary>
    public static IReadOnlyList<OnnxValue> If(OnnxNode node)
    {
        Tensor condition = node.Input(0);
        node.Require(
            condition is { IsConstant: true, Type: DataType.Bool },
            $"the condition is {condition}; a bool known at conversion is allowed. Export the model with fixed shapes, or bind the input that decides.");
        string name = condition.Data.Span[0] != 0 ? "then_branch" : "else_branch";
        return node.Converter.Branch(node, node.Attribute(name)?.Graph ?? throw node.Fail($"the attribute {name} is missing."));
    }
}
