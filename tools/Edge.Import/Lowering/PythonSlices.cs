using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import;

/// <summary>What stands between the brackets of x[…] in Python, for one axis.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">First element, or the only one.</param>
/// <param name="Stop">Where it ends.</param>
/// <param name="Step">Elements from one to the next.</param>
internal readonly record struct PythonIndex(PythonIndexKind Kind, int? Start = null, int? Stop = null, int? Step = null);

/// <summary>Kinds of what stands between the brackets.</summary>
internal enum PythonIndexKind
{
    /// <summary>start:stop:step.</summary>
    Range,

    /// <summary>One element; the axis goes.</summary>
    Element,

    /// <summary>…, all axes that are not named.</summary>
    Ellipsis,

    /// <summary>None, an axis of size 1.</summary>
    NewAxis,
}

/// <summary>Slices as Python writes them: x[:, 1:, ..., None, -1]. The batch stays whole.</summary>
internal static class PythonSlices
{
    /// <summary>Cuts a tensor.</summary>
    /// <param name="builder">The graph under construction.</param>
    /// <param name="name">The nodes' name.</param>
    /// <param name="x">The tensor.</param>
    /// <param name="indices">What stands between the brackets.</param>
    /// <param name="problem">What is wrong with it; null where nothing is.</param>
    /// <returns>The slice; the tensor itself where something is wrong.</returns>
    public static Tensor Cut(GraphBuilder builder, string name, Tensor x, IReadOnlyList<PythonIndex> indices, out string? problem)
    {
        int rank = x.Shape.Rank;
        int named = indices.Count(static index => index.Kind is PythonIndexKind.Range or PythonIndexKind.Element);
        problem = indices.Count(static index => index.Kind == PythonIndexKind.Ellipsis) > 1 ? "names an ellipsis twice; one is allowed"
            : named > rank ? $"names {named} axes of {x.Spec}; at most {rank} are allowed"
            : rank - indices.Count(static index => index.Kind == PythonIndexKind.Element) + indices.Count(static index => index.Kind == PythonIndexKind.NewAxis) > Shape.MaxRank
                ? $"makes more than {Shape.MaxRank} axes of {x.Spec}" : null;
        int[] begin = new int[rank], count = x.Shape.Axes.ToArray(), step = new int[rank];
        Array.Fill(step, 1);
        List<int> shape = [];
        int axis = 0;
        foreach (PythonIndex index in indices)
        {
            if (problem is not null)
            {
                return x;
            }

            switch (index.Kind)
            {
                case PythonIndexKind.Ellipsis:
                    for (int skipped = rank - named; skipped > 0; skipped--)
                    {
                        shape.Add(x.Shape[axis++]);
                    }

                    break;
                case PythonIndexKind.NewAxis:
                    problem = shape.Count == 0 ? "puts an axis in front of the batch; behind it is allowed" : null;
                    shape.Add(1);
                    break;
                default:
                    problem = axis == 0 && index is not { Kind: PythonIndexKind.Range, Start: null or 0, Stop: null, Step: null or 1 }
                        ? "takes a part of the batch; the whole of it, ':', is allowed" : One(index, x.Shape[axis], out begin[axis], out count[axis], out step[axis]);
                    if (index.Kind == PythonIndexKind.Range)
                    {
                        shape.Add(count[axis]);
                    }

                    axis++;
                    break;
            }
        }

        if (problem is not null)
        {
            return x;
        }

        shape.AddRange(x.Shape.Axes[axis..]);
        int[] open = [.. count.Select((elements, i) => begin[i] == 0 && elements == x.Shape[i] && step[i] == 1 ? -1 : elements)];
        Tensor cut = Array.TrueForAll(step, static pace => pace == 1)
            ? Pieces.Box(builder, name, x, begin, count)
            : builder.Add(name, new StridedSlice(IntList.Create(begin), IntList.Create(open), IntList.Create(step)), x);
        return builder.Reshape($"{name}/shape", cut, new Shape([.. shape]));
    }

    private static string? One(PythonIndex index, int length, out int begin, out int count, out int step)
    {
        (begin, count, step) = (0, 1, 1);
        if (index.Kind == PythonIndexKind.Element)
        {
            begin = index.Start < 0 ? index.Start.Value + length : index.Start ?? 0;
            return begin >= 0 && begin < length ? null : $"takes element {index.Start} of an axis of {length}; {-length} … {length - 1} is allowed";
        }

        long pace = index.Step ?? 1;
        if (pace is 0 or < -int.MaxValue)
        {
            return $"walks with step {pace}; steps other than 0 are allowed";
        }

        bool forward = pace > 0;
        long first = Bound(index.Start, forward ? 0 : length - 1), last = Bound(index.Stop, forward ? length : -1), distance = forward ? last - first : first - last;
        if (distance <= 0)
        {
            return $"takes nothing of an axis of {length}; at least one element is needed";
        }

        (begin, count) = ((int)first, (int)((distance + Math.Abs(pace) - 1) / Math.Abs(pace)));
        step = count == 1 ? 1 : (int)pace;
        return null;

        long Bound(int? stated, long open) => stated is not { } position ? open
            : Math.Clamp(position < 0 ? (long)position + length : position, forward ? 0 : -1, forward ? length : length - 1);
    }
}
