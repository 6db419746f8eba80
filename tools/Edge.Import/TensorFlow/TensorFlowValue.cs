using Edge.Compiler;
using Edge.Format;

namespace Edge.Import.TensorFlow;

/// <summary>What one output of a node is: a tensor, a list without elements, which only conversions know, or a variable.</summary>
/// <param name="Tensor">The tensor; null for the others.</param>
/// <param name="Type">Element type.</param>
/// <param name="Sizes">Axis sizes; one of them is 0 where there are no elements.</param>
internal sealed record TensorFlowValue(Tensor? Tensor, DataType Type, int[] Sizes)
{
    /// <summary>A tensor.</summary>
    public TensorFlowValue(Tensor tensor)
        : this(tensor, tensor.Type, tensor.Shape.Axes.ToArray())
    {
    }

    /// <summary>A value that only stands for something: a variable before it is read, an output that nothing may read.</summary>
    public static TensorFlowValue None { get; } = new(null, DataType.None, []);

    /// <summary>Whether it has no elements.</summary>
    public bool IsEmpty => Array.IndexOf(Sizes, 0) >= 0;
}
