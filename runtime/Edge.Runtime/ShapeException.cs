namespace Edge.Runtime;

/// <summary>Shapes, data types or attributes do not fit together. The message names the operator or argument, what was found and what is allowed.</summary>
public sealed class ShapeException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What was found, what is allowed, what to do.</param>
    public ShapeException(string message)
        : base(message)
    {
    }
}
