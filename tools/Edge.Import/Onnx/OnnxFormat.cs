namespace Edge.Import.Onnx;

/// <summary>ONNX: models of operator sets 7 to 22, with their data inside or beside them.</summary>
/// <remarks>Source: onnx/onnx.proto and docs/Operators.md.</remarks>
public sealed class OnnxFormat : SourceFormat
{
    private const byte IrVersionTag = 0x08;
    private const int NewestIrVersion = 32;

    /// <inheritdoc/>
    public override string Name => "ONNX";

    /// <inheritdoc/>
    public override string Files => ".onnx";

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOperator> Operators { get; } =
        [.. OnnxOperators.All.OrderBy(static op => op.Kind, StringComparer.Ordinal).Select(static op => new FormatOperator(op.Kind, op.Support, op.Becomes))];

    /// <inheritdoc/>
    /// <remarks>A ModelProto has no magic number: it begins with a small IR version, and what follows is the producer's name, the opsets or the graph.</remarks>
    public override bool Recognizes(string path, ReadOnlySpan<byte> head)
    {
        if (head.Length < 4 || head[0] != IrVersionTag || head[1] is 0 or > NewestIrVersion)
        {
            return head.Length >= 2 && path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) && (head[0] & 7) is 0 or 2 && !head.StartsWith("PK"u8);
        }

        // A SavedModel begins alike, but its second field is long; a producer's name is short text.
        ReadOnlySpan<byte> next = head[2..];
        return next[0] switch
        {
            0x12 or 0x1a or 0x22 => IsText(next),
            0x3a or 0x42 or 0x72 or 0x28 or 0x32 => true,
            _ => path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase),
        };
    }

    /// <inheritdoc/>
    public override SourceModel Open(string path, ImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return OnnxModel.Open(path, options);
    }

    private static bool IsText(ReadOnlySpan<byte> field)
    {
        int length = Math.Min(field[1], field.Length - 2);
        return field[1] < 0x80 && field.Slice(2, length).IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0;
    }
}
