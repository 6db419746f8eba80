using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import;

/// <summary>Tensors cut into pieces and joined from them.</summary>
internal static class Pieces
{
    private const int MostConcatInputs = 32;

    /// <summary>A box of a tensor. An axis that stays whole stays open, so that the batch may have any size.</summary>
    /// <param name="builder">The graph under construction.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="begin">First element of each axis.</param>
    /// <param name="size">Elements of each axis.</param>
    public static Tensor Box(GraphBuilder builder, string name, Tensor tensor, ReadOnlySpan<int> begin, ReadOnlySpan<int> size)
    {
        int[] open = size.ToArray();
        bool whole = true;
        for (int i = 0; i < open.Length; i++)
        {
            if (begin[i] == 0 && open[i] == tensor.Shape[i])
            {
                open[i] = -1;
            }
            else
            {
                whole = false;
            }
        }

        return whole ? tensor : builder.Add(name, new Slice(IntList.Create(begin), IntList.Create(open)), tensor);
    }

    /// <summary>Pieces of a tensor that follow each other along an axis.</summary>
    /// <param name="builder">The graph under construction.</param>
    /// <param name="name">The nodes' name.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="axis">The axis, counted from the front.</param>
    /// <param name="sizes">Elements of each piece along the axis; together those of the tensor.</param>
    public static Tensor[] Split(GraphBuilder builder, string name, Tensor tensor, int axis, ReadOnlySpan<int> sizes)
    {
        Tensor[] pieces = new Tensor[sizes.Length];
        int[] begin = new int[tensor.Shape.Rank];
        int[] size = tensor.Shape.Axes.ToArray();
        for (int i = 0; i < pieces.Length; i++)
        {
            size[axis] = sizes[i];
            pieces[i] = Box(builder, name, tensor, begin, size);
            begin[axis] += sizes[i];
        }

        return pieces;
    }

    /// <summary>Tensors one after the other along an axis, however many.</summary>
    /// <param name="builder">The graph under construction.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="tensors">The tensors, at least one.</param>
    /// <param name="axis">The axis.</param>
    public static Tensor Join(GraphBuilder builder, string name, IReadOnlyList<Tensor> tensors, int axis)
    {
        while (tensors.Count > 1)
        {
            tensors = [.. tensors.Chunk(MostConcatInputs).Select(group => group.Length == 1 ? group[0] : builder.Add(name, new Concat(axis), group))];
        }

        return tensors[0];
    }

    /// <summary>The same elements with one more axis of size 1.</summary>
    /// <param name="builder">The graph under construction.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="axis">Its position in the result.</param>
    public static Tensor InsertAxis(GraphBuilder builder, string name, Tensor tensor, int axis) =>
        builder.Reshape(name, tensor, new Shape([.. tensor.Shape.Axes[..axis], 1, .. tensor.Shape.Axes[axis..]]));

    /// <summary>The same elements without axes of size 1.</summary>
    /// <param name="builder">The graph under construction.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="axes">The axes that go.</param>
    public static Tensor RemoveAxes(GraphBuilder builder, string name, Tensor tensor, IReadOnlyCollection<int> axes) =>
        builder.Reshape(name, tensor, new Shape([.. tensor.Shape.Axes.ToArray().Where((_, axis) => !axes.Contains(axis))]));
}
