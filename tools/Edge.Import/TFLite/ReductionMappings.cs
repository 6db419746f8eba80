using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>Operators that make one value of many.</summary>
internal static class ReductionMappings
{
    /// <summary>The operators.</summary>
    public static IReadOnlyList<TfliteMapping> Table { get; } =
    [
        Reduced("MEAN", "ReduceMean", static (axes, keep) => new ReduceMean(axes, keep)),
        Reduced("SUM", "ReduceSum", static (axes, keep) => new ReduceSum(axes, keep)),
        Reduced("REDUCE_MAX", "Reduce", static (axes, keep) => new Reduce(Reduction.Maximum, axes, keep), moves: true),
        Reduced("REDUCE_MIN", "Reduce", static (axes, keep) => new Reduce(Reduction.Minimum, axes, keep), moves: true),
        Reduced("REDUCE_PROD", "Reduce", static (axes, keep) => new Reduce(Reduction.Product, axes, keep)),
        Reduced("REDUCE_ANY", "Reduce", static (axes, keep) => new Reduce(Reduction.Any, axes, keep)),
        Reduced("REDUCE_ALL", "Reduce", static (axes, keep) => new Reduce(Reduction.All, axes, keep)),
        TfliteMapping.One("CUMSUM", "CumulativeSum", Sums),
        TfliteMapping.One("TOPK_V2", "TopK", Largest),
        TfliteMapping.One("ARG_MAX", "ArgMax", static node => Position(node, minimum: false)),
        TfliteMapping.One("ARG_MIN", "ArgMax", static node => Position(node, minimum: true)),
    ];

    private static TfliteMapping Reduced<TOperator>(string kind, string becomes, Func<IntList, bool, TOperator> make, bool moves = false)
        where TOperator : struct, IOperator<TOperator> =>
        TfliteMapping.One(kind, becomes, node =>
        {
            Tensor input = node.Input(0);
            IntList axes = Axes(node);
            if (axes.Count == 0)
            {
                node.Move(input);
                return;
            }

            TOperator op = make(axes, node.Options(OptionsKind.Reducer).Bool(0));
            if (moves)
            {
                node.Move(node.Builder.Add(node.Name, op, input));
            }
            else
            {
                node.Compute(op, input);
            }
        });

    /// <summary>The axes, each once and counted from the front.</summary>
    private static IntList Axes(TfliteNode node)
    {
        int rank = node.Input(0).Shape.Rank;
        return IntList.Create([.. node.Integers(1, "the list of axes").Select(axis => TfliteNode.Axis(axis, rank)).Distinct().Order()]);
    }

    private static void Sums(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.CumulativeSum);
        Tensor input = node.Input(0);
        int axis = TfliteNode.Axis(node.Integer(1, "the axis"), input.Shape.Rank);
        node.Compute(new CumulativeSum(axis, options.Bool(0), options.Bool(1)), input);
    }

    private static void Largest(TfliteNode node)
    {
        IReadOnlyList<Tensor> results = node.Builder.AddAll(
            node.Name, new TopK(node.Integer(1, "the number of elements"), -1, Largest: true, Sorted: true), [default, new TensorSpec(node.StatedOutput(1).Type, default)], node.Input(0));
        node.Move(results[0]);
        node.Set(results[1], 1);
    }

    private static void Position(TfliteNode node, bool minimum)
    {
        Tensor input = node.Input(0);
        int axis = TfliteNode.Axis(node.Integer(1, "the axis"), input.Shape.Rank);
        node.Compute(new ArgMax(axis, KeepDims: false, SelectLast: false, minimum), input);
    }
}
