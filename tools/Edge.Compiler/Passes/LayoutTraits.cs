using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>What operators do when the axes of their inputs come in another order.</summary>
internal static class LayoutTraits
{
    /// <summary>Whether a node computes each element from one element of its only data input.</summary>
    public static bool IsUnary(Node node) => node.Operator switch
    {
        Relu or Relu6 or LeakyRelu or Sigmoid or Tanh or Gelu or HardSwish or Dropout or Unary or ParametricUnary or Clip or Cast => true,
        Quantize or Dequantize or Requantize => node.Inputs[0] is { Quantization: null or { Axis: < 0 } },
        _ => false,
    };

    /// <summary>Whether an operator computes each element from one element of each of its inputs, which broadcast.</summary>
    public static bool Broadcasts(IOperator op) => op is Add or Subtract or Multiply or Binary or Compare or Logical or Select or PRelu;

    /// <summary>Whether an operator works along the last axis and treats all others alike.</summary>
    public static bool KeepsLastAxis(IOperator op) => op is Dense or Softmax or LogSoftmax or L2Normalization or BatchNorm or LayerNorm;

    /// <summary>An operator that states something for each axis, for axes in another order; null for other operators.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="order">The order that is still to be applied.</param>
    /// <param name="rank">Number of axes.</param>
    public static IOperator? WithOrder(IOperator op, IntList order, int rank) => op switch
    {
        _ when order.Count != rank => null,
        Slice slice => new Slice(Permutation.Undo(order, slice.Begin), Permutation.Undo(order, slice.Size)),
        StridedSlice slice => new StridedSlice(Permutation.Undo(order, slice.Begin), Permutation.Undo(order, slice.Count), Permutation.Undo(order, slice.Stride)),
        Pad pad => new Pad(Permutation.Undo(order, pad.Before), Permutation.Undo(order, pad.After), pad.Value),
        MirrorPad pad => new MirrorPad(Permutation.Undo(order, pad.Before), Permutation.Undo(order, pad.After), pad.Mode),
        Tile tile => new Tile(Permutation.Undo(order, tile.Repeats)),
        CumulativeSum sum => sum with { Axis = order[sum.Axis < 0 ? sum.Axis + rank : sum.Axis] },
        TopK top => top with { Axis = order[top.Axis < 0 ? top.Axis + rank : top.Axis] },
        _ => null,
    };

    /// <summary>An operator that reduces axes, for axes in another order.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="order">The order that is still to be applied.</param>
    /// <param name="reduced">The operator on the axes as they are.</param>
    /// <param name="left">The order still to be applied to its output where axes go; null where all stay.</param>
    public static bool Reduces(IOperator op, IntList order, out IOperator reduced, out IntList? left)
    {
        (IntList axes, bool keep) = op switch
        {
            ReduceMean mean => (mean.Axes, mean.KeepDims),
            ReduceSum sum => (sum.Axes, sum.KeepDims),
            Reduce reduce => (reduce.Axes, reduce.KeepDims),
            ArgMax position => ([position.Axis], position.KeepDims),
            _ => (default, false),
        };
        int rank = order.Count;
        int[] moved = axes.Count == 0 ? [.. Enumerable.Range(0, rank)] : [.. axes.Values.ToArray().Select(axis => order[axis < 0 ? axis + rank : axis]).Order()];
        IntList list = IntList.Create(moved);
        reduced = op switch
        {
            ReduceMean => new ReduceMean(list, keep),
            ReduceSum => new ReduceSum(list, keep),
            Reduce reduce => reduce with { Axes = list },
            ArgMax position => position with { Axis = moved[0] },
            _ => op,
        };
        left = null;
        if (!keep)
        {
            int[] kept = [.. order.Values.ToArray().Where(axis => !moved.Contains(axis))];
            int[] sorted = [.. kept.Order()];
            left = IntList.Create([.. kept.Select(axis => Array.IndexOf(sorted, axis))]);
        }

        return op is ReduceMean or ReduceSum or Reduce or ArgMax;
    }

    /// <summary>The axes that a reshape joins and splits: lists of axes of the input with the lists of axes of the output that hold the same elements; null where they cannot be told apart.</summary>
    /// <remarks>Axes of size 1 take no part, but the batch does: it may grow.</remarks>
    public static List<(int[] From, int[] To)>? Groups(Shape input, Shape output)
    {
        int[] from = [.. Enumerable.Range(0, input.Rank).Where(axis => axis == 0 || input[axis] > 1)];
        int[] to = [.. Enumerable.Range(0, output.Rank).Where(axis => axis == 0 || output[axis] > 1)];
        List<(int[], int[])> groups = [];
        int i = 0, j = 0;
        while (i < from.Length || j < to.Length)
        {
            int firstIn = i, firstOut = j;
            long left = i < from.Length ? input[from[i++]] : 1, right = j < to.Length ? output[to[j++]] : 1;
            while (left != right)
            {
                if (left < right && i < from.Length)
                {
                    left *= input[from[i++]];
                }
                else if (right < left && j < to.Length)
                {
                    right *= output[to[j++]];
                }
                else
                {
                    return null;
                }
            }

            if (firstIn == i)
            {
                return null;
            }

            groups.Add((from[firstIn..i], to[firstOut..j]));
        }

        return groups;
    }

    /// <summary>Brings the axes that a reshape joins side by side and leaves the rest in the order in which it is.</summary>
    /// <param name="groups">The axes that it joins and splits.</param>
    /// <param name="order">The order still to be applied to the tensor that is there.</param>
    /// <param name="actual">Shape of the tensor that is there.</param>
    /// <returns>The order to apply to it; the identity where they are side by side already.</returns>
    public static IntList Gathered(List<(int[] From, int[] To)> groups, IntList order, Shape actual)
    {
        int[] places = [.. Enumerable.Range(0, actual.Rank).Where(axis => axis == order[0] || actual[axis] > 1)];
        bool apart = false;
        foreach ((int[] from, _) in groups)
        {
            int place = Array.IndexOf(places, order[from[0]]);
            for (int k = 1; k < from.Length; k++)
            {
                apart |= Array.IndexOf(places, order[from[k]]) != place + k;
            }
        }

        if (!apart)
        {
            return IntList.Create([.. Enumerable.Range(0, actual.Rank)]);
        }

        List<int> axes = [.. groups.OrderBy(group => group.From.Min(axis => order[axis])).SelectMany(static group => group.From).Select(axis => order[axis])];
        axes.AddRange(Enumerable.Range(0, actual.Rank).Except(axes));
        return IntList.Create([.. axes]);
    }

    /// <summary>A reshape whose joined axes lie side by side, on axes in another order.</summary>
    /// <param name="groups">The axes that it joins and splits.</param>
    /// <param name="output">Shape that it makes of the source's tensor.</param>
    /// <param name="order">The order still to be applied to the tensor that is there.</param>
    /// <returns>The shape to make of the tensor that is there, and the order then still to be applied.</returns>
    public static (Shape Shape, IntList Order) Reshaped(List<(int[] From, int[] To)> groups, Shape output, IntList order)
    {
        // Axes of size 1 of the output follow the axis before them.
        List<int> axes = [];
        foreach ((_, int[] to) in groups.OrderBy(group => order[group.From[0]]))
        {
            foreach (int axis in to)
            {
                axes.Add(axis);
                for (int next = axis + 1; next < output.Rank && output[next] == 1; next++)
                {
                    axes.Add(next);
                }
            }
        }

        return (new Shape([.. axes.Select(axis => output[axis])]), Permutation.Inverse(IntList.Create([.. axes])));
    }
}
