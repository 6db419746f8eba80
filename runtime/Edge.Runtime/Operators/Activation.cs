namespace Edge.Runtime.Operators;

/// <summary>An activation that an operator applies to its result before storing it, which saves a pass over memory.</summary>
/// <remarks>Limited to clamps: they cost one or two instructions, have an exact int8 form, and their derivative follows from the output alone.</remarks>
public enum Activation : byte
{
    /// <summary>y.</summary>
    None = 0,

    /// <summary>max(y, 0).</summary>
    Relu = 1,

    /// <summary>min(max(y, 0), 6).</summary>
    Relu6 = 2,

    /// <summary>min(max(y, −1), 1).</summary>
    ReluN1To1 = 3,
}
