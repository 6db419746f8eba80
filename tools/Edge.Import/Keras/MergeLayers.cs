using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Layers of several inputs.</summary>
internal static class MergeLayers
{
    private const int MostAtOnce = 32;

    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("Add", OperatorSupport.Supported, "Add", static layer => Fold(layer, new Add())),
        new("Subtract", OperatorSupport.Supported, "Subtract", static layer => layer.Inputs.Count == 2 ? Fold(layer, new Subtract()) : throw layer.Refuse($"is called with {layer.Inputs.Count} tensors; two are needed")),
        new("Multiply", OperatorSupport.Supported, "Multiply", static layer => Fold(layer, new Multiply())),
        new("Average", OperatorSupport.Emulated, "Add, ParametricUnary", static layer =>
            layer.Builder.Add($"{layer.Name}/mean", new ParametricUnary(ParametricFunction.Affine, 1f / layer.Inputs.Count), Fold(layer, new Add()))),
        new("Maximum", OperatorSupport.Supported, "Binary", static layer => Fold(layer, new Binary(BinaryFunction.Maximum))),
        new("Minimum", OperatorSupport.Supported, "Binary", static layer => Fold(layer, new Binary(BinaryFunction.Minimum))),
        new("Dot", OperatorSupport.Emulated, "Transpose, Reshape, L2Normalization, MatMul", Dot),
        new("Concatenate", OperatorSupport.Supported, "Concat", Concatenate),
    ];

    private static Tensor Fold<TOperator>(LayerContext layer, TOperator op) where TOperator : struct, IOperator<TOperator>
    {
        if (layer.Inputs.Count == 0)
        {
            throw layer.Refuse("is called with nothing; at least one tensor is needed");
        }

        // Tensors of fewer axes get axes of size 1 behind the batch, not in front.
        int rank = layer.Inputs.Max(static input => input.Shape.Rank);
        Tensor result = Widened(0);
        for (int i = 1; i < layer.Inputs.Count; i++)
        {
            result = layer.Builder.Add(layer.Name, op, result, Widened(i));
        }

        return result;

        Tensor Widened(int index)
        {
            Tensor input = layer.Inputs[index];
            Shape shape = input.Shape;
            return shape.Rank == rank || shape.Rank == 0
                ? input
                : layer.Builder.Reshape($"{layer.Name}/input_{index}", input, new Shape([shape[0], .. Enumerable.Repeat(1, rank - shape.Rank), .. shape.Axes[1..]]));
        }
    }

    private static Tensor Dot(LayerContext layer)
    {
        if (layer.Inputs.Count != 2)
        {
            throw layer.Refuse($"is called with {layer.Inputs.Count} tensors; two are needed");
        }

        int[] axes = layer.Config.Integers("axes", 2, least: -Shape.MaxRank, most: Shape.MaxRank - 1);
        Tensor left = Rows(0), right = Rows(1);
        if (left.Shape[2] != right.Shape[2] || left.Shape[0] != right.Shape[0])
        {
            throw layer.Refuse($"multiplies {layer.Inputs[0].Spec} and {layer.Inputs[1].Spec} along axes {axes[0]} and {axes[1]}, which differ");
        }

        Tensor product = layer.Builder.Add(layer.Name, new MatMul(TransposeB: true), left, right);
        int[] sizes = [.. Others(0), .. Others(1)];
        return layer.Builder.Reshape($"{layer.Name}/shape", product, new Shape([product.Shape[0], .. sizes.Length == 0 ? [1] : sizes]));

        int AxisOf(int index)
        {
            int axis = layer.Axis(axes[index], layer.Inputs[index].Shape.Rank);
            return axis > 0 ? axis : throw layer.Refuse("multiplies along the batch; another axis is needed");
        }

        int[] Others(int index)
        {
            Shape shape = layer.Inputs[index].Shape;
            int axis = AxisOf(index);
            return [.. Enumerable.Range(1, shape.Rank - 1).Where(place => place != axis).Select(place => shape[place])];
        }

        // [N, the other axes, the axis that is summed over]
        Tensor Rows(int index)
        {
            Tensor input = layer.Inputs[index];
            int axis = AxisOf(index), rank = input.Shape.Rank, size = input.Shape[axis];
            Tensor last = layer.Transpose(input, [.. Enumerable.Range(0, rank).Where(place => place != axis), axis], $"last_{index}");
            Tensor rows = layer.Builder.Reshape($"{layer.Name}/rows_{index}", last, new Shape(input.Shape[0], Others(index).Aggregate(1, static (count, other) => checked(count * other)), size));
            if (!layer.Config.Flag("normalize", false))
            {
                return rows;
            }

            return layer.Builder.Add($"{layer.Name}/unit_{index}", new L2Normalization(1e-6f), rows);
        }
    }

    private static Tensor Concatenate(LayerContext layer)
    {
        if (layer.Inputs.Count == 0)
        {
            throw layer.Refuse("is called with nothing; at least one tensor is needed");
        }

        int axis = layer.Axis(layer.Config.Integer("axis", -1, -8, 7), layer.Inputs[0].Shape.Rank);
        List<Tensor> parts = [.. layer.Inputs];
        while (parts.Count > 1)
        {
            List<Tensor> joined = [];
            foreach (Tensor[] chunk in parts.Chunk(MostAtOnce))
            {
                joined.Add(chunk.Length == 1 ? chunk[0] : layer.Builder.Add(layer.Name, new Concat(axis), chunk));
            }

            parts = joined;
        }

        return parts[0];
    }
}
