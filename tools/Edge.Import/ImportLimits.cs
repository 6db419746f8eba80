namespace Edge.Import;

/// <summary>Caps on what a source file may cost. A hostile file ends in <see cref="ModelImportException"/> before it costs more.</summary>
public sealed record ImportLimits
{
    /// <summary>Largest source file in bytes, external data included. Default: 2³¹ − 1 less a page.</summary>
    public long MaxFileBytes { get; init; } = int.MaxValue - 4096;

    /// <summary>Most operators of the source model, those of called functions included. Default: 65,536.</summary>
    public int MaxOperators { get; init; } = 65_536;

    /// <summary>Most tensors of the source model. Default: 65,536.</summary>
    public int MaxTensors { get; init; } = 65_536;

    /// <summary>Deepest nesting of messages, groups, layers and called functions. Default: 64.</summary>
    public int MaxNesting { get; init; } = 64;

    /// <summary>
    /// Bytes that compressed or expanded content (deflate, sparse tensors, folded constants) may take for each byte of the source file. Default: 32.
    /// </summary>
    public int MaxExpansion { get; init; } = 32;

    /// <summary>Bytes that compressed or expanded content may take whatever the size of the source file. Default: 64 MiB.</summary>
    public long MinExpansionBytes { get; init; } = 64L << 20;

    /// <summary>The defaults.</summary>
    public static ImportLimits Default { get; } = new();

    /// <summary>Bytes that compressed or expanded content of a source may take.</summary>
    /// <param name="sourceBytes">Size of the source.</param>
    public long ExpansionBytes(long sourceBytes) => Math.Max(MinExpansionBytes, sourceBytes * MaxExpansion);
}
