namespace Edge.Learning.Data;

/// <summary>A data set that is missing, malformed or does not fit the use: the message says what was found, what is allowed and what to do.</summary>
public sealed class DatasetException : Exception
{
    /// <summary>A failure without a message of its own.</summary>
    public DatasetException()
        : base("The data set cannot be used.")
    {
    }

    /// <summary>A failure with its message.</summary>
    public DatasetException(string message)
        : base(message)
    {
    }

    /// <summary>A failure with its message and cause.</summary>
    public DatasetException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
