namespace Edge.Runtime.Operators;

/// <summary>The comparisons of <see cref="Compare"/>. The numbers are stored in files. A NaN is unequal to everything, and neither less nor greater.</summary>
public enum Comparison : byte
{
    /// <summary>a = b.</summary>
    Equal = 0,

    /// <summary>a ≠ b.</summary>
    NotEqual = 1,

    /// <summary>a &lt; b.</summary>
    Less = 2,

    /// <summary>a ≤ b.</summary>
    LessOrEqual = 3,

    /// <summary>a &gt; b.</summary>
    Greater = 4,

    /// <summary>a ≥ b.</summary>
    GreaterOrEqual = 5,
}
