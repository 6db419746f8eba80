namespace Edge.Import;

/// <summary>A source model is malformed, unsupported or beyond the limits. The message says where, what was found, what is allowed and what to do.</summary>
public sealed class ModelImportException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">Where, what was found, what is allowed, what to do.</param>
    public ModelImportException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">Where, what was found, what is allowed, what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ModelImportException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
