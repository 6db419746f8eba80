using System.Runtime.InteropServices;
using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Shapes, constants, and what only gives elements other axes.</summary>
internal static class OnnxShapes
{
    public static IEnumerable<OnnxOperator> Table =>
    [
        OnnxOperator.Same("Constant", "constant", Constant),
        OnnxOperator.Made("ConstantOfShape", "constant", ConstantOfShape, 0),
        OnnxOperator.Made("EyeLike", "constant", EyeLike),
        OnnxOperator.Same("Flatten", "Reshape", Flatten),
        OnnxOperator.Same("If", "the branch taken", static node => throw node.Fail("it is converted where it stands."), 0),
        OnnxOperator.Made("Range", "constant", Range, 0, 1, 2),
        OnnxOperator.Same("Reshape", "Reshape", Reshape, 1),
        OnnxOperator.Same("Shape", "constant", Shape),
        OnnxOperator.Same("Size", "constant", static node => node.Builder.Scalar<long>(node.Name, node.Input(0).Shape.ElementCount)),
        OnnxOperator.Same("Squeeze", "Reshape", Squeeze, 1),
        OnnxOperator.Same("Transpose", "Transpose", Transpose),
        OnnxOperator.Same("Unsqueeze", "Reshape", Unsqueeze, 1),
    ];

    /// <summary>What a node computes where an input, or its only output, has no elements; null where it is converted as any other.</summary>
    /// <remarks>Only the arithmetic of shapes has such values: a scalar's shape, no axes, no scales.</remarks>
    public static OnnxValue? WithoutElements(OnnxNode node)
    {
        switch (node.Kind)
        {
            case "Constant" when node.Attribute("value")?.Tensor is { } message && message.Sizes.Contains(0):
                return node.Converter.Constant(message, node.Name);
            case "Constant" when node.HasAttribute("value_ints") && node.Attribute("value_ints")!.Integers.Count == 0:
                return new OnnxValue(null, DataType.Int64, [0]);
            case "Constant" when node.HasAttribute("value_floats") && node.Attribute("value_floats")!.Floats.Count == 0:
                return new OnnxValue(null, DataType.Float32, [0]);
            case "Shape" when node.Value(0) is { } value && Bounds(node, value.Sizes.Length) is (var start, var end) && (start >= end || value.IsEmpty):
                return start >= end ? new OnnxValue(null, DataType.Int64, [0]) : new OnnxValue(Sizes(node, value.Sizes[start..end]));
            case "Size" when node.IsEmpty(0):
                return new OnnxValue(node.Builder.Scalar(node.Name, 0L));
            case "ConstantOfShape" when !node.IsEmpty(0) && node.Integers(0) is var sizes && sizes.Contains(0):
                return new OnnxValue(null, node.Attribute("value")?.Tensor is { } fill ? OnnxTypes.Becomes(fill.Type, "the value") : DataType.Float32, [.. sizes.Select(static size => checked((int)size))]);
            case "Identity" or "Dropout" or "Neg" or "Abs" or "Relu" when node.IsEmpty(0):
                return node.Value(0);
            case "Cast" when node.IsEmpty(0):
                return node.Value(0)! with { Type = OnnxTypes.Becomes(node.Integer("to", OnnxTypes.Float), "the result") };
            case "Squeeze" or "Unsqueeze" or "Flatten" when node.IsEmpty(0):
                return node.Value(0)! with { Sizes = [0] };
            case "Slice" when node.Value(0) is { } sliced && (sliced.IsEmpty || OnnxMovement.Cuts(node, sliced.Sizes).Exists(static cut => cut.Count == 0)):
                int[] left = [.. sliced.Sizes];
                foreach ((int axis, _, int count, _) in OnnxMovement.Cuts(node, sliced.Sizes))
                {
                    left[axis] = count;
                }

                return new OnnxValue(null, sliced.Type, left);
            case "Concat" when Enumerable.Range(0, node.InputCount).All(node.IsEmpty):
                return node.Value(0);
            case "Gather" when node.IsEmpty(1):
                return new OnnxValue(null, node.Input(0).Type, [0]);
            default:
                return null;
        }
    }

    private static Tensor Constant(OnnxNode node)
    {
        if (node.Attribute("value") is { } value)
        {
            return node.Converter.Constant(value.Tensor ?? throw node.Fail("the attribute value holds no tensor."), node.Name).Tensor!;
        }

        if (node.Attribute("value_float")?.Float is { } number)
        {
            return node.Builder.Scalar(node.Name, number);
        }

        if (node.Attribute("value_int")?.Integer is { } integer)
        {
            return node.Builder.Scalar(node.Name, integer);
        }

        return node.Attribute("value_ints") is { Integers: { Count: > 0 } integers }
            ? node.Builder.Constant<long>(node.Name, new Shape(integers.Count), CollectionsMarshal.AsSpan(integers))
            : node.Attribute("value_floats") is { Floats: { Count: > 0 } numbers }
                ? node.Builder.Constant<float>(node.Name, new Shape(numbers.Count), CollectionsMarshal.AsSpan(numbers))
                : throw node.Fail("it holds no numbers; value, value_float, value_floats, value_int and value_ints are supported, dense and not as text.");
    }

    private static Tensor ConstantOfShape(OnnxNode node)
    {
        Shape shape = ShapeOf(node, node.Int32s(0));
        OnnxTensorMessage? message = node.Attribute("value")?.Tensor;
        Tensor fill = message is null
            ? node.Builder.Scalar(node.Name + "_value", 0f)
            : node.Converter.Constant(message, node.Name + "_value").Tensor ?? throw node.Fail("the attribute value has no elements; one is needed.");
        return Filled(node, fill, shape);
    }

    /// <summary>A constant of one value.</summary>
    public static Tensor Filled(OnnxNode node, Tensor value, Shape shape)
    {
        int size = value.Type.Size();
        node.Require(value.Data.Length == size, $"the value is {value}; one element is needed.");
        TensorSpec spec = new(value.Type, shape);
        node.Builder.Charge(spec.Bytes, node.Name);
        byte[] data = new byte[spec.Bytes];
        for (int i = 0; i < data.Length; i += size)
        {
            value.Data.Span.CopyTo(data.AsSpan(i));
        }

        return node.Builder.Graph.Constant(node.Name, spec, data);
    }

    private static Tensor Flatten(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int rank = x.Shape.Rank;
        long stated = node.Integer("axis", 1);
        node.Require(stated >= -rank && stated <= rank, $"the axis is {stated}; {-rank} … {rank} is allowed for {rank} axes.");
        int axis = (int)(stated < 0 ? stated + rank : stated);
        return axis switch
        {
            0 => node.Builder.Add(node.Name, new Reshape([1, -1]), x),
            1 => node.Builder.Add(node.Name, new Reshape([0, -1]), x),
            _ => node.Builder.Add(node.Name, new Reshape([-1, x.Shape.Product(axis, rank)]), x),
        };
    }

    private static Tensor Reshape(OnnxNode node)
    {
        Tensor x = node.Input(0);
        long[] target = node.Version < 5 ? [.. (node.Int32List("shape") ?? []).Select(static size => (long)size)] : node.Integers(1);
        node.Require(target.Length <= Edge.Format.Shape.MaxRank, $"the target has {target.Length} axes; at most {Edge.Format.Shape.MaxRank} are allowed.");
        bool allowsZero = node.Flag("allowzero");
        long[] sizes = new long[target.Length];
        int open = -1;
        long known = 1;
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = target[i] == 0 && !allowsZero && i < x.Shape.Rank ? x.Shape[i] : target[i];
            if (sizes[i] == -1 && open < 0)
            {
                open = i;
                continue;
            }

            node.Require(sizes[i] is > 0 and <= int.MaxValue, $"the target is [{string.Join(", ", target)}]; sizes of at least 1, 0 for an axis of the input, and one −1 are allowed.");
            known *= sizes[i];
            node.Require(known <= int.MaxValue, $"the target [{string.Join(", ", target)}] has more than {int.MaxValue} elements.");
        }

        int count = x.Shape.ElementCount;
        if (open >= 0)
        {
            node.Require(count % known == 0, $"the target [{string.Join(", ", target)}] does not divide the {count} elements of {x}.");
            sizes[open] = count / known;
            known *= sizes[open];
        }

        node.Require(known == count, $"the target [{string.Join(", ", target)}] has {known} elements, but the input {x} has {count}.");
        return node.Builder.Reshape(node.Name, x, new Shape([.. sizes.Select(static size => (int)size)]));
    }

    private static Tensor Shape(OnnxNode node)
    {
        (int start, int end) = Bounds(node, node.Input(0).Shape.Rank);
        return Sizes(node, node.Input(0).Shape.Axes[start..end]);
    }

    private static (int Start, int End) Bounds(OnnxNode node, int rank)
    {
        long start = node.Integer("start", 0), end = node.Integer("end", rank);
        return ((int)Math.Clamp(start < 0 ? start + rank : start, 0, rank), (int)Math.Clamp(end < 0 ? end + rank : end, 0, rank));
    }

    private static Tensor Sizes(OnnxNode node, ReadOnlySpan<int> sizes)
    {
        long[] values = new long[sizes.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = sizes[i];
        }

        return node.Builder.Constant<long>(node.Name, new Shape(values.Length), values);
    }

    /// <summary>start, start + delta, ... up to but without limit.</summary>
    private static Tensor Range(OnnxNode node)
    {
        Tensor start = node.Input(0);
        if (start.Type == DataType.Float32)
        {
            (double first, double limit, double delta) = (node.Floats(0)[0], node.Floats(1)[0], node.Floats(2)[0]);
            float[] values = new float[Count(Math.Ceiling((limit - first) / delta))];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)(first + (i * delta));
            }

            return node.Builder.Constant<float>(node.Name, new Shape(values.Length), values);
        }

        long begin = node.Integers(0)[0], step = node.Integers(2)[0];
        node.Require(step != 0, "delta is 0; any other number is allowed.");
        long[] integers = new long[Count(Math.Ceiling(((double)node.Integers(1)[0] - begin) / step))];
        for (int i = 0; i < integers.Length; i++)
        {
            integers[i] = begin + (i * step);
        }

        return OnnxArithmetic.Cast(node, node.Builder.Constant<long>(node.Name, new Shape(integers.Length), integers), start.Type);

        int Count(double count)
        {
            node.Require(count is >= 1 and <= int.MaxValue, $"the range has {count} elements; 1 … {int.MaxValue} are allowed.");
            node.Builder.Charge((long)count * sizeof(long), node.Name);
            return (int)count;
        }
    }

    private static Tensor EyeLike(OnnxNode node)
    {
        Tensor x = node.Input(0);
        node.Require(x.Shape.Rank == 2, $"the input is {x}; two axes are needed.");
        int rows = x.Shape[0], columns = x.Shape[1];
        long offset = node.Integer("k", 0);
        node.Builder.Charge((long)rows * columns * sizeof(float), node.Name);
        float[] values = new float[checked(rows * columns)];
        for (int i = 0; i < rows; i++)
        {
            if (i + offset >= 0 && i + offset < columns)
            {
                values[(i * columns) + (int)(i + offset)] = 1;
            }
        }

        Tensor eye = node.Builder.Constant<float>(node.Name, x.Shape, values);
        return OnnxArithmetic.Cast(node, eye, node.HasAttribute("dtype") ? OnnxTypes.Becomes(node.Integer("dtype", 0), "the result") : x.Type);
    }

    private static Tensor Squeeze(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int[]? stated = Axes(node, x.Shape.Rank);
        List<int> sizes = [];
        for (int i = 0; i < x.Shape.Rank; i++)
        {
            bool removed = stated is null ? x.Shape[i] == 1 : stated.Contains(i);
            node.Require(!removed || x.Shape[i] == 1, $"axis {i} of {x} is to be removed; only axes of size 1 can be.");
            if (!removed)
            {
                sizes.Add(x.Shape[i]);
            }
        }

        return node.Builder.Reshape(node.Name, x, new Shape([.. sizes]));
    }

    private static Tensor Unsqueeze(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int count = node.Version < 13 ? node.Int32List("axes")?.Length ?? 0 : node.Integers(1).Length;
        int rank = x.Shape.Rank + count;
        node.Require(rank <= Edge.Format.Shape.MaxRank, $"the result would have {rank} axes; at most {Edge.Format.Shape.MaxRank} are allowed.");
        int[] axes = Axes(node, rank) ?? [];
        node.Require(axes.Distinct().Count() == axes.Length, $"the axes [{string.Join(", ", axes)}] name one twice.");
        int[] sizes = new int[rank];
        int next = 0;
        for (int i = 0; i < rank; i++)
        {
            sizes[i] = axes.Contains(i) ? 1 : x.Shape[next++];
        }

        return node.Builder.Reshape(node.Name, x, new Shape(sizes));
    }

    /// <summary>Axes from the attribute, or from operator set 13 on from input 1; null where none are stated.</summary>
    public static int[]? Axes(OnnxNode node, int rank)
    {
        int[]? axes = node.HasAttribute("axes") ? node.Int32List("axes") : node.Has(1) || node.IsEmpty(1) ? node.Int32s(1) : null;
        return axes is null ? null : [.. axes.Select(axis => node.Axis(axis, rank))];
    }

    private static Tensor Transpose(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int[] order = node.Int32List("perm") ?? [.. Enumerable.Range(0, x.Shape.Rank).Reverse()];
        return x.Shape.Rank == 0 ? x : OnnxLayout.Permute(node, x, Order(node, order, x));
    }

    private static IntList Order(OnnxNode node, int[] order, Tensor x)
    {
        node.Require(
            order.Length == x.Shape.Rank && order.Order().SequenceEqual(Enumerable.Range(0, order.Length)),
            $"perm is [{string.Join(", ", order)}]; every axis of {x} once is allowed.");
        return IntList.Create(order);
    }

    /// <summary>Sizes as a shape: each at least 1.</summary>
    public static Shape ShapeOf(OnnxNode node, int[] sizes)
    {
        node.Require(
            sizes.Length <= Edge.Format.Shape.MaxRank && Array.TrueForAll(sizes, static size => size >= 1),
            $"the sizes are [{string.Join(", ", sizes)}]; at most {Edge.Format.Shape.MaxRank} sizes of at least 1 are allowed.");
        return new Shape(sizes);
    }
}
