using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Reductions over axes.</summary>
internal static class OnnxReductions
{
    public static IEnumerable<OnnxOperator> Table =>
    [
        Over("ReduceMean", "ReduceMean", static (node, x, axes, keep) => node.Builder.Add(node.Name, new ReduceMean(axes, keep), x)),
        Over("ReduceSum", "ReduceSum", static (node, x, axes, keep) => node.Builder.Add(node.Name, new ReduceSum(axes, keep), x)),
        .. new (string Kind, Reduction Reduction)[]
        {
            ("ReduceL1", Reduction.L1), ("ReduceL2", Reduction.L2), ("ReduceLogSum", Reduction.LogSum),
            ("ReduceLogSumExp", Reduction.LogSumExp), ("ReduceMax", Reduction.Maximum),
            ("ReduceMin", Reduction.Minimum), ("ReduceProd", Reduction.Product),
            ("ReduceSumSquare", Reduction.SumOfSquares),
        }.Select(static row => Over(row.Kind, "Reduce", (node, x, axes, keep) => node.Builder.Add(node.Name, new Reduce(row.Reduction, axes, keep), x))),
        OnnxOperator.Same("ArgMax", "ArgMax", static node => Position(node, minimum: false)),
        OnnxOperator.Same("ArgMin", "ArgMax", static node => Position(node, minimum: true)),
    ];

    private static Tensor Position(OnnxNode node, bool minimum)
    {
        Tensor x = node.Input(0);
        int axis = node.Axis("axis", 0, x.Shape.Rank);
        bool keep = node.Flag("keepdims", missing: true);
        Shape shape = keep ? x.Shape.With(axis, 1) : new Shape([.. x.Shape.Axes[..axis], .. x.Shape.Axes[(axis + 1)..]]);
        return node.Builder.Add(node.Name, new ArgMax(axis, keep, node.Flag("select_last_index"), minimum), new TensorSpec(DataType.Int64, shape), x);
    }

    private static OnnxOperator Over(string kind, string becomes, Func<OnnxNode, Tensor, IntList, bool, Tensor> convert) =>
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
