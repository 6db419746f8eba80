using Edge.Compiler;
using Edge.Format;
using Edge.Import.Keras;
using Edge.Import.Onnx;
using Edge.Import.TFLite;
using Edge.Import.TensorFlow;
using Edge.Runtime;

namespace Edge.Import;

/// <summary>Imports models of every known format.</summary>
public static class ModelImporter
{
    private const int HeadBytes = 64;

    /// <summary>The formats, in the order in which they are tried.</summary>
    public static IReadOnlyList<SourceFormat> Formats { get; } =
    [
        new TfliteFormat(),
        new KerasFormat(),
        new TensorFlowFormat(),
        new OnnxFormat(),
    ];

    /// <summary>Reads and surveys a model without converting it.</summary>
    /// <param name="path">A file, or the folder of a SavedModel.</param>
    /// <param name="options">What the caller decides; the defaults when null.</param>
    /// <exception cref="ModelImportException">No format fits, or the source is malformed, unsupported or beyond the limits.</exception>
    /// <exception cref="IOException">The source cannot be read.</exception>
    public static SourceModel Open(string path, ImportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ImportOptions();
        byte[] head = Head(path, options.Limits);
        SourceFormat format = Formats.FirstOrDefault(format => format.Recognizes(path, head)) ?? throw new ModelImportException(
            $"'{path}' is of no known format; {string.Join(", ", Formats.Select(static format => $"{format.Name} ({format.Files})"))} are known.");
        return Guard(path, () => format.Open(path, options));
    }

    /// <summary>Reads and converts a model.</summary>
    /// <param name="path">A file, or the folder of a SavedModel.</param>
    /// <param name="options">What the caller decides; the defaults when null.</param>
    /// <returns>The graph, as the source computes it: no pass has run.</returns>
    /// <exception cref="ModelImportException">No format fits, operators are missing, or the source is malformed, unsupported or beyond the limits.</exception>
    /// <exception cref="IOException">The source cannot be read.</exception>
    public static Graph Import(string path, ImportOptions? options = null)
    {
        return Build(path, Open(path, options));
    }

    /// <summary>Converts a model that was surveyed.</summary>
    /// <param name="path">The file or folder, for messages.</param>
    /// <param name="source">What <see cref="Open"/> gave.</param>
    /// <returns>The graph, as the source computes it: no pass has run.</returns>
    /// <exception cref="ModelImportException">Operators are missing, or the source is malformed.</exception>
    public static Graph Build(string path, SourceModel source)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(source);
        return Guard(path, source.Build);
    }

    /// <summary>What the parts below say about a source becomes one kind of error that names the file.</summary>
    internal static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is ModelImportException or ShapeException or ModelFormatException or OverflowException)
        {
            throw new ModelImportException($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(path))}: {error.Message}", error);
        }
    }

    private static byte[] Head(string path, ImportLimits limits)
    {
        if (Directory.Exists(path))
        {
            return [];
        }

        using FileStream file = File.OpenRead(path);
        if (file.Length > limits.MaxFileBytes)
        {
            throw new ModelImportException($"'{path}' has {file.Length:N0} bytes; at most {limits.MaxFileBytes:N0} are allowed.");
        }

        byte[] head = new byte[HeadBytes];
        return head[..file.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false)];
    }
}
