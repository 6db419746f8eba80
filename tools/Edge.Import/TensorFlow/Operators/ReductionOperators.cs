using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>Reductions over axes.</summary>
internal static class ReductionOperators
{
    /// <summary>The table.</summary>
    public static IEnumerable<TensorFlowOperator> Table =>
    [
        TensorFlowOperator.Same("Mean", "GlobalAveragePool, ReduceMean", Mean),
        Over("Sum", "ReduceSum", static (axes, keep) => new ReduceSum(axes, keep)),
        Over("Max", "Reduce", static (axes, keep) => new Reduce(Reduction.Maximum, axes, keep)),
        Over("Min", "Reduce", static (axes, keep) => new Reduce(Reduction.Minimum, axes, keep)),
        Over("Prod", "Reduce", static (axes, keep) => new Reduce(Reduction.Product, axes, keep)),
        Over("All", "Reduce", static (axes, keep) => new Reduce(Reduction.All, axes, keep)),
        Over("Any", "Reduce", static (axes, keep) => new Reduce(Reduction.Any, axes, keep)),
        TensorFlowOperator.Same("EuclideanNorm", "Reduce", static node => Axes(node) is { Length: > 0 } axes
            ? node.Builder.Add(node.Name, new Reduce(Reduction.L2, IntList.Create(axes), Keeps(node)), node.Input(0))
            : node.Builder.Add(node.Name, new Unary(UnaryFunction.Abs), node.Input(0))),
        TensorFlowOperator.Same("Cumsum", "CumulativeSum", static node => node.Builder.Add(
            node.Name, new CumulativeSum(node.Axis(node.Integer(1, "the axis"), node.Input(0).Shape.Rank), node.Flag("exclusive"), node.Flag("reverse")), node.Input(0))),
        TensorFlowOperator.Values("TopK", OperatorSupport.Supported, "TopK", static node => Largest(node, node.Int32("k", 1))),
        TensorFlowOperator.Values("TopKV2", OperatorSupport.Supported, "TopK", static node => Largest(node, node.Integer(1, "k"))),
        TensorFlowOperator.Same("ArgMax", "ArgMax", static node => Position(node, minimum: false)),
        TensorFlowOperator.Same("ArgMin", "ArgMax", static node => Position(node, minimum: true)),
    ];

    private static TensorFlowOperator Over<TOperator>(string kind, string becomes, Func<IntList, bool, TOperator> make) where TOperator : struct, IOperator<TOperator> =>
        TensorFlowOperator.Same(kind, becomes, node => Axes(node) is { Length: > 0 } axes
            ? node.Builder.Add(node.Name, make(IntList.Create(axes), Keeps(node)), node.Input(0))
            : node.Input(0));

    private static Tensor Mean(TensorFlowNode node)
    {
        Tensor x = node.Input(0);
        return Axes(node) switch
        {
            [] => x,
            [1, 2] when x.Shape.Rank == 4 => node.Builder.Add(node.Name, new GlobalAveragePool(Keeps(node)), x),
            int[] axes => node.Builder.Add(node.Name, new ReduceMean(IntList.Create(axes), Keeps(node)), x),
        };
    }

    private static IReadOnlyList<TensorFlowValue> Largest(TensorFlowNode node, int count)
    {
        Tensor x = node.Input(0);
        node.Require(x.Shape.Rank >= 1 && count >= 1 && count <= x.Shape[-1], $"the {count} largest elements of {x} are wanted; 1 up to the last axis' size is allowed.");
        Shape shape = x.Shape.With(-1, count);
        return [.. node.Builder.AddAll(
            node.Name, new TopK(count, -1, Largest: true, Sorted: true), [new TensorSpec(x.Type, shape), new TensorSpec(node.Type("index_type", DataType.Int32), shape)], x)
            .Select(static output => new TensorFlowValue(output))];
    }

    private static Tensor Position(TensorFlowNode node, bool minimum)
    {
        Tensor x = node.Input(0);
        int axis = node.Axis(node.InputCount > 1 ? node.Integer(1, "the axis") : 0, x.Shape.Rank);
        Shape shape = new([.. x.Shape.Axes[..axis], .. x.Shape.Axes[(axis + 1)..]]);
        return node.Builder.Add(node.Name, new ArgMax(axis, KeepDims: false, SelectLast: false, minimum), new TensorSpec(node.Type("output_type", DataType.Int64), shape), x);
    }

    private static bool Keeps(TensorFlowNode node) => node.Flag("keep_dims");

    /// <summary>The axes of a reduction, each once, in order.</summary>
    private static int[] Axes(TensorFlowNode node)
    {
        int rank = node.Input(0).Shape.Rank;
        return [.. node.Integers(1, "the axes").Select(axis => node.Axis(axis, rank)).Distinct().Order()];
    }
}
