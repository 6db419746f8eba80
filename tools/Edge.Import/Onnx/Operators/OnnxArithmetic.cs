using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Arithmetic element by element.</summary>
internal static class OnnxArithmetic
{
    public static IEnumerable<OnnxOperator> Table =>
    [
        Pair("Add", "Add", static (node, a, b) => node.Builder.Add(node.Name, new Add(), a, b)),
        Pair("Sub", "Subtract", static (node, a, b) => node.Builder.Add(node.Name, new Subtract(), a, b)),
        Pair("Mul", "Multiply", static (node, a, b) => node.Builder.Add(node.Name, new Multiply(), a, b)),
        OnnxOperator.Made("Sum", "Add", static node => Chain(node, static (node, a, b) => node.Builder.Add(node.Name, new Add(), a, b))),
        OnnxOperator.Made("Mean", "Add, Multiply", Mean),
    ];

    /// <summary>An operator on two tensors that broadcast.</summary>
    public static OnnxOperator Pair(string kind, string becomes, Func<OnnxNode, Tensor, Tensor, Tensor> convert) =>
        OnnxOperator.Same(kind, becomes, node => convert(node, node.Input(0), Right(node)));

    /// <summary>An operator on any number of tensors, as a chain of one on two.</summary>
    public static Tensor Chain(OnnxNode node, Func<OnnxNode, Tensor, Tensor, Tensor> convert)
    {
        Tensor result = node.Input(0);
        for (int i = 1; i < node.InputCount; i++)
        {
            result = convert(node, result, node.Input(i));
        }

        return result;
    }

    private static Tensor Mean(OnnxNode node) => node.InputCount == 1
        ? node.Input(0)
        : node.Builder.Add(
            node.Name,
            new Multiply(),
            Chain(node, static (node, a, b) => node.Builder.Add(node.Name, new Add(), a, b)),
            node.Builder.Scalar(node.Name + "_part", 1f / node.InputCount));

    /// <summary>The second operand. Before operator set 7 it names the axis of the first at which its own begin.</summary>
    private static Tensor Right(OnnxNode node)
    {
        Tensor left = node.Input(0), right = node.Input(1);
        if (node.Version >= 7 || !node.Flag("broadcast") || !node.HasAttribute("axis"))
        {
            return right;
        }

        int axis = node.Axis("axis", 0, left.Shape.Rank);
        int[] sizes = new int[left.Shape.Rank - axis];
        Array.Fill(sizes, 1);
        node.Require(right.Shape.Rank <= sizes.Length, $"the inputs are {left} and {right}, which do not broadcast from axis {axis} on.");
        right.Shape.Axes.CopyTo(sizes);
        return OnnxLayout.Reshape(node, right, new Shape(sizes), -1);
    }
}
