using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>Operators that make one value of many.</summary>
internal static class ReductionMappings
{
    /// <summary>The operators.</summary>
    public static IReadOnlyList<TfliteMapping> Table { get; } =
    [
        Reduction("MEAN", "ReduceMean", static (axes, keep) => new ReduceMean(axes, keep)),
        Reduction("SUM", "ReduceSum", static (axes, keep) => new ReduceSum(axes, keep)),
    ];

    private static TfliteMapping Reduction<TOperator>(string kind, string becomes, Func<IntList, bool, TOperator> make) where TOperator : struct, IOperator<TOperator> =>
        TfliteMapping.One(kind, becomes, node =>
        {
            IntList axes = Axes(node);
            if (axes.Count == 0)
            {
                node.Move(node.Input(0));
                return;
            }

            node.Compute(make(axes, node.Options(OptionsKind.Reducer).Bool(0)), node.Input(0));
        });

    /// <summary>The axes, each once and counted from the front.</summary>
    private static IntList Axes(TfliteNode node)
    {
        int rank = node.Input(0).Shape.Rank;
        return IntList.Create([.. node.Integers(1, "the axes").Select(axis => TfliteNode.Axis(axis, rank)).Distinct().Order()]);
    }
}
