using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Reductions over axes.</summary>
internal static class OnnxReductions
{
    public static IEnumerable<OnnxOperator> Table =>
    [
        Reduction("ReduceMean", "ReduceMean", static (node, x, axes, keep) => node.Builder.Add(node.Name, new ReduceMean(axes, keep), x)),
        Reduction("ReduceSum", "ReduceSum", static (node, x, axes, keep) => node.Builder.Add(node.Name, new ReduceSum(axes, keep), x)),
    ];

    private static OnnxOperator Reduction(string kind, string becomes, Func<OnnxNode, Tensor, IntList, bool, Tensor> convert) =>
        OnnxOperator.Same(kind, becomes, node => Convert(node, convert), 1);

    private static Tensor Convert(OnnxNode node, Func<OnnxNode, Tensor, IntList, bool, Tensor> convert)
    {
        Tensor x = node.Input(0);
        int[] axes = OnnxShapes.Axes(node, x.Shape.Rank) ?? [];
        return (axes.Length == 0 && node.Flag("noop_with_empty_axes")) || x.Shape.Rank == 0
            ? x
            : convert(node, x, IntList.Create([.. (axes.Length == 0 ? Enumerable.Range(0, x.Shape.Rank) : axes.Distinct().Order())]), node.Flag("keepdims", missing: true));
    }
}
