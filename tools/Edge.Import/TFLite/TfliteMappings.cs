namespace Edge.Import.TFLite;

/// <summary>All operators that are converted, each registered once.</summary>
internal static class TfliteMappings
{
    private static readonly Dictionary<string, TfliteMapping> s_all = new(
        new[] { LayerMappings.Table, ElementwiseMappings.Table, MovementMappings.Table, SpatialMappings.Table, ReductionMappings.Table, RecurrentMappings.Table, StateMappings.Table, ConstantMappings.Table }
            .SelectMany(static table => table).Select(static mapping => KeyValuePair.Create(mapping.Kind, mapping)),
        StringComparer.Ordinal);

    /// <summary>The rows of the table in the documentation.</summary>
    public static IReadOnlyList<FormatOperator> Rows { get; } =
        [.. s_all.Values.OrderBy(static mapping => mapping.Kind, StringComparer.Ordinal).Select(static mapping => new FormatOperator(mapping.Kind, mapping.Support, mapping.Becomes))];

    /// <summary>How an operator is converted, or null.</summary>
    /// <param name="kind">Its name.</param>
    public static TfliteMapping? Find(string kind) => s_all.GetValueOrDefault(kind);
}
