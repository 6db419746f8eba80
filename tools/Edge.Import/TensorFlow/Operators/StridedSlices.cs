using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>Slices with steps, as Python writes them: x[1:, ..., None, -1].</summary>
/// <remarks>Source: tensorflow/core/util/strided_slice_op.cc.</remarks>
internal static class StridedSlices
{
    /// <summary>Converts the node.</summary>
    public static IReadOnlyList<TensorFlowValue> Convert(TensorFlowNode node)
    {
        int[] begin = node.Integers(1, "begin"), end = node.Integers(2, "end"), stride = node.Integers(3, "strides");
        int[] sizes = node.Value(0).Sizes;
        node.Require(
            begin.Length == end.Length && begin.Length == stride.Length && begin.Length <= 31, $"begin, end and strides have {begin.Length}, {end.Length} and {stride.Length} entries; as many each are needed.");
        int rank = sizes.Length;
        int ellipsis = node.Int32("ellipsis_mask", 0), added = node.Int32("new_axis_mask", 0), shrunk = node.Int32("shrink_axis_mask", 0);
        int beginMask = node.Int32("begin_mask", 0), endMask = node.Int32("end_mask", 0);
        node.Require(int.PopCount(ellipsis & ((1 << begin.Length) - 1)) <= 1, $"ellipsis_mask is {ellipsis}; one ellipsis at most is allowed.");
        int explicitAxes = Enumerable.Range(0, begin.Length).Count(i => (ellipsis >> i & 1) == 0 && (added >> i & 1) == 0);
        node.Require(explicitAxes <= rank, $"the slice has {explicitAxes} axes and the input {rank}; at most as many are allowed.");

        int[] from = new int[rank], count = sizes.ToArray(), step = new int[rank];
        Array.Fill(step, 1);
        List<int> shape = [];
        int axis = 0;
        for (int i = 0; i < begin.Length; i++)
        {
            if ((ellipsis >> i & 1) != 0)
            {
                for (int skipped = rank - explicitAxes; skipped > 0; skipped--)
                {
                    shape.Add(sizes[axis++]);
                }

                continue;
            }

            if ((added >> i & 1) != 0)
            {
                shape.Add(1);
                continue;
            }

            int length = sizes[axis];
            node.Require(stride[i] != 0 && stride[i] > int.MinValue, $"strides holds {stride[i]} for axis {axis}; steps other than 0 are allowed.");
            if ((shrunk >> i & 1) != 0)
            {
                int index = begin[i] < 0 ? begin[i] + length : begin[i];
                node.Require(stride[i] > 0 && index >= 0 && index < length, $"element {begin[i]} of axis {axis} is taken with step {stride[i]}; {-length} … {length - 1} with a step above 0 is allowed.");
                (from[axis], count[axis]) = (index, 1);
            }
            else
            {
                bool forward = stride[i] > 0;
                long first = (beginMask >> i & 1) != 0 ? (forward ? 0 : length - 1) : Clamped(begin[i], length, forward);
                long last = (endMask >> i & 1) != 0 ? (forward ? length : -1) : Clamped(end[i], length, forward);
                long distance = forward ? last - first : first - last;
                long pace = Math.Abs((long)stride[i]);
                long elements = distance <= 0 ? 0 : (distance + pace - 1) / pace;
                (from[axis], count[axis], step[axis]) = (elements == 0 ? 0 : (int)first, (int)elements, elements <= 1 ? 1 : stride[i]);
                shape.Add((int)elements);
            }

            axis++;
        }

        shape.AddRange(sizes[axis..]);
        node.Require(shape.Count <= Shape.MaxRank, $"the result would have {shape.Count} axes; at most {Shape.MaxRank} are allowed.");
        if (shape.Contains(0) || node.Value(0).IsEmpty)
        {
            return [new TensorFlowValue(null, node.Value(0).Type, [.. shape])];
        }

        Tensor x = node.Input(0);
        if (Array.TrueForAll(step, static pace => pace == 1))
        {
            x = Pieces.Box(node.Builder, node.Name, x, from, count);
        }
        else
        {
            // An axis that is walked as far as it goes stays open, so that the batch may have any size.
            int[] open = [.. count.Select((elements, i) => from[i] == 0 && elements == sizes[i] && step[i] == 1 ? -1 : elements)];
            x = node.Builder.Add(node.Name, new StridedSlice(IntList.Create(from), IntList.Create(open), IntList.Create(step)), x);
        }

        return [new TensorFlowValue(node.Builder.Reshape(node.Name, x, new Shape([.. shape])))];
    }

    private static long Clamped(int position, int length, bool forward)
    {
        long absolute = position < 0 ? (long)position + length : position;
        return forward ? Math.Clamp(absolute, 0, length) : Math.Clamp(absolute, -1, length - 1);
    }
}
