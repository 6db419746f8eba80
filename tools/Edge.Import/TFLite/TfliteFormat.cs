namespace Edge.Import.TFLite;

/// <summary>TensorFlow Lite models: one FlatBuffer file.</summary>
internal sealed class TfliteFormat : SourceFormat
{
    /// <inheritdoc/>
    public override string Name => "TFLite";

    /// <inheritdoc/>
    public override string Files => ".tflite";

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOperator> Operators => TfliteMappings.Rows;

    /// <inheritdoc/>
    public override bool Recognizes(string path, ReadOnlySpan<byte> head) =>
        TfliteFile.IsTflite(head) || (!head.IsEmpty && path.EndsWith(".tflite", StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public override SourceModel Open(string path, ImportOptions options) => Open(File.ReadAllBytes(path), options);

    /// <summary>Reads and surveys a model from memory.</summary>
    /// <param name="file">All bytes of the file; kept and never changed.</param>
    /// <param name="options">What the caller decides.</param>
    /// <exception cref="ModelImportException">The file is malformed, unsupported or beyond the limits.</exception>
    public static SourceModel Open(ReadOnlyMemory<byte> file, ImportOptions options) => new TfliteModel(TfliteFile.Read(file, options.Limits), options);
}
