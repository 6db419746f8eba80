using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Runtime.Kernels;

/// <summary>Eight lanes: AVX, with FMA where present.</summary>
internal readonly unsafe struct Lanes8(Vector256<float> value) : IVector<Lanes8>
{
    private readonly Vector256<float> _value = value;

    public static int Count => 8;

    public static int TileRows => 6;

    public static Lanes8 Zero => new(Vector256<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Broadcast(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes8 value, float* destination) => value._value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Add(Lanes8 left, Lanes8 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Subtract(Lanes8 left, Lanes8 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Multiply(Lanes8 left, Lanes8 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 MultiplyAdd(Lanes8 left, Lanes8 right, Lanes8 addend)
    {
        return Fma.IsSupported
            ? new(Fma.MultiplyAdd(left._value, right._value, addend._value))
            : new((left._value * right._value) + addend._value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Clamp(Lanes8 value, Lanes8 low, Lanes8 high)
    {
        // The x86 instruction returns its second operand when either is NaN.
        return new(Avx.Min(high._value, Avx.Max(low._value, value._value)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Max(Lanes8 left, Lanes8 right)
    {
        // The x86 instruction returns its second operand when either is NaN, so only a NaN on the left would be lost.
        Vector256<float> ordered = Vector256.Equals(left._value, left._value);
        return new(Vector256.ConditionalSelect(ordered, Avx.Max(left._value, right._value), left._value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 SelectEqual(Lanes8 left, Lanes8 right, Lanes8 equal, Lanes8 other)
    {
        Vector256<float> nans = Vector256.Equals(left._value, left._value) | Vector256.Equals(right._value, right._value);
        Vector256<float> mask = Vector256.Equals(left._value, right._value) | ~nans;
        return new(Vector256.ConditionalSelect(mask, equal._value, other._value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 SelectInside(Lanes8 test, Lanes8 low, Lanes8 high, Lanes8 value) =>
        new(value._value & Vector256.GreaterThan(test._value, low._value) & Vector256.LessThan(test._value, high._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes8 value) => Vector256.Sum(value._value);
}
