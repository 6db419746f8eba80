using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>STRIDED_SLICE with all its masks.</summary>
/// <remarks>Source: StridedSlice of TensorFlow, core/util/strided_slice_op.cc; TensorFlow Lite kernels/strided_slice.cc. Bit i of a mask belongs to entry i of begin, end and stride.</remarks>
internal static class StridedSliceMapping
{
    private const int MostEntries = 16;

    /// <summary>Converts one.</summary>
    public static void Map(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.StridedSlice);
        (int beginMask, int endMask, int ellipsisMask, int newMask, int shrinkMask) = (options.Int32(0), options.Int32(1), options.Int32(2), options.Int32(3), options.Int32(4));
        bool endIsOffset = options.Bool(5);
        Tensor input = node.Input(0);
        int[] begins = node.Integers(1, "the begin"), ends = node.Integers(2, "the end"), strides = node.Integers(3, "the stride");
        if (begins.Length != ends.Length || begins.Length != strides.Length || begins.Length > MostEntries)
        {
            throw new ModelImportException($"its begin, end and stride have {begins.Length}, {ends.Length} and {strides.Length} entries; equally many, at most {MostEntries}, are needed.");
        }

        int rank = input.Shape.Rank;
        int taken = 0;
        for (int i = 0; i < begins.Length; i++)
        {
            taken += Bit(newMask, i) || Bit(ellipsisMask, i) ? 0 : 1;
        }

        if (int.PopCount(ellipsisMask & ((1 << begins.Length) - 1)) > 1 || taken > rank)
        {
            throw new ModelImportException($"it takes {taken} axes of {input} with ellipsis mask {ellipsisMask}; at most {rank} axes and one ellipsis are allowed.");
        }

        int[] begin = new int[rank], count = new int[rank], stride = new int[rank];
        Array.Fill(count, -1);
        Array.Fill(stride, 1);
        List<int> sizes = [];
        int axis = 0;
        for (int i = 0; i < begins.Length; i++)
        {
            if (Bit(ellipsisMask, i))
            {
                for (int whole = rank - taken; whole > 0; whole--)
                {
                    sizes.Add(input.Shape[axis++]);
                }

                continue;
            }

            if (Bit(newMask, i))
            {
                sizes.Add(1);
                continue;
            }

            int size = input.Shape[axis];
            if (Bit(shrinkMask, i))
            {
                int index = Bit(beginMask, i) ? 0 : begins[i] < 0 ? begins[i] + size : begins[i];
                if (strides[i] <= 0 || index < 0 || index >= size)
                {
                    throw new ModelImportException($"it picks element {begins[i]} of axis {axis} of {input} with stride {strides[i]}; {-size} … {size - 1} and a positive stride are allowed.");
                }

                (begin[axis], count[axis]) = (index, 1);
            }
            else
            {
                (begin[axis], count[axis], stride[axis]) = Range(axis, size, Bit(beginMask, i) ? null : begins[i], Bit(endMask, i) ? null : ends[i], endIsOffset, strides[i]);
                sizes.Add(count[axis]);
                if (begin[axis] == 0 && stride[axis] == 1 && count[axis] == size)
                {
                    count[axis] = -1;                                    // the whole axis, whatever its size: the batch stays open
                }
            }

            axis++;
        }

        for (; axis < rank; axis++)
        {
            sizes.Add(input.Shape[axis]);
        }

        if (sizes.Count > Shape.MaxRank)
        {
            throw new ModelImportException($"its result has {sizes.Count} axes; at most {Shape.MaxRank} are supported.");
        }

        Tensor part = Array.TrueForAll(stride, static step => step == 1)
            ? Array.TrueForAll(count, static elements => elements == -1) ? input : node.Builder.Add(node.Name, new Slice(IntList.Create(begin), IntList.Create(count)), input)
            : node.Builder.Add(node.Name, new StridedSlice(IntList.Create(begin), IntList.Create(count), IntList.Create(stride)), input);
        node.Move(node.Builder.Reshape($"{node.Name}/shape", part, new Shape([.. sizes])));
    }

    private static bool Bit(int mask, int index) => (mask & (1 << index)) != 0;

    /// <summary>First element, number and distance of the elements of one axis.</summary>
    /// <remarks>An end that is an offset counts from the first element taken. Source: StridedSliceEndForAxis, TensorFlow Lite kernels/internal/strided_slice_logic.h.</remarks>
    private static (int Begin, int Count, int Stride) Range(int axis, int size, int? begin, int? end, bool endIsOffset, int stride)
    {
        if (stride is 0 or int.MinValue)
        {
            throw new ModelImportException($"its stride along axis {axis} is {stride}; any other one is allowed.");
        }

        // Bounds beyond the axis are cut to it: walking forward the end is at most size, walking backward at least −1.
        (int lowest, int highest) = stride > 0 ? (0, size) : (-1, size - 1);
        int first = begin is { } b ? Math.Clamp(b < 0 ? b + size : b, lowest, highest) : stride > 0 ? 0 : size - 1;
        long? bound = endIsOffset ? (long?)end + first : end;
        int last = bound is { } e ? (int)Math.Clamp(e < 0 ? e + size : e, lowest, highest) : stride > 0 ? size : -1;
        long count = stride > 0 ? ((long)last - first + stride - 1) / stride : ((long)first - last - stride - 1) / -stride;
        return count >= 1
            ? (first, (int)count, count == 1 ? 1 : stride)
            : throw new ModelImportException($"it takes nothing of axis {axis}: elements {first} to {last} with stride {stride} of {size}; at least one is needed.");
    }
}
