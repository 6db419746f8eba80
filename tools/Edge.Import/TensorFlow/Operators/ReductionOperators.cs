using Edge.Compiler;
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

    private static bool Keeps(TensorFlowNode node) => node.Flag("keep_dims");

    /// <summary>The axes of a reduction, each once, in order.</summary>
    private static int[] Axes(TensorFlowNode node)
    {
        int rank = node.Input(0).Shape.Rank;
        return [.. node.Integers(1, "the axes").Select(axis => node.Axis(axis, rank)).Distinct().Order()];
    }
}
