namespace Edge.Runtime.Storage;

/// <summary>State could not be read, written or made durable. The message says what failed, why, and what to do.</summary>
public sealed class StorageException : IOException
{
    /// <summary>Describes a failed operation.</summary>
    /// <param name="operation">What was tried: a verb, such as "flush".</param>
    /// <param name="path">The file or directory.</param>
    /// <param name="reason">What the system said.</param>
    /// <param name="advice">What to do about it; a sentence.</param>
    /// <param name="innerException">The error underneath, if it was an exception.</param>
    public StorageException(string operation, string path, string reason, string advice, Exception? innerException = null)
        : base($"Cannot {operation} '{path}': {reason.TrimEnd('.')}. {advice}", innerException)
    {
        Operation = operation;
        Path = path;
    }

    /// <summary>What was tried, such as "flush".</summary>
    public string Operation { get; }

    /// <summary>The file or directory.</summary>
    public string Path { get; }
}
