namespace Edge.Import;

/// <summary>A format that models are imported from.</summary>
public abstract class SourceFormat
{
    /// <summary>Its name.</summary>
    public abstract string Name { get; }

    /// <summary>Names of its files, for messages: <c>.tflite</c>.</summary>
    public abstract string Files { get; }

    /// <summary>The operators it knows, by name.</summary>
    public abstract IReadOnlyList<FormatOperator> Operators { get; }

    /// <summary>Whether a file or folder looks like this format. Content decides; the name only where content says nothing.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="head">Its first bytes, at most 64; empty for a folder.</param>
    public abstract bool Recognizes(string path, ReadOnlySpan<byte> head);

    /// <summary>Reads and surveys a model.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">What the caller decides.</param>
    /// <exception cref="ModelImportException">The source is malformed, unsupported or beyond the limits.</exception>
    public abstract SourceModel Open(string path, ImportOptions options);
}
