using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Tests.Harness;

/// <summary>A tensor's spec and elements, for tests.</summary>
public sealed class TestTensor
{
    private TestTensor(TensorSpec spec, byte[] bytes)
    {
        Spec = spec;
        Bytes = bytes;
        Assert.Equal(spec.Bytes, bytes.Length);
    }

    public TensorSpec Spec { get; }

    public byte[] Bytes { get; }

    /// <summary>A float32 tensor.</summary>
    public static TestTensor Float(Shape shape, params float[] values) => Of(DataType.Float32, shape, values);

    /// <summary>A tensor of any type.</summary>
    public static TestTensor Of<T>(DataType type, Shape shape, T[] values, Quantization? quantization = null) where T : unmanaged =>
        new(new TensorSpec(type, shape, quantization), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>The elements as stored, widened to double.</summary>
    public DoubleTensor ToDouble() => new(Spec.Shape, Widen(Spec.Type, Bytes));

    /// <summary>Stored elements of any type, widened to double.</summary>
    internal static double[] Widen(DataType type, ReadOnlySpan<byte> bytes) => type switch
    {
        DataType.Float32 => Convert<float>(bytes, static value => value),
        DataType.Int8 => Convert<sbyte>(bytes, static value => value),
        DataType.UInt8 or DataType.Bool => Convert<byte>(bytes, static value => value),
        DataType.Int16 => Convert<short>(bytes, static value => value),
        DataType.Int32 => Convert<int>(bytes, static value => value),
        DataType.Int64 => Convert<long>(bytes, static value => value),
        _ => throw new ArgumentException($"Type {type} has no elements."),
    };

    private static double[] Convert<T>(ReadOnlySpan<byte> bytes, Func<T, double> widen) where T : unmanaged =>
        Array.ConvertAll(MemoryMarshal.Cast<byte, T>(bytes).ToArray(), value => widen(value));
}

/// <summary>A tensor of doubles: what oracles read and make.</summary>
public sealed class DoubleTensor(Shape shape, double[] values)
{
    /// <summary>A tensor of zeros.</summary>
    public DoubleTensor(Shape shape)
        : this(shape, new double[shape.ElementCount])
    {
    }

    public Shape Shape { get; } = shape;

    public double[] Values { get; } = values;

    public int Length => Values.Length;

    public double this[int flatIndex]
    {
        get => Values[flatIndex];
        set => Values[flatIndex] = value;
    }

    /// <summary>The element at a position, one index per axis.</summary>
    public double this[params ReadOnlySpan<int> position]
    {
        get => Values[Flat(position)];
        set => Values[Flat(position)] = value;
    }

    /// <summary>The row-major index of a position.</summary>
    public int Flat(ReadOnlySpan<int> position)
    {
        Assert.Equal(Shape.Rank, position.Length);
        int flat = 0;
        for (int axis = 0; axis < position.Length; axis++)
        {
            Assert.InRange(position[axis], 0, Shape[axis] - 1);
            flat = (flat * Shape[axis]) + position[axis];
        }

        return flat;
    }

    /// <summary>The position of a row-major index.</summary>
    public int[] Position(int flatIndex)
    {
        int[] position = new int[Shape.Rank];
        for (int axis = Shape.Rank - 1; axis >= 0; axis--)
        {
            position[axis] = flatIndex % Shape[axis];
            flatIndex /= Shape[axis];
        }

        return position;
    }

    /// <summary>The same shape, every element passed through a function.</summary>
    public DoubleTensor Map(Func<double, double> function) => new(Shape, Array.ConvertAll(Values, value => function(value)));
}
