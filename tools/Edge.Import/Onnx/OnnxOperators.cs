namespace Edge.Import.Onnx;

/// <summary>All kinds of nodes that are converted.</summary>
internal static class OnnxOperators
{
    /// <summary>The table, by family.</summary>
    public static IReadOnlyList<OnnxOperator> All { get; } =
    [
        .. OnnxActivations.Table,
        .. OnnxArithmetic.Table,
        .. OnnxConvolution.Table,
        .. OnnxEinsum.Table,
        .. OnnxLosses.Table,
        .. OnnxMovement.Table,
        .. OnnxNormalization.Table,
        .. OnnxPicking.Table,
        .. OnnxPooling.Table,
        .. OnnxQuantization.Table,
        .. OnnxRecurrent.Table,
        .. OnnxReductions.Table,
        .. OnnxResampling.Table,
        .. OnnxShapes.Table,
    ];

    private static readonly Dictionary<string, OnnxOperator> s_byKind = All.ToDictionary(static op => op.Kind, StringComparer.Ordinal);

    /// <summary>How a node is converted, or null where it cannot be.</summary>
    public static OnnxOperator? Find(OnnxNodeMessage node) => s_byKind.GetValueOrDefault(node.FullKind);

    /// <summary>Why a node cannot be converted, and what to do.</summary>
    public static string WhyMissing(OnnxNodeMessage node) => node.Kind switch
    {
        "Loop" or "Scan" => "loops over a number of steps that a device cannot plan memory for; unroll it when exporting",
        _ when node.Domain.Length > 0 => $"an operator of the domain '{node.Domain}', whose meaning is unknown; export with ONNX's own operators only",
        _ => "no operator of the runtime does the same; export the model without it, or cut it off with inputs and outputs",
    };
}
