using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Functions among the layers that move elements: tf.reshape and its like. Their options are plain numbers, with the call in tf.keras, with the operation in Keras 3.</summary>
internal static class MovementFunctions
{
    private static readonly Dictionary<string, Func<LayerContext, Tensor>> Functions = new(StringComparer.Ordinal)
    {
        ["reshape"] = Reshape,
        ["expanddims"] = ExpandDims,
        ["squeeze"] = Squeeze,
        ["transpose"] = Transpose,
        ["concat"] = Concat,
        ["concatenate"] = Concat,
        ["identity"] = static layer => layer.Input,
        ["stopgradient"] = static layer => layer.Input,
    };

    /// <summary>Whether a function is one of them.</summary>
    /// <param name="function">Its name, small and without underscores.</param>
    public static bool Knows(string function) => Functions.ContainsKey(function);

    /// <summary>Converts a call.</summary>
    /// <param name="layer">The function.</param>
    /// <param name="function">Its name, small and without underscores.</param>
    public static Tensor Map(LayerContext layer, string function) => Functions[function](layer);

    private static Tensor Reshape(LayerContext layer)
    {
        Tensor input = layer.Input;
        int[] target = Numbers(layer, "shape", "newshape") ?? throw layer.Refuse("does not state its shape");
        int open = Array.IndexOf(target, -1);
        long known = 1;
        for (int i = 0; i < target.Length; i++)
        {
            known = i == open ? known : target[i] >= 1 && known <= int.MaxValue ? known * target[i] : throw layer.Refuse($"makes [{string.Join(", ", target)}]; sizes from 1 on and one -1 are allowed");
        }

        int count = input.Shape.ElementCount;
        if (target.Length is 0 or > Shape.MaxRank || known > count || (open < 0 ? known != count : count % known != 0))
        {
            throw layer.Refuse($"makes [{string.Join(", ", target)}] of {input.Spec}; 1 … {Shape.MaxRank} axes with as many elements are allowed");
        }

        if (open >= 0)
        {
            target[open] = (int)(count / known);
        }

        return layer.Builder.Reshape(layer.Name, input, new Shape(target));
    }

    private static Tensor ExpandDims(LayerContext layer)
    {
        Tensor input = layer.Input;
        int[] axes = Numbers(layer, "axis", "dim") ?? throw layer.Refuse("does not state its axis");
        return axes.Length == 1 && input.Shape.Rank < Shape.MaxRank
            ? Pieces.InsertAxis(layer.Builder, layer.Name, input, layer.Axis(axes[0], input.Shape.Rank + 1))
            : throw layer.Refuse($"adds {axes.Length} axes to {input.Spec}; one, up to {Shape.MaxRank}, is allowed");
    }

    private static Tensor Squeeze(LayerContext layer)
    {
        Tensor input = layer.Input;
        int rank = input.Shape.Rank;
        int[] axes = Numbers(layer, "axis", "squeeze_dims") is { Length: > 0 } stated
            ? Array.ConvertAll(stated, axis => layer.Axis(axis, rank))
            : [.. Enumerable.Range(1, Math.Max(0, rank - 1)).Where(axis => input.Shape[axis] == 1)];
        return axes.All(axis => axis > 0 && input.Shape[axis] == 1)
            ? Pieces.RemoveAxes(layer.Builder, layer.Name, input, axes)
            : throw layer.Refuse($"takes axes [{string.Join(", ", axes)}] from {input.Spec}; those of size 1 behind the batch are allowed");
    }

    private static Tensor Transpose(LayerContext layer)
    {
        Tensor input = layer.Input;
        int rank = input.Shape.Rank;
        int[] order = Numbers(layer, "perm", "axes") is { Length: > 0 } stated ? Array.ConvertAll(stated, axis => layer.Axis(axis, rank)) : [.. Enumerable.Range(0, rank).Reverse()];
        return order.Order().SequenceEqual(Enumerable.Range(0, rank))
            ? layer.Builder.Add(layer.Name, new Transpose(IntList.Create(order)), input)
            : throw layer.Refuse($"orders the axes [{string.Join(", ", order)}] of {input.Spec}; each once is needed");
    }

    private static Tensor Concat(LayerContext layer)
    {
        int[] axes = Numbers(layer, "axis", "concat_dim") ?? (layer.Layer.Class == "TFOpLambda" ? throw layer.Refuse("does not state its axis") : [-1]);
        return layer.Inputs.Count > 0 && axes.Length == 1
            ? Pieces.Join(layer.Builder, layer.Name, layer.Inputs, layer.Axis(axes[0], layer.Inputs[0].Shape.Rank))
            : throw layer.Refuse($"joins {layer.Inputs.Count} tensors along {axes.Length} axes; at least one tensor and one axis are needed");
    }

    /// <summary>Whole numbers by either of two names, stated with the operation or with the call; null where they are not.</summary>
    private static int[]? Numbers(LayerContext layer, string name, string otherName)
    {
        foreach (KerasConfig config in (ReadOnlySpan<KerasConfig>)[layer.Config, layer.Options])
        {
            foreach (string known in (ReadOnlySpan<string>)[name, otherName])
            {
                if (config.Has(known) && !layer.Named.ContainsKey(known))
                {
                    return config.Integers(known, -1, least: -1 << 24);
                }
            }
        }

        return null;
    }
}
