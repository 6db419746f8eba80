using Edge.Compiler;
using Edge.Format;

namespace Edge.Import.Onnx;

/// <summary>What a name stands for: a tensor, or a list without elements, which only conversions know.</summary>
/// <param name="Tensor">The tensor; null for a value without elements, or one that cannot be had.</param>
/// <param name="Type">Element type.</param>
/// <param name="Sizes">Axis sizes; one of them is 0 where there are no elements.</param>
internal sealed record OnnxValue(Tensor? Tensor, DataType Type, int[] Sizes)
{
    /// <summary>A tensor.</summary>
    public OnnxValue(Tensor tensor)
        : this(tensor, tensor.Type, tensor.Shape.Axes.ToArray())
    {
    }

    /// <summary>Whether it has no elements.</summary>
    public bool IsEmpty => Array.IndexOf(Sizes, 0) >= 0;

    /// <summary>An output that the conversion cannot make.</summary>
    public static OnnxValue Absent { get; } = new(null, DataType.None, []);
}
