namespace Edge.Cli.Images;

/// <summary>An image file is malformed, of an unknown kind or too large. The message says what was found and what is allowed.</summary>
internal sealed class ImageException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What was found, what is allowed, what to do.</param>
    public ImageException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What was found, what is allowed, what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ImageException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
