using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Kernels.Quantized;

/// <summary>Values for tests of int8 kernels: random ones and the extremes, and buffers that end at a forbidden page.</summary>
internal static class Int8Testing
{
    /// <summary>Random bytes; now and then all −128, all 127 or only those two, where sums are largest.</summary>
    internal static sbyte[] Values(Random random, int count)
    {
        sbyte[] values = new sbyte[count];
        int kind = random.Next(8);
        for (int i = 0; i < count; i++)
        {
            values[i] = kind switch
            {
                0 => sbyte.MinValue,
                1 => sbyte.MaxValue,
                2 => random.Next(2) == 0 ? sbyte.MinValue : sbyte.MaxValue,
                _ => (sbyte)random.Next(-128, 128),
            };
        }

        return values;
    }

    /// <summary>A scale between about 2^-14 and 2^2, log-uniform.</summary>
    internal static float Scale(Random random) => (float)Math.Pow(2, random.NextDouble() * 16 - 14);

    internal static int ZeroPoint(Random random) => random.Next(6) switch { 0 => -128, 1 => 127, 2 => 0, _ => random.Next(-128, 128) };

    internal static Int8Range Range(Random random, float scale) => Int8Range.Of((Activation)random.Next(4), scale, ZeroPoint(random));

    /// <summary>A random scale and zero point.</summary>
    internal static Quantization Quantization(Random random) => new(Scale(random), ZeroPoint(random));

    /// <summary>An int8 tensor of <see cref="Values"/>.</summary>
    internal static TestTensor Tensor(Random random, Shape shape, Quantization quantization) =>
        TestTensor.Of(DataType.Int8, shape, Values(random, shape.ElementCount), quantization);

    /// <summary>The elements of an int8 tensor.</summary>
    internal static sbyte[] Elements(TestTensor tensor) => Array.ConvertAll(tensor.Bytes, static value => (sbyte)value);

    internal static GuardedArray<T> Guarded<T>(T[] values) where T : unmanaged => new(values);
}

/// <summary>An array whose last element lies before a forbidden page; on disposal the bytes around it must be as they were.</summary>
internal sealed class GuardedArray<T> : IDisposable where T : unmanaged
{
    private readonly GuardedMemory _memory;

    internal unsafe GuardedArray(int length) => _memory = new(length * sizeof(T));

    internal GuardedArray(ReadOnlySpan<T> values)
        : this(values.Length) => values.CopyTo(Span);

    internal Span<T> Span => _memory.Span<T>();

    public void Dispose()
    {
        _memory.Check(typeof(T).Name);
        _memory.Dispose();
    }
}
