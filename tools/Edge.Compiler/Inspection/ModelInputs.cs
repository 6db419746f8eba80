using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>One run's worth of inputs, as bytes of the model's own types. Immutable.</summary>
public sealed class ModelInputs
{
    private readonly TensorSpec[] _specs;
    private readonly ReadOnlyMemory<byte>[] _data;

    private ModelInputs(TensorSpec[] specs, ReadOnlyMemory<byte>[] data)
    {
        _specs = specs;
        _data = data;
    }

    /// <summary>Takes the inputs of a graph from bytes that hold all of them one after the other, as files of raw tensors do.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="bytes">The bytes; not copied.</param>
    /// <exception cref="ShapeException">Their number is not that of the inputs.</exception>
    public static ModelInputs FromBytes(Graph graph, ReadOnlyMemory<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(graph);
        long expected = graph.Inputs.Sum(static input => (long)input.Spec.Bytes);
        if (bytes.Length != expected)
        {
            throw new ShapeException($"A sample has {bytes.Length} bytes; the model's inputs take {expected}: {string.Join(", ", graph.Inputs)}.");
        }

        TensorSpec[] specs = [.. graph.Inputs.Select(static input => input.Spec)];
        ReadOnlyMemory<byte>[] data = new ReadOnlyMemory<byte>[specs.Length];
        int offset = 0;
        for (int i = 0; i < specs.Length; i++)
        {
            data[i] = bytes.Slice(offset, specs[i].Bytes);
            offset += specs[i].Bytes;
        }

        return new ModelInputs(specs, data);
    }

    /// <summary>Makes the only input of a graph from real values, quantized where the input is.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="values">As many values as the input has elements.</param>
    /// <exception cref="ShapeException">The graph has several inputs, an input of plain integers, or another number of elements.</exception>
    public static ModelInputs FromValues(Graph graph, ReadOnlySpan<float> values)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Tensor input = graph.Inputs.Count == 1 ? graph.Inputs[0] : throw new ShapeException($"The model has {graph.Inputs.Count} inputs; samples of one are given.");
        if (values.Length != input.Shape.ElementCount)
        {
            throw new ShapeException($"A sample has {values.Length} values; {input} takes {input.Shape.ElementCount}.");
        }

        return new ModelInputs([input.Spec], [Stored(values, input.Spec)]);
    }

    /// <summary>
    /// Reproducible inputs where no real ones are at hand: quantized ones over their whole range; float32 ones over the range of the quantization that follows, else of raw pixels by the
    /// metadata <c>input.0.scale</c> and <c>.offset</c>, else −1 … 1; indices within the table they choose from, other integers 0 or 1.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="count">How many samples.</param>
    /// <param name="seed">Seed.</param>
    public static ModelInputs[] Random(Graph graph, int count, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(graph);
        TensorSpec[] specs = [.. graph.Inputs.Select(static input => input.Spec)];
        ModelInputs[] samples = new ModelInputs[count];
        for (int sample = 0; sample < count; sample++)
        {
            ReadOnlyMemory<byte>[] data = new ReadOnlyMemory<byte>[specs.Length];
            for (int i = 0; i < specs.Length; i++)
            {
                data[i] = Random(graph, i, new CounterRandom(seed, (ulong)((sample * specs.Length) + i)));
            }

            samples[sample] = new ModelInputs(specs, data);
        }

        return samples;
    }

    /// <summary>The real values of an input.</summary>
    /// <param name="input">Its position.</param>
    public float[] Values(int input) => LayerTrace.Real(_data[input].Span, _specs[input]);

    /// <summary>Copies the inputs into a trace.</summary>
    internal void Feed(Graph graph, LayerTrace trace)
    {
        if (graph.Inputs.Count != _data.Length)
        {
            throw new ShapeException($"A sample has {_data.Length} inputs; the model has {graph.Inputs.Count}.");
        }

        for (int i = 0; i < _data.Length; i++)
        {
            _data[i].Span.CopyTo(trace.Input<byte>(i));
        }
    }

    /// <summary>The same real values in the types of another graph's inputs.</summary>
    internal ModelInputs As(Graph graph)
    {
        if (graph.Inputs.Count != _specs.Length)
        {
            throw new ShapeException($"One model has {_specs.Length} inputs, the other {graph.Inputs.Count}; models of one origin have the same inputs.");
        }

        ReadOnlyMemory<byte>[] data = [.. _data];
        TensorSpec[] specs = [.. graph.Inputs.Select(static input => input.Spec)];
        for (int i = 0; i < specs.Length; i++)
        {
            if (specs[i].Shape.ElementCount != _specs[i].Shape.ElementCount)
            {
                throw new ShapeException($"Input {i} is {_specs[i]} in one model and {specs[i]} in the other; as many elements are needed.");
            }

            int[]? order = Order(_specs[i].Shape, specs[i].Shape);
            if (order is not null || specs[i].Type != _specs[i].Type || !Quantization.Same(specs[i].Quantization, _specs[i].Quantization))
            {
                float[] values = LayerTrace.Real(_data[i].Span, _specs[i]);
                data[i] = Stored(order is null ? values : Permuted(values, _specs[i].Shape, order), specs[i]);
            }
        }

        return new ModelInputs(specs, data);
    }

    /// <summary>Writes real values as the elements of a tensor: quantized where it is, rounded for plain integers.</summary>
    /// <param name="values">The values.</param>
    /// <param name="spec">Type, shape and quantization of the tensor.</param>
    /// <param name="bytes">Receives the elements.</param>
    /// <exception cref="ShapeException">The type holds no numbers that values can become.</exception>
    public static void Store(ReadOnlySpan<float> values, in TensorSpec spec, Span<byte> bytes)
    {
        switch (spec.Type)
        {
            case DataType.Float32:
                values.CopyTo(MemoryMarshal.Cast<byte, float>(bytes));
                break;
            case DataType.Int8 when spec.Quantization is { } q:
                AffineQuantization.Quantize(values, q.Scale, q.ZeroPoint, MemoryMarshal.Cast<byte, sbyte>(bytes));
                break;
            case DataType.UInt8 when spec.Quantization is { } q:
                AffineQuantization.Quantize(values, q.Scale, q.ZeroPoint, bytes);
                break;
            case DataType.Int16 when spec.Quantization is { } q:
                AffineQuantization.Quantize(values, q.Scale, q.ZeroPoint, MemoryMarshal.Cast<byte, short>(bytes));
                break;
            case DataType.UInt8:
                Convert(values, bytes);
                break;
            case DataType.Int8:
                Convert(values, MemoryMarshal.Cast<byte, sbyte>(bytes));
                break;
            case DataType.Int32:
                Convert(values, MemoryMarshal.Cast<byte, int>(bytes));
                break;
            case DataType.Int64:
                Convert(values, MemoryMarshal.Cast<byte, long>(bytes));
                break;
            default:
                throw new ShapeException($"Real values cannot become an input {spec}; float32, quantized integers, uint8, int8, int32 and int64 are allowed.");
        }
    }

    /// <summary>The order of axes that turns a channels-first picture into a channels-last one or back; null where nothing moves.</summary>
    private static int[]? Order(Shape from, Shape to)
    {
        if (from == to || from.Rank != 4 || to.Rank != 4)
        {
            return null;
        }

        int[][] orders = [[0, 2, 3, 1], [0, 3, 1, 2]];
        return orders.FirstOrDefault(order => order.Select((axis, i) => from[axis] == to[i]).All(static same => same));
    }

    private static float[] Permuted(float[] values, Shape shape, int[] order)
    {
        float[] moved = new float[values.Length];
        int[] strides = [.. order.Select(axis => shape.Product(axis + 1, shape.Rank))];
        int[] sizes = [.. order.Select(axis => shape[axis])];
        for (int i = 0; i < moved.Length; i++)
        {
            int rest = i, source = 0;
            for (int axis = order.Length - 1; axis >= 0; axis--)
            {
                source += rest % sizes[axis] * strides[axis];
                rest /= sizes[axis];
            }

            moved[i] = values[source];
        }

        return moved;
    }

    private static byte[] Stored(ReadOnlySpan<float> values, in TensorSpec spec)
    {
        byte[] bytes = new byte[values.Length * spec.Type.Size()];
        Store(values, spec, bytes);
        return bytes;
    }

    private static void Convert<T>(ReadOnlySpan<float> from, Span<T> to) where T : unmanaged, System.Numerics.INumberBase<T>
    {
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = T.CreateSaturating(MathF.Round(from[i]));
        }
    }

    private static byte[] Random(Graph graph, int index, CounterRandom random)
    {
        Tensor input = graph.Inputs[index];
        int count = input.Shape.ElementCount;
        if (input.Type == DataType.Float32 || Dequantizer.IsQuantized(input.Spec))
        {
            ValueRange range = Range(graph, index);
            float[] values = new float[count];
            for (int i = 0; i < count; i++)
            {
                values[i] = random.Uniform((ulong)i, range.Min, range.Max);
            }

            return Stored(values, input.Spec);
        }

        int bound = Bound(input);
        byte[] bytes = new byte[input.Spec.Bytes];
        int size = input.Type.Size();
        for (int i = 0; i < count; i++)
        {
            // Little-endian, and small enough for one byte's type.
            int value = random.Int32((ulong)i, size == 1 ? Math.Min(bound, 128) : bound);
            for (int k = 0; k < Math.Min(size, sizeof(int)); k++)
            {
                bytes[(i * size) + k] = (byte)(value >> (8 * k));
            }
        }

        return bytes;
    }

    private static ValueRange Range(Graph graph, int index)
    {
        Tensor input = graph.Inputs[index];
        if (Dequantizer.IsQuantized(input.Spec))
        {
            return Dequantizer.Range(input.Type, input.Quantization!);
        }

        if (input.Consumers.FirstOrDefault(static node => node.Operator is Quantize) is { Output: { Quantization: { } parameters } output })
        {
            return Dequantizer.Range(output.Type, parameters);
        }

        return index == 0 && graph.Metadata.TryGetValue("input.0.scale", out string? scales) && Number(scales) is { } scale &&
            Number(graph.Metadata.GetValueOrDefault("input.0.offset", "0")) is { } offset
            ? new ValueRange(Math.Min(offset, offset + (255 * scale)), Math.Max(offset, offset + (255 * scale)))
            : new ValueRange(-1, 1);

        static float? Number(string text) =>
            float.TryParse(text.Split(',')[0], System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out float value) && float.IsFinite(value) ? value : null;
    }

    /// <summary>Indices stay below the length of every axis they choose from.</summary>
    private static int Bound(Tensor input)
    {
        int bound = int.MaxValue;
        foreach (Node reader in input.Consumers)
        {
            if (reader.Info.Name is "Gather" or "Embedding" or "GatherNd" or "GatherElements" && reader.Inputs.Count > 1)
            {
                Tensor table = reader.Inputs[0] == input ? reader.Inputs[1]! : reader.Inputs[0]!;
                foreach (int size in table.Shape.Axes)
                {
                    bound = Math.Min(bound, size);
                }
            }
        }

        return bound == int.MaxValue ? 2 : bound;
    }
}
