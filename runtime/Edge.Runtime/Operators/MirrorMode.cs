namespace Edge.Runtime.Operators;

/// <summary>What <see cref="MirrorPad"/> puts around a line a b c d.</summary>
public enum MirrorMode : byte
{
    /// <summary>c b | a b c d | c b: mirrored at the outermost element, which is not repeated.</summary>
    Reflect = 0,

    /// <summary>b a | a b c d | d c: mirrored at the edge.</summary>
    Symmetric = 1,

    /// <summary>a a | a b c d | d d: the outermost element again and again.</summary>
    Edge = 2,

    /// <summary>c d | a b c d | a b: the line again from its other end.</summary>
    Wrap = 3,
}
