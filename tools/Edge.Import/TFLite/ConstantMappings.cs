using System.Runtime.InteropServices;
using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>Operators whose results are known at conversion.</summary>
internal static class ConstantMappings
{
    /// <summary>The operators.</summary>
    public static IReadOnlyList<TfliteMapping> Table { get; } =
    [
        TfliteMapping.One("SHAPE", "a constant", static node => Set(node, Array.ConvertAll(node.Input(0).Shape.Axes.ToArray(), static size => (long)size), isScalar: false)),
        TfliteMapping.One("RANK", "a constant", static node => Set(node, [node.Input(0).Shape.Rank], isScalar: true)),
        TfliteMapping.One("RANGE", "a constant", Range),
        TfliteMapping.One("FILL", "a constant", Fill),
        TfliteMapping.One("ZEROS_LIKE", "a constant", static node => node.Set(Filled(node, node.Name, node.Declared() with { Shape = node.Input(0).Shape }, new byte[sizeof(long)]))),
        TfliteMapping.One("WHERE", "a constant", Where),
        TfliteMapping.One("BROADCAST_ARGS", "a constant", BroadcastShape),
        TfliteMapping.One("DENSIFY", "a constant", static node => node.Set(node.Input(0))),
    ];

    private static void Set(TfliteNode node, ReadOnlySpan<long> values, bool isScalar)
    {
        Shape shape = isScalar ? default : new Shape(values.Length);
        if (node.StatedOutput(0).Type == DataType.Int64)
        {
            node.Set(node.Builder.Constant(node.Name, shape, values));
            return;
        }

        int[] narrow = new int[values.Length];
        for (int i = 0; i < narrow.Length; i++)
        {
            narrow[i] = checked((int)values[i]);
        }

        node.Set(node.Builder.Constant<int>(node.Name, shape, narrow));
    }

    /// <remarks>Count and sums are float32, step by step. Source: GetSize and EvalImpl, TensorFlow Lite kernels/range.cc.</remarks>
    private static void Range(TfliteNode node)
    {
        Tensor[] ends = [node.Constant(0, "the start"), node.Constant(1, "the limit"), node.Constant(2, "the step")];
        if (ends[0].Type == DataType.Float32)
        {
            float[] numbers = Array.ConvertAll(ends, static end => end.Type == DataType.Float32 && end.Shape.ElementCount == 1 ? end.Values<float>()[0] : float.NaN);
            float count = MathF.Ceiling(MathF.Abs((numbers[1] - numbers[0]) / numbers[2]));
            RequireCount(node, count, numbers[2] > 0 == numbers[1] > numbers[0]);
            float[] values = new float[(int)count];
            float value = numbers[0];
            for (int i = 0; i < values.Length; i++, value += numbers[2])
            {
                values[i] = value;
            }

            node.Set(node.Builder.Constant<float>(node.Name, new Shape(values.Length), values));
            return;
        }

        long[] integers = [node.Integer(0, "the start"), node.Integer(1, "the limit"), node.Integer(2, "the step")];
        double steps = integers[2] == 0 ? double.NaN : Math.Ceiling((integers[1] - integers[0]) / (double)integers[2]);
        RequireCount(node, steps, steps >= 1);
        long[] range = new long[(int)steps];
        for (int i = 0; i < range.Length; i++)
        {
            range[i] = integers[0] + (i * integers[2]);
        }

        Set(node, range, isScalar: false);
    }

    private static void RequireCount(TfliteNode node, double count, bool ascends)
    {
        if (!ascends || !(count is >= 1 and <= int.MaxValue / sizeof(long)))
        {
            throw new ModelImportException("its start, limit and step make no list of numbers; a step that leads from start to limit is needed.");
        }

        node.Builder.Charge((long)count * sizeof(long), node.Name);
    }

    private static void Fill(TfliteNode node)
    {
        Tensor value = node.Constant(1, "the value");
        if (value.Shape.ElementCount != 1)
        {
            throw new ModelImportException($"it fills with {value}; a single number is needed.");
        }

        int[] sizes = node.Integers(0, "the shape");
        if (sizes.Length > Shape.MaxRank || Array.Exists(sizes, static size => size < 1))
        {
            throw new ModelImportException($"it fills shape [{string.Join(", ", sizes.Take(16))}]; at most {Shape.MaxRank} axes of at least 1 are needed.");
        }

        node.Set(Filled(node, node.Name, node.Declared() with { Shape = new Shape(sizes) }, value.Data.Span));
    }

    /// <summary>A constant of one value.</summary>
    /// <param name="node">The operator.</param>
    /// <param name="name">The constant's name.</param>
    /// <param name="spec">Its type and shape.</param>
    /// <param name="value">The value's bytes, at least one element; all 0: the zero of a quantized type.</param>
    public static Tensor Filled(TfliteNode node, string name, TensorSpec spec, ReadOnlySpan<byte> value)
    {
        long bytes = spec.Type.Size();
        foreach (int size in spec.Shape.Axes)
        {
            bytes = checked(bytes * size);
        }

        node.Builder.Charge(bytes, name);
        byte[] data = new byte[bytes];
        for (int i = 0; i < data.Length; i += spec.Type.Size())
        {
            value[..spec.Type.Size()].CopyTo(data.AsSpan(i));
        }

        if (spec.Quantization is { } parameters && value.IndexOfAnyExcept((byte)0) < 0 && spec.Type == DataType.Int8)
        {
            data.AsSpan().Fill((byte)parameters.ZeroPoint);
        }

        return node.Builder.Graph.Constant(name, spec, data);
    }

    /// <summary>The positions where a constant condition holds: [count, axes].</summary>
    private static void Where(TfliteNode node)
    {
        Tensor condition = node.Constant(0, "the condition");
        if (condition.Type != DataType.Bool)
        {
            throw new ModelImportException($"its condition is {condition}; bool is needed.");
        }

        List<long> positions = [];
        ReadOnlySpan<byte> flags = condition.Data.Span;
        int rank = condition.Shape.Rank;
        for (int flat = 0; flat < flags.Length; flat++)
        {
            for (int axis = 0; flags[flat] != 0 && axis < rank; axis++)
            {
                positions.Add(flat / condition.Shape.Product(axis + 1, rank) % condition.Shape[axis]);
            }
        }

        if (positions.Count == 0)
        {
            throw new ModelImportException("its condition holds nowhere, so its result has no elements; at least one is needed.");
        }

        node.Set(node.Builder.Constant<long>(node.Name, new Shape(positions.Count / rank, rank), CollectionsMarshal.AsSpan(positions)));
    }

    /// <summary>The shape that two shapes broadcast to.</summary>
    private static void BroadcastShape(TfliteNode node)
    {
        int[] left = node.Integers(0, "the first shape"), right = node.Integers(1, "the second shape");
        long[] sizes = new long[Math.Max(left.Length, right.Length)];
        for (int i = 1; i <= sizes.Length; i++)
        {
            (int a, int b) = (i <= left.Length ? left[^i] : 1, i <= right.Length ? right[^i] : 1);
            sizes[^i] = a == b || b == 1 ? a : a == 1 ? b : throw new ModelImportException($"[{string.Join(", ", left)}] and [{string.Join(", ", right)}] do not broadcast.");
        }

        Set(node, sizes, isScalar: false);
    }
}
