using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>Einsum of one and two tensors: as transpositions, sums and one matrix product, or a dense layer where the right side holds weights.</summary>
internal static class EinsumOperators
{
    /// <summary>The table.</summary>
    public static IEnumerable<TensorFlowOperator> Table => [TensorFlowOperator.Made("Einsum", "Transpose, Reshape, ReduceSum, MatMul, Dense", Convert)];

    private static Tensor Convert(TensorFlowNode node)
    {
        string equation = node.Text("equation", "").Replace(" ", "", StringComparison.Ordinal);
        string[] sides = equation.Split("->");
        node.Require(sides.Length == 2, $"the equation is '{equation}'; one with an output (->) is allowed.");
        string[] operands = sides[0].Split(',');
        node.Require(operands.Length == node.InputCount && operands.Length is 1 or 2, $"the equation is '{equation}' for {node.InputCount} inputs; one or two are allowed.");

        // Axes that an ellipsis stands for get letters of their own, counted from the last one.
        int hidden = operands.Select((labels, index) => labels.Contains("...", StringComparison.Ordinal) ? node.Input(index).Shape.Rank - (labels.Length - 3) : 0).Max();
        string[] expanded = [.. operands.Select((labels, index) => Expand(labels, node.Input(index).Shape.Rank - (labels.Length - 3)))];
        string output = Expand(sides[1], hidden);
        Dictionary<char, int> sizes = [];
        for (int i = 0; i < expanded.Length; i++)
        {
            Tensor operand = node.Input(i);
            node.Require(
                expanded[i].Length == operand.Shape.Rank && expanded[i].Distinct().Count() == expanded[i].Length, $"the equation is '{equation}' and input {i} {operand}; a different letter for each axis is allowed.");
            for (int axis = 0; axis < expanded[i].Length; axis++)
            {
                node.Require(
                    sizes.TryAdd(expanded[i][axis], operand.Shape[axis]) || sizes[expanded[i][axis]] == operand.Shape[axis],
                    $"'{equation}': axis {axis} of input {i} has {operand.Shape[axis]} elements, where another has {sizes[expanded[i][axis]]}; equal sizes are allowed.");
            }
        }

        node.Require(output.All(sizes.ContainsKey) && output.Distinct().Count() == output.Length, $"the equation is '{equation}'; every letter of the output once, and on the left, is allowed.");
        (Tensor result, string labels) = expanded.Length == 1 ? Summed(node, node.Input(0), expanded[0], output) : Product(node, expanded, output, sizes);
        return node.Permute(result, IntList.Create([.. output.Select(label => labels.IndexOf(label, StringComparison.Ordinal))]));
    }

    /// <summary>The product of two tensors. Its axes: those of both that stay, those of the left side, those of the right side.</summary>
    private static (Tensor, string) Product(TensorFlowNode node, string[] operands, string output, Dictionary<char, int> sizes)
    {
        (Tensor a, string left) = Summed(node, node.Input(0), operands[0], operands[1] + output);
        (Tensor b, string right) = Summed(node, node.Input(1), operands[1], operands[0] + output);
        string both = Where(left, label => right.Contains(label) && output.Contains(label)), summed = Where(left, label => right.Contains(label) && !output.Contains(label));
        string ofLeft = Where(left, label => !right.Contains(label)), ofRight = Where(right, label => !left.Contains(label));
        int[] leftAxes = Axes(both + ofLeft), rightAxes = Axes(ofRight);
        int inner = Axes(summed).Aggregate(1, static (product, size) => checked(product * size)), columns = rightAxes.Aggregate(1, static (product, size) => checked(product * size));
        a = Ordered(a, left, both + ofLeft + summed);
        string all = both + ofLeft + ofRight;
        if (both.Length == 0 && b is { IsConstant: true, Type: DataType.Float32 } && !a.IsConstant && leftAxes.Length > 0)
        {
            // A dense layer: the left side keeps its axes, and so the batch.
            a = node.Builder.Reshape(node.Name, a, new Shape([.. leftAxes, inner]));
            Tensor weights = node.Builder.Reshape(node.Name + "/weights", Ordered(b, right, ofRight + summed), new Shape(columns, inner));
            return (node.Builder.Reshape(node.Name, node.Builder.Add(node.Name, new Dense(), a, weights), new Shape([.. leftAxes, .. rightAxes])), all);
        }

        int[] shared = Axes(both);
        int rows = Axes(ofLeft).Aggregate(1, static (product, size) => checked(product * size));
        a = node.Builder.Reshape(node.Name, a, new Shape([.. shared, rows, inner]));
        b = node.Builder.Reshape(node.Name, Ordered(b, right, both + summed + ofRight), new Shape([.. shared, inner, columns]));
        return (node.Builder.Reshape(node.Name, node.Builder.Add(node.Name, new MatMul(), a, b), new Shape([.. leftAxes, .. rightAxes])), all);

        int[] Axes(string labels) => [.. labels.Select(label => sizes[label])];

        Tensor Ordered(Tensor tensor, string from, string to) => node.Permute(tensor, IntList.Create([.. to.Select(label => from.IndexOf(label, StringComparison.Ordinal))]));
    }

    /// <summary>The sum over axes that nothing else has.</summary>
    private static (Tensor, string) Summed(TensorFlowNode node, Tensor tensor, string labels, string others)
    {
        int[] axes = [.. Enumerable.Range(0, labels.Length).Where(axis => !others.Contains(labels[axis]))];
        return axes.Length == 0 ? (tensor, labels) : (node.Builder.Add(node.Name, new ReduceSum(IntList.Create(axes), KeepDims: false), tensor), Where(labels, others.Contains));
    }

    private static string Where(string labels, Func<char, bool> holds) => string.Concat(labels.Where(holds));

    private static string Expand(string labels, int hidden) =>
        labels.Replace("...", string.Concat(Enumerable.Range(0, Math.Clamp(hidden, 0, Shape.MaxRank)).Reverse().Select(static axis => (char)('\u0391' + axis))), StringComparison.Ordinal);
}
