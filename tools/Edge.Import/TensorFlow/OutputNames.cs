namespace Edge.Import.TensorFlow;

/// <summary>Positions of named outputs: inside functions a reference names the output instead of its number.</summary>
/// <remarks>Source: the operator definitions of tensorflow/core/ops. Operators with one output, or one list of outputs, need no row.</remarks>
internal static class OutputNames
{
    private static readonly Dictionary<string, string[]> s_names = new(StringComparer.Ordinal)
    {
        ["FusedBatchNorm"] = ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
        ["FusedBatchNormV2"] = ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
        ["FusedBatchNormV3"] = ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"],
        ["TopK"] = ["values", "indices"],
        ["TopKV2"] = ["values", "indices"],
        ["MaxPoolWithArgmax"] = ["output", "argmax"],
        ["Switch"] = ["output_false", "output_true"],
        ["Merge"] = ["output", "value_index"],
        ["Unique"] = ["y", "idx"],
        ["UniqueV2"] = ["y", "idx"],
    };

    /// <summary>Position of an output.</summary>
    /// <param name="kind">The operator.</param>
    /// <param name="output">The output's name.</param>
    /// <param name="index">Its place in the list that the name stands for.</param>
    public static int Position(string kind, string output, int index)
    {
        int named = s_names.TryGetValue(kind, out string[]? names) ? Array.IndexOf(names, output) : -1;
        return named > 0 ? named : index;
    }

    /// <summary>Number of outputs with names of their own, 1 for other operators.</summary>
    /// <param name="kind">The operator.</param>
    public static int Count(string kind) => kind is "TopK" or "TopKV2" ? s_names[kind].Length : 1;
}
