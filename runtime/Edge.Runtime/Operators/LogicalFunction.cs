namespace Edge.Runtime.Operators;

/// <summary>The functions of <see cref="Logical"/>. The numbers are stored in files.</summary>
public enum LogicalFunction : byte
{
    /// <summary>Both.</summary>
    And = 0,

    /// <summary>At least one.</summary>
    Or = 1,

    /// <summary>Exactly one.</summary>
    Xor = 2,
}
