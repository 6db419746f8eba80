namespace Edge.Format;

/// <summary>A model file is malformed, damaged, unsupported or beyond the limits. The message says where, what was found and what is allowed.</summary>
public sealed class ModelFormatException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">Where, what was found, what is allowed.</param>
    public ModelFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">Where, what was found, what is allowed.</param>
    /// <param name="innerException">The cause.</param>
    public ModelFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
