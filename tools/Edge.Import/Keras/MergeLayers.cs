using Edge.Compiler;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Layers of several inputs.</summary>
internal static class MergeLayers
{
    private const int MostAtOnce = 32;

    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("Add", OperatorSupport.Supported, "Add", static layer => Fold<Add>(layer)),
        new("Subtract", OperatorSupport.Supported, "Subtract", static layer => layer.Inputs.Count == 2 ? Fold<Subtract>(layer) : throw layer.Refuse($"is called with {layer.Inputs.Count} tensors; two are needed")),
        new("Multiply", OperatorSupport.Supported, "Multiply", static layer => Fold<Multiply>(layer)),
        new("Average", OperatorSupport.Emulated, "Add, Multiply", static layer =>
            layer.Builder.Add($"{layer.Name}/mean", new Multiply(), Fold<Add>(layer), layer.Builder.Scalar($"{layer.Name}/factor", 1f / layer.Inputs.Count))),
        new("Concatenate", OperatorSupport.Supported, "Concat", Concatenate),
    ];

    private static Tensor Fold<TOperator>(LayerContext layer) where TOperator : struct, IOperator<TOperator>
    {
        if (layer.Inputs.Count == 0)
        {
            throw layer.Refuse("is called with nothing; at least one tensor is needed");
        }

        Tensor result = layer.Inputs[0];
        for (int i = 1; i < layer.Inputs.Count; i++)
        {
            result = layer.Builder.Add(layer.Name, default(TOperator), result, layer.Inputs[i]);
        }

        return result;
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
