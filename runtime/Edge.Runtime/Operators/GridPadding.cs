namespace Edge.Runtime.Operators;

/// <summary>What <see cref="GridSample"/> reads outside the picture.</summary>
public enum GridPadding : byte
{
    /// <summary>Zeros.</summary>
    Zeros = 0,

    /// <summary>The pixel at the edge.</summary>
    Border = 1,

    /// <summary>The picture mirrored at its border.</summary>
    Reflection = 2,
}
