namespace Edge.Import;

/// <summary>How a source operator reaches the runtime.</summary>
public enum OperatorSupport
{
    /// <summary>One operator of the runtime does the same.</summary>
    Supported,

    /// <summary>Several operators of the runtime do the same.</summary>
    Emulated,

    /// <summary>Nothing does the same; the model cannot be converted with it.</summary>
    Missing,
}
