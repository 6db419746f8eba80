using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>What moves elements: concatenation, padding, reductions.</summary>
internal static class OnnxMovement
{
    public static IEnumerable<OnnxOperator> Table =>
    [
        OnnxOperator.Same("Concat", "Concat", Concat),
        OnnxOperator.Same("Pad", "Pad, MirrorPad", Pad, 1, 2, 3),
        OnnxOperator.Same("Slice", "Slice, StridedSlice", Slice, 1, 2, 3, 4),
        OnnxOperator.Many("Split", OperatorSupport.Emulated, "Slice", Split, 1),
        OnnxOperator.Made("Trilu", "Select", Trilu, 1),
    ];

    /// <summary>Part of one axis; the others stay whole, the batch among them.</summary>
    public static Tensor Part(OnnxNode node, Tensor x, int axis, int begin, int size)
    {
        if (begin == 0 && size == x.Shape[axis])
        {
            return x;
        }

        int[] begins = new int[x.Shape.Rank], sizes = new int[x.Shape.Rank];
        Array.Fill(sizes, -1);
        (begins[axis], sizes[axis]) = (begin, size);
        return node.Builder.Add(node.Name, new Slice(IntList.Create(begins), IntList.Create(sizes)), x);
    }

    private static Tensor[] Split(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int axis = node.Axis("axis", 0, x.Shape.Rank);
        int length = x.Shape[axis];
        int[] sizes = node.Int32List("split") ?? (node.Has(1) ? node.Int32s(1) : []);
        if (sizes.Length == 0)
        {
            int parts = node.Int32("num_outputs", node.OutputCount);
            node.Require(parts >= 1 && parts <= length, $"{parts} parts of {length} elements; 1 … {length} are allowed.");
            int part = (length + parts - 1) / parts;
            sizes = [.. Enumerable.Range(0, parts).Select(i => Math.Min(part, length - (i * part)))];
        }

        node.Require(
            sizes.Length >= node.OutputCount && Array.TrueForAll(sizes, static size => size >= 1) && sizes.Sum(static size => (long)size) == length,
            $"the parts are [{string.Join(", ", sizes)}]; {node.OutputCount} of at least 1 element are needed, together the {length} along axis {axis} of {x}.");
        Tensor[] outputs = new Tensor[node.OutputCount];
        int begin = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = Part(node, x, axis, begin, sizes[i]);
            begin += sizes[i];
        }

        return outputs;
    }

    private static Tensor Slice(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int[] begins = new int[x.Shape.Rank], sizes = new int[x.Shape.Rank], strides = new int[x.Shape.Rank];
        Array.Fill(sizes, -1);
        Array.Fill(strides, 1);
        foreach ((int axis, int begin, int count, int step) in Cuts(node, x.Shape.Axes.ToArray()))
        {
            node.Require(count >= 1, $"axis {axis} of {x} from {begin} on by {step} has no elements; at least one is needed.");
            if (begin != 0 || count != x.Shape[axis] || step != 1)
            {
                (begins[axis], sizes[axis], strides[axis]) = (begin, count, step);
            }
        }

        return Sliced(node, x, begins, sizes, strides);
    }

    /// <summary>What a Slice takes of each axis that it names; the count may be 0.</summary>
    public static List<(int Axis, int Begin, int Count, int Step)> Cuts(OnnxNode node, int[] shape)
    {
        int rank = shape.Length;
        bool attributes = node.Version < 10;
        int[] starts = attributes ? node.Int32List("starts") ?? [] : node.Int32s(1), ends = attributes ? node.Int32List("ends") ?? [] : node.Int32s(2);
        int[] axes = (attributes ? node.Int32List("axes") : node.Has(3) ? node.Int32s(3) : null) ?? [.. Enumerable.Range(0, starts.Length)];
        int[] steps = !attributes && node.Has(4) ? node.Int32s(4) : [.. starts.Select(static _ => 1)];
        node.Require(
            starts.Length == ends.Length && starts.Length == axes.Length && starts.Length == steps.Length,
            $"there are {starts.Length} starts, {ends.Length} ends, {axes.Length} axes and {steps.Length} steps; as many of each are needed.");
        List<(int, int, int, int)> cuts = [];
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = node.Axis(axes[i], rank), length = shape[axis], step = steps[i];
            node.Require(step != 0, "a step is 0; any other number is allowed.");
            long begin = Math.Clamp(starts[i] < 0 ? (long)starts[i] + length : starts[i], 0, step > 0 ? length : Math.Max(length - 1, 0));
            long end = Math.Clamp(ends[i] < 0 ? (long)ends[i] + length : ends[i], step > 0 ? 0 : -1, length);
            long count = step > 0 ? (end - begin + step - 1) / step : (begin - end - step - 1) / -(long)step;
            cuts.Add((axis, (int)begin, (int)Math.Max(count, 0), step));
        }

        return cuts;
    }

    private static Tensor Sliced(OnnxNode node, Tensor x, int[] begins, int[] sizes, int[] strides)
    {
        IntList begin = IntList.Create(begins), size = IntList.Create(sizes);
        return Array.TrueForAll(strides, static stride => stride == 1)
            ? Array.TrueForAll(sizes, static count => count == -1) ? x : node.Builder.Add(node.Name, new Slice(begin, size), x)
            : node.Builder.Add(node.Name, new StridedSlice(begin, size, IntList.Create(strides)), x);
    }

    private static Tensor Pad(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int rank = x.Shape.Rank;
        int[] pads = node.Version < 11 ? node.Int32List("pads") ?? node.Int32List("paddings") ?? [] : node.Int32s(1);
        int[] axes = node.Has(3) ? [.. node.Int32s(3).Select(axis => node.Axis(axis, rank))] : [.. Enumerable.Range(0, rank)];
        node.Require(pads.Length == 2 * axes.Length, $"there are {pads.Length} paddings for {axes.Length} axes; two for each are needed.");
        int[] before = new int[rank], after = new int[rank], begins = new int[rank], sizes = new int[rank];
        Array.Fill(sizes, -1);
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = axes[i], first = pads[i], last = pads[axes.Length + i];
            before[axis] = Math.Max(first, 0);
            after[axis] = Math.Max(last, 0);
            if (first < 0 || last < 0)
            {
                long left = (long)x.Shape[axis] + Math.Min(first, 0) + Math.Min(last, 0);
                node.Require(left >= 1, $"paddings {first} and {last} leave nothing of axis {axis} of {x}; at least one element must stay.");
                (begins[axis], sizes[axis]) = (Math.Max(-first, 0), (int)left);
            }
        }

        if (Array.Exists(sizes, static size => size >= 0))
        {
            x = node.Builder.Add(node.Name + "_cut", new Slice(IntList.Create(begins), IntList.Create(sizes)), x);
        }

        string mode = node.Text("mode", "constant");
        return mode switch
        {
            "constant" => node.Builder.Add(node.Name, new Pad(IntList.Create(before), IntList.Create(after), Value()), x),
            "reflect" => Mirrored(MirrorMode.Reflect),
            "edge" => Mirrored(MirrorMode.Edge),
            "wrap" => Mirrored(MirrorMode.Wrap),
            _ => throw node.Fail($"the mode is '{mode}'; constant, reflect, edge and wrap are allowed."),
        };

        Tensor Mirrored(MirrorMode kind) => node.Builder.Add(node.Name, new MirrorPad(IntList.Create(before), IntList.Create(after), kind), x);

        float Value() => node.Version < 11 ? node.Float("value", 0) : !node.Has(2) ? 0 : node.Input(2).Type == DataType.Float32 ? node.Floats(2)[0] : node.Integers(2)[0];
    }

    /// <summary>The upper or lower triangle of matrices; the rest becomes 0.</summary>
    private static Tensor Trilu(OnnxNode node)
    {
        Tensor x = node.Input(0);
        node.Require(x.Shape.Rank >= 2, $"the input is {x}; at least two axes are needed.");
        bool upper = node.Flag("upper", missing: true);
        long diagonal = node.Has(1) ? node.Integers(1)[0] : 0;
        int rows = x.Shape[-2], columns = x.Shape[-1];
        node.Builder.Charge((long)rows * columns, node.Name);
        bool[] kept = new bool[checked(rows * columns)];
        for (int i = 0; i < kept.Length; i++)
        {
            long distance = (i % columns) - (long)(i / columns);
            kept[i] = upper ? distance >= diagonal : distance <= diagonal;
        }

        Tensor zero = OnnxArithmetic.Cast(node, node.Builder.Scalar(node.Name + "_zero", 0f), x.Type);
        return node.Builder.Add(node.Name, new Select(), node.Builder.Constant<bool>(node.Name + "_mask", new Shape(rows, columns), kept), x, zero);
    }

    private static Tensor Concat(OnnxNode node)
    {
        Tensor[] parts = [.. Enumerable.Range(0, node.InputCount).Where(input => !node.IsEmpty(input)).Select(node.Input)];
        return Joined(node, parts, node.Axis("axis", 1, parts[0].Shape.Rank));
    }

    /// <summary>Tensors one after the other along an axis.</summary>
    public static Tensor Joined(OnnxNode node, Tensor[] parts, int axis)
    {
        // An operator takes at most 32 inputs, so more of them join in groups.
        const int Most = 32;
        while (parts.Length > 1)
        {
            parts = [.. parts.Chunk(Most).Select(group => group.Length == 1 ? group[0] : node.Builder.Add(node.Name, new Concat(axis), group))];
        }

        return parts[0];
    }
}
