namespace Edge.Import.TFLite;

/// <summary>How one operator reaches the runtime.</summary>
/// <param name="Kind">Its name.</param>
/// <param name="Support">Whether one operator of the runtime does the same, or several do.</param>
/// <param name="Becomes">Which.</param>
/// <param name="Map">Adds them.</param>
internal sealed record TfliteMapping(string Kind, OperatorSupport Support, string Becomes, Action<TfliteNode> Map)
{
    /// <summary>One operator of the runtime does the same.</summary>
    public static TfliteMapping One(string kind, string becomes, Action<TfliteNode> map) => new(kind, OperatorSupport.Supported, becomes, map);

    /// <summary>Several operators of the runtime do the same.</summary>
    public static TfliteMapping Several(string kind, string becomes, Action<TfliteNode> map) => new(kind, OperatorSupport.Emulated, becomes, map);
}
