namespace Edge.Format;

/// <summary>Caps that bound what an untrusted file may cost. A file beyond one is refused before memory is spent on it.</summary>
public sealed record ModelLimits
{
    /// <summary>Largest file in bytes. Default: 2³¹ − 65 (what one span can address).</summary>
    public long MaxFileBytes { get; init; } = int.MaxValue - 64;

    /// <summary>Most tensors. Default: 65,536.</summary>
    public int MaxTensors { get; init; } = 65_536;

    /// <summary>Most operators. Default: 65,536.</summary>
    public int MaxOperators { get; init; } = 65_536;

    /// <summary>Most sections. Default: 64.</summary>
    public int MaxSections { get; init; } = 64;

    /// <summary>Most programs. Default: 256.</summary>
    public int MaxPrograms { get; init; } = 256;

    /// <summary>Largest tensor in bytes. Default: 2³¹ − 65 (what one span can address).</summary>
    public long MaxTensorBytes { get; init; } = int.MaxValue - 64;

    /// <summary>Largest arena of one program in bytes. Default: 2³¹ − 65.</summary>
    public long MaxArenaBytes { get; init; } = int.MaxValue - 64;

    /// <summary>The defaults.</summary>
    public static ModelLimits Default { get; } = new();
}
