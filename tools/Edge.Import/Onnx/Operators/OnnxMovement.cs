using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>What moves elements: concatenation, padding, reductions.</summary>
internal static class OnnxMovement
{
    public static IEnumerable<OnnxOperator> Table =>
    [
        OnnxOperator.Same("Concat", "Concat", Concat),
    ];

    private static Tensor Concat(OnnxNode node)
    {
        Tensor[] parts = [.. Enumerable.Range(0, node.InputCount).Where(input => !node.IsEmpty(input)).Select(node.Input)];
        int axis = node.Axis("axis", 1, parts[0].Shape.Rank);

        // An operator takes at most 32 inputs, so more of them join in groups.
        const int Most = 32;
        while (parts.Length > 1)
        {
            parts = [.. parts.Chunk(Most).Select(group => group.Length == 1 ? group[0] : node.Builder.Add(node.Name, new Concat(axis), group))];
        }

        return parts[0];
    }
}
