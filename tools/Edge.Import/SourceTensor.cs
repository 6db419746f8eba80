using Edge.Format;

namespace Edge.Import;

/// <summary>An input or output of a source model.</summary>
/// <param name="Name">Its name in the source.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Axes">Axis sizes; −1 where the source leaves one open.</param>
public sealed record SourceTensor(string Name, DataType Type, IReadOnlyList<int> Axes)
{
    /// <summary>For example <c>image: float32 [?, 224, 224, 3]</c>.</summary>
    public override string ToString() => $"{Name}: {Type.Name()} [{string.Join(", ", Axes.Select(static axis => axis < 0 ? "?" : $"{axis}"))}]";
}
