using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>Operators that only move elements.</summary>
internal static class MovementMappings
{
    /// <summary>The operators.</summary>
    public static IReadOnlyList<TfliteMapping> Table { get; } =
    [
        TfliteMapping.One("RESHAPE", "Reshape", Reshape),
        TfliteMapping.One("SQUEEZE", "Reshape", Squeeze),
        TfliteMapping.One("EXPAND_DIMS", "Reshape", ExpandDims),
        TfliteMapping.One("TRANSPOSE", "Transpose", static node => node.Move(node.Builder.Add(node.Name, new Transpose(IntList.Create(node.Integers(1, "the permutation"))), node.Input(0)))),
    ];

    private static void Reshape(TfliteNode node)
    {
        Tensor input = node.Input(0);
        FlatTable options = node.Options(OptionsKind.Reshape);
        int[] target = node.Has(1) ? node.Integers(1, "the new shape") : options.Int32s(0, "new shape");
        node.Move(node.Builder.Reshape(node.Name, input, Resolve(target, input)));
    }

    /// <summary>A shape with at most one −1, which becomes what the elements leave.</summary>
    private static Shape Resolve(int[] target, Tensor input)
    {
        int open = Array.IndexOf(target, -1);
        long known = 1;
        for (int i = 0; i < target.Length; i++)
        {
            if (i == open)
            {
                continue;
            }

            if (target[i] < 1)
            {
                throw new ModelImportException($"it reshapes to [{string.Join(", ", target.Take(16))}]; sizes of at least 1 and one −1 are allowed.");
            }

            known = checked(known * target[i]);
        }

        int count = input.Shape.ElementCount;
        if (target.Length > Shape.MaxRank || (open < 0 ? known != count : count % known != 0))
        {
            throw new ModelImportException($"it reshapes {input} to [{string.Join(", ", target.Take(16))}]; {count:N0} elements are needed on at most {Shape.MaxRank} axes.");
        }

        int[] sizes = [.. target];
        if (open >= 0)
        {
            sizes[open] = (int)(count / known);
        }

        return new Shape(sizes);
    }

    private static void Squeeze(TfliteNode node)
    {
        Tensor input = node.Input(0);
        int[] axes = node.Options(OptionsKind.Squeeze).Int32s(0, "axes");
        HashSet<int> squeezed = axes.Length > 0
            ? [.. axes.Select(axis => TfliteNode.Axis(axis, input.Shape.Rank))]
            : [.. Enumerable.Range(0, input.Shape.Rank).Where(axis => input.Shape[axis] == 1)];
        foreach (int axis in squeezed)
        {
            if (input.Shape[axis] != 1)
            {
                throw new ModelImportException($"it drops axis {axis} of {input}; only axes of size 1 can be dropped.");
            }
        }

        int[] sizes = [.. Enumerable.Range(0, input.Shape.Rank).Where(axis => !squeezed.Contains(axis)).Select(axis => input.Shape[axis])];
        node.Move(node.Builder.Reshape(node.Name, input, new Shape(sizes)));
    }

    private static void ExpandDims(TfliteNode node)
    {
        Tensor input = node.Input(0);
        int axis = TfliteNode.Axis(node.Integer(1, "the new axis"), input.Shape.Rank + 1);
        List<int> sizes = [.. input.Shape.Axes];
        sizes.Insert(axis, 1);
        node.Move(node.Builder.Reshape(node.Name, input, new Shape([.. sizes])));
    }
}
