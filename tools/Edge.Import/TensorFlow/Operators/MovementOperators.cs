using Edge.Compiler;
using Edge.Format;
using Edge.Import.TensorFlow.Messages;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>What gives tensors other axes, moves elements, joins and cuts.</summary>
internal static class MovementOperators
{
    /// <summary>The table.</summary>
    public static IEnumerable<TensorFlowOperator> Table =>
    [
        TensorFlowOperator.Same("Reshape", "Reshape", Reshape),
        TensorFlowOperator.Same("Squeeze", "Reshape", Squeeze),
        TensorFlowOperator.Same("ExpandDims", "Reshape", ExpandDims),
        TensorFlowOperator.Values("Shape", OperatorSupport.Supported, "", static node => [Numbers(node, node.Name, node.Value(0).Sizes)]),
        TensorFlowOperator.Values("ShapeN", OperatorSupport.Supported, "", static node => [.. Enumerable.Range(0, node.InputCount).Select(input => Numbers(node, node.Name, node.Value(input).Sizes))]),
        TensorFlowOperator.Same("Rank", "", static node => node.Builder.Scalar(node.Name, node.Value(0).Sizes.Length)),
        TensorFlowOperator.Same("Size", "", static node => ArithmeticOperators.Cast(node, node.Builder.Scalar(node.Name, node.Input(0).Shape.ElementCount), node.Type("out_type", DataType.Int32))),
        TensorFlowOperator.Same("Pack", "Reshape, Concat", Pack),
        TensorFlowOperator.Values("Unpack", OperatorSupport.Emulated, "Slice, Reshape", Unpack),
        TensorFlowOperator.Values("ConcatV2", OperatorSupport.Supported, "Concat", static node => [Concat(node, 0, node.InputCount - 1)]),
        TensorFlowOperator.Values("Concat", OperatorSupport.Supported, "Concat", static node => [Concat(node, 1, 0)]),
        TensorFlowOperator.Values("Split", OperatorSupport.Emulated, "Slice", Split),
        TensorFlowOperator.Values("SplitV", OperatorSupport.Emulated, "Slice", SplitSizes),
        TensorFlowOperator.Same("Slice", "Slice", Slice),
        TensorFlowOperator.Values("StridedSlice", OperatorSupport.Supported, "Slice, StridedSlice, Reshape", StridedSlices.Convert),
        TensorFlowOperator.Same("Transpose", "Transpose", Transpose),
        TensorFlowOperator.Same("Pad", "Pad", static node => Pad(node, 0)),
        TensorFlowOperator.Same("PadV2", "Pad", static node => Pad(node, node.Number(2, "the padding's value"))),
        TensorFlowOperator.Same("MirrorPad", "MirrorPad", MirrorPad),
        TensorFlowOperator.Same("Tile", "Tile", Tile),
        TensorFlowOperator.Same("BroadcastTo", "BroadcastTo", static node => Broadcast(node, node.Input(0), node.Integers(1, "the shape"))),
        TensorFlowOperator.Same("ReverseV2", "StridedSlice", Reverse),
        TensorFlowOperator.Same("ReverseSequence", "ReverseSequence", static node =>
            node.Builder.Add(node.Name, new ReverseSequence(node.Int32("batch_dim", 0), node.Int32("seq_dim", 0)), node.Input(0), node.Input(1))),
        TensorFlowOperator.Values("Gather", OperatorSupport.Supported, "Gather, Embedding", static node => [Gather(node, 0)]),
        TensorFlowOperator.Values("GatherV2", OperatorSupport.Supported, "Gather, Embedding", static node => [Gather(node, node.Integer(2, "the axis"))]),
        TensorFlowOperator.Same("ResourceGather", "Embedding, Gather", static node => Pick(node, node.Converter.Variable(SourceOperators.Variable(node)), node.Input(1), 0, node.Int32("batch_dims", 0))),
        TensorFlowOperator.Same("OneHot", "OneHot", OneHot),
        TensorFlowOperator.Same("SpaceToDepth", "SpaceToDepth", static node => Blocks(node, static size => new SpaceToDepth(size))),
        TensorFlowOperator.Same("DepthToSpace", "DepthToSpace", static node => Blocks(node, static size => new DepthToSpace(size))),
        TensorFlowOperator.Same("GatherNd", "GatherNd", static node => node.Builder.Add(node.Name, new GatherNd(node.Int32("batch_dims", 0)), node.Input(0), node.Input(1))),
        TensorFlowOperator.Same("InvertPermutation", "", InvertPermutation),
        TensorFlowOperator.Values("Fill", OperatorSupport.Supported, "BroadcastTo", Fill),
        TensorFlowOperator.Values("Range", OperatorSupport.Supported, "", Range),
        TensorFlowOperator.Same("ZerosLike", "", static node => Filled(node, node.Name, node.Input(0).Type, node.Input(0).Shape, 0)),
        TensorFlowOperator.Same("OnesLike", "", static node => Filled(node, node.Name, node.Input(0).Type, node.Input(0).Shape, 1)),
    ];

    /// <summary>A list of whole numbers as a constant.</summary>
    private static TensorFlowValue Numbers(TensorFlowNode node, string name, int[] values)
    {
        DataType type = node.Type("out_type", DataType.Int32);
        return values.Length == 0 ? new TensorFlowValue(null, type, [0])
            : type == DataType.Int64 ? new TensorFlowValue(node.Builder.Constant<long>(name, new Shape(values.Length), Array.ConvertAll(values, static value => (long)value)))
            : new TensorFlowValue(node.Builder.Constant<int>(name, new Shape(values.Length), values));
    }

    private static Tensor Reshape(TensorFlowNode node)
    {
        Tensor x = node.Input(0);
        int[] target = node.Integers(1, "the new shape");
        node.Require(target.Length <= Shape.MaxRank, $"the new shape has {target.Length} axes; at most {Shape.MaxRank} are allowed.");
        int open = Array.IndexOf(target, -1);
        long known = ShapeMessage.Count([.. target.Select(size => size == -1 ? 1 : size)], node.Name);
        int count = x.Shape.ElementCount;
        if (open >= 0 && known > 0 && count % known == 0)
        {
            target[open] = (int)(count / known);
            known *= target[open];
        }

        node.Require(
            target.All(static size => size >= 1) && known == count, $"the new shape is [{string.Join(", ", target)}] for the input {x}; as many elements and at most one -1 are allowed.");
        return node.Builder.Reshape(node.Name, x, new Shape(target));
    }

    private static Tensor Squeeze(TensorFlowNode node)
    {
        Tensor x = node.Input(0);
        int rank = x.Shape.Rank;
        int[] axes = [.. node.List("squeeze_dims").Concat(node.List("axis")).Select(axis => node.Axis(axis, rank))];
        if (axes.Length == 0)
        {
            axes = [.. Enumerable.Range(0, rank).Where(axis => x.Shape[axis] == 1)];
        }

        node.Require(axes.All(axis => x.Shape[axis] == 1), $"the axes [{string.Join(", ", axes)}] of {x} are to go; axes of size 1 are allowed.");
        return Pieces.RemoveAxes(node.Builder, node.Name, x, axes);
    }

    private static Tensor ExpandDims(TensorFlowNode node)
    {
        Tensor x = node.Input(0);
        node.Require(x.Shape.Rank < Shape.MaxRank, $"the input {x} has {x.Shape.Rank} axes; one more than {Shape.MaxRank} is not allowed.");
        return Pieces.InsertAxis(node.Builder, node.Name, x, node.Axis(node.Integer(1, "the axis"), x.Shape.Rank + 1));
    }

    private static Tensor Pack(TensorFlowNode node)
    {
        Tensor[] parts = node.Inputs();
        node.Require(parts.Length > 0 && parts.All(part => part.Shape == parts[0].Shape && part.Shape.Rank < Shape.MaxRank), "the inputs differ in shape, or there is none.");
        int axis = node.Axis(node.Int32("axis", 0), parts[0].Shape.Rank + 1);
        return Pieces.Join(node.Builder, node.Name, [.. parts.Select(part => Pieces.InsertAxis(node.Builder, node.Name, part, axis))], axis);
    }

    private static IReadOnlyList<TensorFlowValue> Unpack(TensorFlowNode node)
    {
        Tensor x = node.Input(0);
        int axis = node.Axis(node.Int32("axis", 0), x.Shape.Rank);
        int[] sizes = new int[x.Shape[axis]];
        Array.Fill(sizes, 1);
        return [.. Pieces.Split(node.Builder, node.Name, x, axis, sizes).Select(part => new TensorFlowValue(Pieces.RemoveAxes(node.Builder, node.Name, part, [axis])))];
    }

    /// <summary>Parts without elements are left out; if all are, so is the result.</summary>
    private static TensorFlowValue Concat(TensorFlowNode node, int first, int axisInput)
    {
        int[] inputs = [.. Enumerable.Range(first, Math.Max(0, node.InputCount - 1))];
        Tensor[] parts = [.. inputs.Where(input => !node.Value(input).IsEmpty).Select(node.Input)];
        return parts.Length > 0
            ? new TensorFlowValue(Pieces.Join(node.Builder, node.Name, parts, node.Axis(node.Integer(axisInput, "the axis"), parts[0].Shape.Rank)))
            : inputs.Length > 0 ? node.Value(first) : throw node.Fail("there is nothing to join.");
    }

    private static IReadOnlyList<TensorFlowValue> Split(TensorFlowNode node)
    {
        Tensor x = node.Input(1);
        int axis = node.Axis(node.Integer(0, "the axis"), x.Shape.Rank), count = node.Int32("num_split", 1);
        node.Require(count >= 1 && x.Shape[axis] % count == 0, $"{x} is to be split into {count} equal parts along axis {axis}; a divisor of {x.Shape[axis]} is allowed.");
        int[] sizes = new int[count];
        Array.Fill(sizes, x.Shape[axis] / count);
        return [.. Pieces.Split(node.Builder, node.Name, x, axis, sizes).Select(static part => new TensorFlowValue(part))];
    }

    private static IReadOnlyList<TensorFlowValue> SplitSizes(TensorFlowNode node)
    {
        Tensor x = node.Input(0);
        int axis = node.Axis(node.Integer(2, "the axis"), x.Shape.Rank);
        int[] sizes = node.Integers(1, "the sizes");
        int open = Array.IndexOf(sizes, -1);
        if (open >= 0)
        {
            sizes[open] = (int)Math.Clamp(x.Shape[axis] - sizes.Where(static size => size >= 0).Sum(static size => (long)size), int.MinValue, int.MaxValue);
        }

        node.Require(
            sizes.All(static size => size >= 1) && sizes.Sum(static size => (long)size) == x.Shape[axis],
            $"{x} is to be split into [{string.Join(", ", sizes)}] along axis {axis}; sizes of at least 1 that make up {x.Shape[axis]} are allowed.");
        return [.. Pieces.Split(node.Builder, node.Name, x, axis, sizes).Select(static part => new TensorFlowValue(part))];
    }

    private static Tensor Slice(TensorFlowNode node)
    {
        Tensor x = node.Input(0);
        int[] begin = node.Integers(1, "begin"), size = node.Integers(2, "size");
        node.Require(begin.Length == x.Shape.Rank && size.Length == x.Shape.Rank, $"begin and size have {begin.Length} and {size.Length} entries for {x}; {x.Shape.Rank} are needed.");
        for (int i = 0; i < size.Length; i++)
        {
            int length = x.Shape[i];
            node.Require(begin[i] >= 0 && begin[i] < length, $"begin is {begin[i]} on axis {i} of {x}; 0 … {length - 1} is allowed.");
            size[i] = size[i] == -1 ? length - begin[i] : size[i];
            node.Require(size[i] >= 1 && size[i] <= length - begin[i], $"size is {size[i]} on axis {i} of {x} from {begin[i]} on; 1 … {length - begin[i]} is allowed.");
        }

        return Pieces.Box(node.Builder, node.Name, x, begin, size);
    }

    private static Tensor Transpose(TensorFlowNode node)
    {
        Tensor x = node.Input(0);
        int[] permutation = [.. node.Integers(1, "the permutation").Select(axis => node.Axis(axis, x.Shape.Rank))];
        node.Require(
            permutation.Length == x.Shape.Rank && permutation.Distinct().Count() == permutation.Length, $"the permutation is [{string.Join(", ", permutation)}] for {x}; every axis once is allowed.");
        return node.Permute(x, IntList.Create(permutation));
    }

    /// <summary>Elements before and behind each axis, from a constant [axes, 2].</summary>
    private static (int[] Before, int[] After) Paddings(TensorFlowNode node, int input)
    {
        int[] values = node.Integers(input, "the padding");
        int rank = node.Input(0).Shape.Rank;
        node.Require(values.Length == 2 * rank && values.All(static value => value >= 0), $"the padding is [{string.Join(", ", values)}] for {node.Input(0)}; {2 * rank} numbers of at least 0 are allowed.");
        return ([.. values.Where(static (_, index) => index % 2 == 0)], [.. values.Where(static (_, index) => index % 2 == 1)]);
    }

    private static Tensor Pad(TensorFlowNode node, float value)
    {
        (int[] before, int[] after) = Paddings(node, 1);
        return node.Builder.Add(node.Name, new Pad(IntList.Create(before), IntList.Create(after), value), node.Input(0));
    }

    private static Tensor MirrorPad(TensorFlowNode node)
    {
        (int[] before, int[] after) = Paddings(node, 1);
        MirrorMode mode = node.Text("mode", "") switch
        {
            "REFLECT" => MirrorMode.Reflect,
            "SYMMETRIC" => MirrorMode.Symmetric,
            string other => throw node.Fail($"the mode is '{other}'; REFLECT and SYMMETRIC are allowed."),
        };
        int least = mode == MirrorMode.Reflect ? 1 : 0;
        Tensor x = node.Input(0);
        for (int i = 0; i < before.Length; i++)
        {
            node.Require(
                before[i] <= x.Shape[i] - least && after[i] <= x.Shape[i] - least, $"the padding is {before[i]} and {after[i]} on axis {i} of {x}; at most {x.Shape[i] - least} is allowed in this mode.");
        }

        return node.Builder.Add(node.Name, new MirrorPad(IntList.Create(before), IntList.Create(after), mode), x);
    }

    private static Tensor Tile(TensorFlowNode node)
    {
        Tensor x = node.Input(0);
        int[] repeats = node.Integers(1, "the repeats");
        node.Require(repeats.Length == x.Shape.Rank && repeats.All(static count => count >= 1), $"the repeats are [{string.Join(", ", repeats)}] for {x}; {x.Shape.Rank} numbers of at least 1 are allowed.");
        return repeats.All(static count => count == 1) ? x : node.Builder.Add(node.Name, new Tile(IntList.Create(repeats)), x);
    }

    private static Tensor Broadcast(TensorFlowNode node, Tensor x, int[] sizes)
    {
        node.Require(sizes.Length <= Shape.MaxRank && sizes.All(static size => size >= 1), $"the shape is [{string.Join(", ", sizes)}]; at most {Shape.MaxRank} sizes of at least 1 are allowed.");
        ShapeMessage.Count(sizes, node.Name);
        return node.Builder.Add(node.Name, new BroadcastTo(IntList.Create(sizes)), x);
    }

    private static Tensor Reverse(TensorFlowNode node)
    {
        Tensor x = node.Input(0);
        int[] axes = [.. node.Integers(1, "the axes").Select(axis => node.Axis(axis, x.Shape.Rank))];
        return axes.Length == 0 ? x : Reversed(node, x, axes);
    }

    /// <summary>The elements of some axes from the last to the first.</summary>
    public static Tensor Reversed(TensorFlowNode node, Tensor x, IReadOnlyCollection<int> axes)
    {
        int[] begin = new int[x.Shape.Rank], count = new int[x.Shape.Rank], stride = new int[x.Shape.Rank];
        Array.Fill(count, -1);
        for (int i = 0; i < begin.Length; i++)
        {
            (begin[i], stride[i]) = axes.Contains(i) ? (-1, -1) : (0, 1);
        }

        return node.Builder.Add(node.Name, new StridedSlice(IntList.Create(begin), IntList.Create(count), IntList.Create(stride)), x);
    }

    private static TensorFlowValue Gather(TensorFlowNode node, int axis) => node.Value(1).IsEmpty
        ? new TensorFlowValue(null, node.Value(0).Type, [.. node.Input(0).Shape.Axes[..node.Axis(axis, node.Input(0).Shape.Rank)], .. node.Value(1).Sizes, .. node.Input(0).Shape.Axes[(node.Axis(axis, node.Input(0).Shape.Rank) + 1)..]])
        : new TensorFlowValue(Pick(node, node.Input(0), node.Input(1), axis, node.Int32("batch_dims", 0)));

    /// <summary>Elements of an axis by index. Rows of a constant table are an embedding, which can be trained.</summary>
    private static Tensor Pick(TensorFlowNode node, Tensor data, Tensor indices, int axis, int batch)
    {
        axis = node.Axis(axis, data.Shape.Rank);
        batch = batch < 0 ? batch + indices.Shape.Rank : batch;
        return data is { IsConstant: true, Type: DataType.Float32, Shape.Rank: >= 2 } && !indices.IsConstant && axis == 0 && batch == 0
            ? node.Builder.Add(node.Name, new Embedding(), indices, data)
            : node.Builder.Add(node.Name, new Gather(axis, batch), data, indices);
    }

    private static Tensor OneHot(TensorFlowNode node)
    {
        Tensor indices = node.Input(0);
        indices = indices.Type is DataType.Int32 or DataType.Int64 ? indices : ArithmeticOperators.Cast(node, indices, DataType.Int32);
        return node.Builder.Add(node.Name, new OneHot(node.Integer(1, "the depth"), node.Int32("axis", -1)), indices, node.Input(2), node.Input(3));
    }

    private static Tensor Blocks<TOperator>(TensorFlowNode node, Func<int, TOperator> make) where TOperator : struct, IOperator<TOperator> =>
        ImageLayout.FromLast(node, node.Builder.Add(node.Name, make(node.Int32("block_size", 0)), ImageLayout.ToLast(node, node.Input(0))));

    private static Tensor InvertPermutation(TensorFlowNode node)
    {
        int[] permutation = node.Integers(0, "the permutation"), inverse = new int[permutation.Length];
        node.Require(
            permutation.Order().SequenceEqual(Enumerable.Range(0, permutation.Length)), $"the permutation is [{string.Join(", ", permutation)}]; every number from 0 to {permutation.Length - 1} once is allowed.");
        for (int i = 0; i < permutation.Length; i++)
        {
            inverse[permutation[i]] = i;
        }

        return ArithmeticOperators.Cast(node, node.Builder.Constant<int>(node.Name, new Shape(inverse.Length), inverse), node.Input(0).Type);
    }

    private static IReadOnlyList<TensorFlowValue> Fill(TensorFlowNode node)
    {
        int[] sizes = node.Integers(0, "the shape");
        Tensor value = node.Input(1);
        node.Require(sizes.Length <= Shape.MaxRank && sizes.All(static size => size >= 0), $"the shape is [{string.Join(", ", sizes)}]; at most {Shape.MaxRank} sizes of at least 0 are allowed.");
        node.Require(value.Shape.Rank == 0, $"the value is {value}; a single number is allowed.");
        long count = ShapeMessage.Count(sizes, node.Name);
        if (count == 0)
        {
            return [new TensorFlowValue(null, value.Type, sizes)];
        }

        if (!value.IsConstant)
        {
            return [new TensorFlowValue(Broadcast(node, value, sizes))];
        }

        byte[] data = Bytes(node, node.Name, count, value.Type);
        ReadOnlySpan<byte> element = value.Data.Span;
        for (int i = 0; i < data.Length; i += element.Length)
        {
            element.CopyTo(data.AsSpan(i));
        }

        return [new TensorFlowValue(node.Builder.Graph.Constant(node.Name, new TensorSpec(value.Type, new Shape(sizes)), data))];
    }

    private static IReadOnlyList<TensorFlowValue> Range(TensorFlowNode node)
    {
        DataType type = node.Input(0).Type;
        double start = Scalar(0), limit = Scalar(1), delta = Scalar(2);
        node.Require(delta != 0 && double.IsFinite((limit - start) / delta), $"the range is {start}, {limit}, {delta}; finite numbers and a step other than 0 are allowed.");
        double exact = Math.Max(0, Math.Ceiling((limit - start) / delta));
        node.Require(exact <= int.MaxValue, $"the range {start}, {limit}, {delta} has {exact} numbers; at most {int.MaxValue} are allowed.");
        int count = (int)exact;
        if (count == 0)
        {
            return [new TensorFlowValue(null, type, [0])];
        }

        node.Builder.Charge((long)count * type.Size(), node.Name);
        Shape shape = new(count);
        return [new TensorFlowValue(type switch
        {
            DataType.Float32 => node.Builder.Constant<float>(node.Name, shape, Make(index => (float)start + (index * (float)delta))),
            DataType.Int32 => node.Builder.Constant<int>(node.Name, shape, Make(index => (int)start + (index * (int)delta))),
            DataType.Int64 => node.Builder.Constant<long>(node.Name, shape, Make(index => (long)start + (index * (long)delta))),
            _ => throw node.Fail($"the range is of {type.Name()}; float32, int32 and int64 are allowed."),
        })];

        T[] Make<T>(Func<int, T> element)
        {
            T[] values = new T[count];
            for (int i = 0; i < count; i++)
            {
                values[i] = element(i);
            }

            return values;
        }

        double Scalar(int input) => type == DataType.Float32 ? node.Number(input, "a bound of the range") : node.Integer(input, "a bound of the range");
    }

    private static Tensor Filled(TensorFlowNode node, string name, DataType type, Shape shape, byte value)
    {
        byte[] data = Bytes(node, name, shape.ElementCount, type);
        for (int i = 0; value != 0 && i < data.Length; i += type.Size())
        {
            if (type == DataType.Float32)
            {
                BitConverter.TryWriteBytes(data.AsSpan(i), (float)value);
            }
            else
            {
                data[i] = value;
            }
        }

        return node.Builder.Graph.Constant(name, new TensorSpec(type, shape), data);
    }

    private static byte[] Bytes(TensorFlowNode node, string name, long count, DataType type)
    {
        node.Builder.Charge(count * type.Size(), name);
        return new byte[checked((int)(count * type.Size()))];
    }
}
