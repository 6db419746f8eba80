using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Einstein sums of one, two or more tensors: axes that only one operand has and the result has not are summed, the rest is a matrix product of two operands after the other.</summary>
internal static class OnnxEinsum
{
    public static IEnumerable<OnnxOperator> Table => [OnnxOperator.Made("Einsum", "Transpose, Reshape, MatMul, ReduceSum", Convert)];

    private static Tensor Convert(OnnxNode node)
    {
        string equation = node.Text("equation", "").Replace(" ", "", StringComparison.Ordinal);
        string[] sides = equation.Split("->");
        string[] terms = sides[0].Split(',');
        Tensor[] inputs = node.Inputs();
        node.Require(terms.Length == inputs.Length && sides.Length <= 2, $"the equation '{equation}' has {terms.Length} terms; {inputs.Length} are needed.");
        node.Require(!equation.Contains('.', StringComparison.Ordinal), $"the equation '{equation}' has an ellipsis; named axes are supported.");
        string result = sides.Length == 2 ? sides[1] : string.Concat(sides[0].Where(char.IsLetter).GroupBy(static label => label).Where(static group => group.Count() == 1).Select(static group => group.Key).Order());
        for (int i = 0; i < terms.Length; i++)
        {
            node.Require(
                terms[i].Length == inputs[i].Shape.Rank && terms[i].Distinct().Count() == terms[i].Length && terms[i].All(char.IsLetter),
                $"the term '{terms[i]}' does not name each axis of {inputs[i]} once by a letter.");
        }

        node.Require(
            result.All(label => sides[0].Contains(label, StringComparison.Ordinal)) && result.Distinct().Count() == result.Length, $"the result '{result}' of '{equation}' names an axis that no term has, or one twice.");
        (Tensor value, string labels) = (inputs[0], terms[0]);
        for (int i = 1; i < terms.Length; i++)
        {
            string later = result + string.Concat(terms[(i + 1)..]);
            (value, labels) = Product(node, Summed(node, value, labels, terms[i] + later), Summed(node, inputs[i], terms[i], labels + later), later);
        }

        (value, labels) = Summed(node, value, labels, result);
        return Ordered(node, value, labels, result);
    }

    /// <summary>Sums the axes that nobody else has.</summary>
    private static (Tensor Value, string Labels) Summed(OnnxNode node, Tensor value, string labels, string others)
    {
        int[] axes = [.. Enumerable.Range(0, labels.Length).Where(axis => !others.Contains(labels[axis], StringComparison.Ordinal))];
        return axes.Length == 0
            ? (value, labels)
            : (node.Builder.Add(node.Name + "_sum", new ReduceSum(IntList.Create(axes), KeepDims: false), value), string.Concat(labels.Where((_, axis) => !axes.Contains(axis))));
    }

    private static Tensor Ordered(OnnxNode node, Tensor value, string labels, string wanted) => labels == wanted
        ? value
        : node.Builder.Add(node.Name, new Transpose(IntList.Create([.. wanted.Select(label => labels.IndexOf(label, StringComparison.Ordinal))])), value);

    /// <summary>[batch, rows, inner] times [batch, inner, columns].</summary>
    private static (Tensor Value, string Labels) Product(OnnxNode node, (Tensor Value, string Labels) a, (Tensor Value, string Labels) b, string later)
    {
        Dictionary<char, int> sizes = [];
        foreach ((Tensor value, string labels) in new[] { a, b })
        {
            for (int i = 0; i < labels.Length; i++)
            {
                node.Require(!sizes.TryGetValue(labels[i], out int size) || size == value.Shape[i], $"the axis '{labels[i]}' has {value.Shape[i]} and {sizes.GetValueOrDefault(labels[i])} elements; they must agree.");
                sizes[labels[i]] = value.Shape[i];
            }
        }

        string both = string.Concat(a.Labels.Where(label => b.Labels.Contains(label, StringComparison.Ordinal)));
        string batch = string.Concat(both.Where(label => later.Contains(label, StringComparison.Ordinal)));
        string inner = string.Concat(both.Except(batch));
        string rows = string.Concat(a.Labels.Except(both)), columns = string.Concat(b.Labels.Except(both));
        Tensor left = Grouped(a, batch, rows, inner), right = Grouped(b, batch, inner, columns);
        Tensor product = node.Builder.Add(node.Name, new MatMul(), left, right);
        string all = batch + rows + columns;
        return (node.Builder.Reshape(node.Name + "_axes", product, new Shape([.. all.Select(label => sizes[label])])), all);

        Tensor Grouped((Tensor Value, string Labels) operand, string first, string second, string third)
        {
            Tensor ordered = Ordered(node, operand.Value, operand.Labels, first + second + third);
            int[] shape = [.. first.Select(label => sizes[label]), Count(second), Count(third)];
            return node.Builder.Reshape(node.Name + "_matrix", ordered, new Shape(shape));
        }

        int Count(string labels) => labels.Aggregate(1, (count, label) => checked(count * sizes[label]));
    }
}
