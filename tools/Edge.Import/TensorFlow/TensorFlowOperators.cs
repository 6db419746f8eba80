using Edge.Import.TensorFlow.Operators;

namespace Edge.Import.TensorFlow;

/// <summary>All operators that can be converted; each is registered in one table.</summary>
internal static class TensorFlowOperators
{
    private static readonly Dictionary<string, TensorFlowOperator> s_byKind = Make();

    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<TensorFlowOperator> All => s_byKind.Values;

    /// <summary>The operator of a kind, or null.</summary>
    /// <param name="kind">The kind.</param>
    public static TensorFlowOperator? Find(string kind) => s_byKind.GetValueOrDefault(kind);

    /// <summary>Whether nodes of a kind only hold values and compute nothing.</summary>
    /// <param name="kind">The kind.</param>
    public static bool IsSource(string kind) => kind is "Const" or "VarHandleOp" or "VariableV2" or "Variable";

    /// <summary>What to do about a kind that cannot be converted.</summary>
    /// <param name="kind">The kind.</param>
    public static string WhyMissing(string kind) => kind switch
    {
        "While" or "StatelessWhile" or "Enter" or "Exit" or "NextIteration" or "LoopCond" =>
            "a loop; recurrent layers of Keras are converted from .keras or .h5: save the model so and convert that, or build the layer with unroll=True",
        "If" or "StatelessIf" or "Case" or "StatelessCase" => "control flow that depends on data; save the model for inference only, without a training flag",
        _ when kind.StartsWith("TensorList", StringComparison.Ordinal) || kind.StartsWith("TensorArray", StringComparison.Ordinal) =>
            "part of a loop; recurrent layers of Keras are converted from .keras or .h5: save the model so and convert that",
        _ when kind.StartsWith("HashTable", StringComparison.Ordinal) || kind.StartsWith("Lookup", StringComparison.Ordinal) || kind.StartsWith("String", StringComparison.Ordinal) =>
            "text; end the model before it by stating where it begins, and do this part outside",
        "Placeholder" => "an input that the signature does not list; state the model's inputs",
        _ => "not known; state outputs before it, or write the model without it",
    };

    private static Dictionary<string, TensorFlowOperator> Make()
    {
        Dictionary<string, TensorFlowOperator> operators = new(StringComparer.Ordinal);
        IEnumerable<TensorFlowOperator>[] tables =
        [
            SourceOperators.Table,
            ConvolutionOperators.Table,
            VolumeOperators.Table,
            NormalizationOperators.Table,
            ArithmeticOperators.Table,
            ReductionOperators.Table,
            MovementOperators.Table,
            BlockOperators.Table,
            ResizeOperators.Table,
            EinsumOperators.Table,
            RecurrentOperators.Table,
        ];
        foreach (TensorFlowOperator op in tables.SelectMany(static table => table))
        {
            operators.Add(op.Kind, op);
        }

        return operators;
    }
}
