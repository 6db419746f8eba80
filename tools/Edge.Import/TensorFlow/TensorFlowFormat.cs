namespace Edge.Import.TensorFlow;

/// <summary>TensorFlow: SavedModel folders of TensorFlow 1 and 2, and graphs (GraphDef) with their constants inside.</summary>
/// <remarks>Source: tensorflow/core/protobuf/saved_model.proto, meta_graph.proto; tensorflow/core/framework/graph.proto.</remarks>
public sealed class TensorFlowFormat : SourceFormat
{
    private const byte FirstField = 0x0A;
    private const byte SchemaVersionField = 0x08;
    private const byte MetaGraphField = 0x12;

    /// <inheritdoc/>
    public override string Name => "TensorFlow";

    /// <inheritdoc/>
    public override string Files => "SavedModel folder, .pb";

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOperator> Operators { get; } =
        [.. TensorFlowOperators.All.OrderBy(static op => op.Kind, StringComparer.Ordinal).Select(static op => new FormatOperator(op.Kind, op.Support, op.Becomes))];

    /// <inheritdoc/>
    public override bool Recognizes(string path, ReadOnlySpan<byte> head)
    {
        if (Directory.Exists(path))
        {
            return File.Exists(Path.Combine(path, TensorFlowReader.SavedModelFile)) || File.Exists(Path.Combine(path, TextFile));
        }

        return IsSavedModel(path, head) || IsGraph(head) || path.EndsWith(".pbtxt", StringComparison.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    public override SourceModel Open(string path, ImportOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        bool isFolder = Directory.Exists(path);
        if (path.EndsWith(".pbtxt", StringComparison.OrdinalIgnoreCase) || (isFolder && !File.Exists(Path.Combine(path, TensorFlowReader.SavedModelFile))))
        {
            throw new ModelImportException("The graph is written as text; the binary form (.pb) is needed. tf.io.write_graph(..., as_text=False) writes it.");
        }

        // A SavedModel's graph file stands for its folder, whose variables it needs.
        string? folder = isFolder ? path : IsSavedModelName(path) ? Path.GetDirectoryName(Path.GetFullPath(path)) : null;
        return new TensorFlowModel(folder is null ? TensorFlowReader.ReadGraph(path, options) : TensorFlowReader.ReadSavedModel(folder, options), options);
    }

    private const string TextFile = "saved_model.pbtxt";

    private static bool IsSavedModelName(string path) => string.Equals(Path.GetFileName(path), TensorFlowReader.SavedModelFile, StringComparison.OrdinalIgnoreCase);

    private static bool IsSavedModel(string path, ReadOnlySpan<byte> head) =>
        IsSavedModelName(path) && head.Length >= 3 && (head[0] == MetaGraphField || (head[0] == SchemaVersionField && head[2] == MetaGraphField));

    /// <summary>A GraphDef begins with a node, and that with its name and operator.</summary>
    private static bool IsGraph(ReadOnlySpan<byte> head)
    {
        if (head.Length < 4 || head[0] != FirstField)
        {
            return false;
        }

        int position = 1;
        while (position < head.Length && head[position] >= 0x80)
        {
            position++;
        }

        position++;
        if (position + 2 > head.Length || head[position] != FirstField || head[position + 1] is 0 or >= 0x80)
        {
            return false;
        }

        int length = Math.Min(head[position + 1], head.Length - position - 2);
        ReadOnlySpan<byte> name = head.Slice(position + 2, length);
        ReadOnlySpan<byte> next = head[(position + 2 + length)..];
        return name.IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0 && (next.IsEmpty || next[0] == MetaGraphField);
    }
}
