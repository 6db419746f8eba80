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
        TfliteMapping.One("CONCATENATION", "Concat", Concatenate),
        TfliteMapping.Several("PACK", "Reshape, Concat", Pack),
        TfliteMapping.Several("UNPACK", "Slice, Reshape", Unpack),
        TfliteMapping.Several("SPLIT", "Slice", static node => Split(node, 1, 0, null)),
        TfliteMapping.Several("SPLIT_V", "Slice", static node => Split(node, 0, 2, node.Integers(1, "the list of sizes"))),
        TfliteMapping.One("SLICE", "Slice", Slice),
        TfliteMapping.One("PAD", "Pad", static node => Pad(node, 0)),
        TfliteMapping.One("PADV2", "Pad", PadWith),
        TfliteMapping.One("MIRROR_PAD", "MirrorPad", PadMirrored),
        TfliteMapping.One("STRIDED_SLICE", "StridedSlice", StridedSliceMapping.Map),
        TfliteMapping.One("REVERSE_V2", "StridedSlice", Reverse),
        TfliteMapping.One("GATHER", "Gather", Gather),
        TfliteMapping.One("EMBEDDING_LOOKUP", "Embedding", Embed),
        TfliteMapping.One("ONE_HOT", "OneHot", OneHot),
        TfliteMapping.One("TILE", "Tile", static node => node.Move(node.Builder.Add(node.Name, new Tile(IntList.Create(node.Integers(1, "the number of copies"))), node.Input(0)))),
        TfliteMapping.One("BROADCAST_TO", "BroadcastTo", Broadcast),
        TfliteMapping.One("SPACE_TO_DEPTH", "SpaceToDepth", static node => node.Move(node.Builder.Add(node.Name, new SpaceToDepth(node.Options(OptionsKind.SpaceToDepth).Int32(0)), node.Input(0)))),
        TfliteMapping.One("DEPTH_TO_SPACE", "DepthToSpace", static node => node.Move(node.Builder.Add(node.Name, new DepthToSpace(node.Options(OptionsKind.DepthToSpace).Int32(0)), node.Input(0)))),
    ];

    /// <summary>Some elements along one axis.</summary>
    /// <param name="node">The operator.</param>
    /// <param name="name">The name of the result.</param>
    /// <param name="input">The tensor.</param>
    /// <param name="axis">The axis.</param>
    /// <param name="begin">The first element.</param>
    /// <param name="size">Their number.</param>
    public static Tensor Part(TfliteNode node, string name, Tensor input, int axis, int begin, int size)
    {
        if (begin == 0 && size == input.Shape[axis])
        {
            return input;
        }

        int[] begins = new int[input.Shape.Rank], sizes = new int[input.Shape.Rank];
        Array.Fill(sizes, -1);
        (begins[axis], sizes[axis]) = (begin, size);
        return node.Builder.Add(name, new Slice(IntList.Create(begins), IntList.Create(sizes)), input);
    }

    /// <summary>A tensor without one axis of size 1.</summary>
    public static Tensor Without(TfliteNode node, string name, Tensor input, int axis)
    {
        List<int> sizes = [.. input.Shape.Axes];
        sizes.RemoveAt(axis);
        return node.Builder.Reshape(name, input, new Shape([.. sizes]));
    }

    /// <summary>A tensor with one more axis of size 1.</summary>
    public static Tensor With(TfliteNode node, string name, Tensor input, int axis)
    {
        if (input.Shape.Rank == Shape.MaxRank)
        {
            throw new ModelImportException($"it gives {input} one more axis; at most {Shape.MaxRank} are supported.");
        }

        List<int> sizes = [.. input.Shape.Axes];
        sizes.Insert(axis, 1);
        return node.Builder.Reshape(name, input, new Shape([.. sizes]));
    }

    private static void Reshape(TfliteNode node)
    {
        Tensor input = node.Input(0);
        FlatTable options = node.Options(OptionsKind.Reshape);
        int[] target = node.Has(1) ? node.Integers(1, "the new shape") : options.Int32s(0, "new shape");
        if (!node.Has(1) && target is [0])
        {
            target = [];                                                 // how old files state a shape without axes
        }

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
        node.Move(With(node, node.Name, input, TfliteNode.Axis(node.Integer(1, "the new axis"), input.Shape.Rank + 1)));
    }

    private static void Concatenate(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.Concatenation);
        node.Set(node.ActivatedBehind(Joined(node, [.. Enumerable.Range(0, node.InputCount).Select(i => Rescaled(node, i))], options.Int32(0)), options.Byte(1)));
    }

    /// <summary>Legacy uint8 on another scale is rescaled in float32. Source: ConcatenationWithScaling, TensorFlow Lite kernels/internal/reference/concatenation.h.</summary>
    private static Tensor Rescaled(TfliteNode node, int input)
    {
        Tensor part = node.Input(input);
        TensorSpec declared = node.Declared();
        return node.IsLegacy(input) && !Quantization.Same(part.Quantization, declared.Quantization)
            ? node.Builder.Add($"{node.Name}/scaled_{input}", new ParametricUnary(ParametricFunction.Affine, 1, 0), declared, part)
            : part;
    }

    private static void Pack(TfliteNode node)
    {
        Tensor first = node.Input(0);
        int axis = TfliteNode.Axis(node.Options(OptionsKind.Pack).Int32(1), first.Shape.Rank + 1);
        node.Set(Joined(node, [.. Enumerable.Range(0, node.InputCount).Select(i => With(node, $"{node.Name}/{i}", node.Input(i), axis))], axis));
    }

    /// <summary>Tensors one behind the other; in steps where there are more than an operator takes.</summary>
    private static Tensor Joined(TfliteNode node, Tensor[] parts, int axis)
    {
        const int Most = 32;
        if (parts.Length == 0)
        {
            throw new ModelImportException("it reads nothing; at least one input is needed.");
        }

        axis = TfliteNode.Axis(axis, parts[0].Shape.Rank);
        TensorSpec declared = node.Declared();
        for (int level = 0; parts.Length > Most; level++)
        {
            parts = [.. parts.Chunk(Most).Select((chunk, i) => chunk.Length == 1 ? chunk[0] : Join($"{node.Name}/{level}_{i}", chunk))];
        }

        return Join(node.Name, parts);

        Tensor Join(string name, Tensor[] chunk) => node.Builder.AddAll(name, new Concat(axis), [declared], chunk)[0];
    }

    private static void Unpack(TfliteNode node)
    {
        Tensor input = node.Input(0);
        int axis = TfliteNode.Axis(node.Options(OptionsKind.Unpack).Int32(1), input.Shape.Rank);
        if (input.Shape[axis] != node.OutputCount)
        {
            throw new ModelImportException($"it takes {input} apart along axis {axis} into {node.OutputCount} outputs; {input.Shape[axis]} are needed.");
        }

        for (int i = 0; i < node.OutputCount; i++)
        {
            string name = node.StatedOutput(i).Name;
            node.Move(Without(node, name, Part(node, $"{name}/part", input, axis, i, 1), axis), i);
        }
    }

    private static void Split(TfliteNode node, int value, int axisInput, int[]? sizes)
    {
        Tensor input = node.Input(value);
        int axis = TfliteNode.Axis(node.Integer(axisInput, "the axis"), input.Shape.Rank);
        int length = input.Shape[axis];
        if (sizes is null)
        {
            if (node.OutputCount == 0 || length % node.OutputCount != 0)
            {
                throw new ModelImportException($"it splits {input} along axis {axis} into {node.OutputCount} outputs; a divisor of {length} is needed.");
            }

            sizes = new int[node.OutputCount];
            Array.Fill(sizes, length / node.OutputCount);
        }

        int open = Array.IndexOf(sizes, -1);
        if (open >= 0)
        {
            sizes[open] = (int)Math.Clamp(length - (sizes.Sum(static size => (long)size) + 1), 0, length);
        }

        if (sizes.Length != node.OutputCount || Array.Exists(sizes, static size => size < 1) || sizes.Sum(static size => (long)size) != length)
        {
            throw new ModelImportException(
                $"it splits {input} along axis {axis} into [{string.Join(", ", sizes.Take(16))}]; {node.OutputCount} sizes of at least 1 are needed, together {length}.");
        }

        int begin = 0;
        for (int i = 0; i < sizes.Length; i++)
        {
            node.Move(Part(node, node.StatedOutput(i).Name, input, axis, begin, sizes[i]), i);
            begin += sizes[i];
        }
    }

    private static void Slice(TfliteNode node)
    {
        Tensor input = node.Input(0);
        int[] begin = node.Integers(1, "the begin"), size = node.Integers(2, "the size");
        node.Move(node.Builder.Add(node.Name, new Slice(IntList.Create(begin), IntList.Create(size)), input));
    }

    private static void PadWith(TfliteNode node)
    {
        Tensor value = node.Constant(2, "the value");
        if (value.Shape.ElementCount != 1)
        {
            throw new ModelImportException($"it pads with {value}; a single number is needed.");
        }

        Pad(node, value switch
        {
            { Quantization: { } parameters, Type: DataType.Int8 } => parameters.Scale * (value.Values<sbyte>()[0] - parameters.ZeroPoint),
            { Type: DataType.Float32 } => value.Values<float>()[0],
            { Type: DataType.Int32 or DataType.Int64 } => GraphBuilder.Integers(value, "the value")[0],
            _ => throw new ModelImportException($"it pads with {value}; float32, quantized int8, int32 and int64 are allowed."),
        });
    }

    private static void Pad(TfliteNode node, float value)
    {
        Tensor input = node.Input(0);
        int rank = input.Shape.Rank;
        (int[] before, int[] after) = Paddings(node, rank);
        node.Move(node.Builder.Add(node.Name, new Pad(IntList.Create(before), IntList.Create(after), value), input));
    }

    private static void PadMirrored(TfliteNode node)
    {
        Tensor input = node.Input(0);
        (int[] before, int[] after) = Paddings(node, input.Shape.Rank);
        MirrorMode mode = node.Options(OptionsKind.MirrorPad).Byte(0) switch
        {
            0 => MirrorMode.Reflect,
            1 => MirrorMode.Symmetric,
            byte other => throw new ModelImportException($"its mode is {other}; 0 (REFLECT) and 1 (SYMMETRIC) are allowed."),
        };
        node.Move(node.Builder.Add(node.Name, new MirrorPad(IntList.Create(before), IntList.Create(after), mode), input));
    }

    private static void Reverse(TfliteNode node)
    {
        Tensor input = node.Input(0);
        int rank = input.Shape.Rank;
        int[] begin = new int[rank], count = new int[rank], stride = new int[rank];
        Array.Fill(count, -1);
        Array.Fill(stride, 1);
        foreach (int stated in node.Integers(1, "the list of axes"))
        {
            int axis = TfliteNode.Axis(stated, rank);
            (begin[axis], stride[axis]) = (-1, -1);
        }

        node.Move(node.Builder.Add(node.Name, new StridedSlice(IntList.Create(begin), IntList.Create(count), IntList.Create(stride)), input));
    }

    private static void Gather(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.Gather);
        Tensor input = node.Input(0), indices = node.Input(1);
        int axis = TfliteNode.Axis(options.Int32(0), input.Shape.Rank);
        RequireWithin(indices, input.Shape[axis]);
        int batchAxes = options.Int32(1);
        node.Move(node.Builder.Add(node.Name, new Gather(axis, batchAxes < 0 ? batchAxes + indices.Shape.Rank : batchAxes), input, indices));
    }

    /// <summary>Constant indices are checked at conversion; computed ones when the model runs.</summary>
    private static void RequireWithin(Tensor indices, int size)
    {
        if (!indices.IsConstant)
        {
            return;
        }

        foreach (long index in GraphBuilder.Integers(indices, "the list of indices"))
        {
            if (index < 0 || index >= size)
            {
                throw new ModelImportException($"it picks element {index}; 0 … {size - 1} is allowed.");
            }
        }
    }

    private static void Embed(TfliteNode node)
    {
        Tensor indices = node.Input(0), table = node.Input(1);
        RequireWithin(indices, table.Shape.Rank == 0 ? 0 : table.Shape[0]);
        Tensor rows = node.Builder.Add(node.Name, default(Embedding), indices, table);
        node.Set(node.StatedOutput(0).IsQuantized ? rows : node.Real(rows));
    }

    private static void OneHot(TfliteNode node)
    {
        int depth = node.Integer(1, "the depth");
        node.Move(node.Builder.Add(node.Name, new OneHot(depth, node.Options(OptionsKind.OneHot).Int32(0)), node.Input(0), node.Input(2), node.Input(3)));
    }

    /// <summary>Axes that keep their size follow the input, so the batch stays open.</summary>
    private static void Broadcast(TfliteNode node)
    {
        Tensor input = node.Input(0);
        int[] sizes = node.Integers(1, "the shape");
        for (int i = 1; i <= Math.Min(sizes.Length, input.Shape.Rank); i++)
        {
            sizes[^i] = sizes[^i] == input.Shape[-i] ? -1 : sizes[^i];
        }

        node.Move(node.Builder.Add(node.Name, new BroadcastTo(IntList.Create(sizes)), input));
    }

    /// <summary>What is put before and behind each axis.</summary>
    public static (int[] Before, int[] After) Paddings(TfliteNode node, int rank)
    {
        int[] paddings = node.Integers(1, "the padding");
        if (paddings.Length != 2 * rank)
        {
            throw new ModelImportException($"its padding has {paddings.Length} numbers; two for each of {rank} axes are needed.");
        }

        int[] before = new int[rank], after = new int[rank];
        for (int i = 0; i < rank; i++)
        {
            (before[i], after[i]) = (paddings[2 * i], paddings[(2 * i) + 1]);
        }

        return (before, after);
    }
}
