using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Runtime.Kernels;

/// <summary>Sixteen lanes: AVX-512.</summary>
internal readonly unsafe struct Lanes16(Vector512<float> value) : IVector<Lanes16>
{
    private readonly Vector512<float> _value = value;

    public static int Count => 16;

    public static int TileRows => 12;

    public static Lanes16 Zero => new(Vector512<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes16 value, float* destination) => value._value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Add(Lanes16 left, Lanes16 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Subtract(Lanes16 left, Lanes16 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Multiply(Lanes16 left, Lanes16 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 MultiplyAdd(Lanes16 left, Lanes16 right, Lanes16 addend)
    {
        return new(Avx512F.FusedMultiplyAdd(left._value, right._value, addend._value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Clamp(Lanes16 value, Lanes16 low, Lanes16 high)
    {
        // The x86 instruction returns its second operand when either is NaN.
        return new(Avx512F.Min(high._value, Avx512F.Max(low._value, value._value)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Max(Lanes16 left, Lanes16 right)
    {
        // The x86 instruction returns its second operand when either is NaN, so only a NaN on the left would be lost.
        Vector512<float> ordered = Vector512.Equals(left._value, left._value);
        return new(Vector512.ConditionalSelect(ordered, Avx512F.Max(left._value, right._value), left._value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 SelectEqual(Lanes16 left, Lanes16 right, Lanes16 equal, Lanes16 other)
    {
        Vector512<float> nans = Vector512.Equals(left._value, left._value) | Vector512.Equals(right._value, right._value);
        Vector512<float> mask = Vector512.Equals(left._value, right._value) | ~nans;
        return new(Vector512.ConditionalSelect(mask, equal._value, other._value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 SelectInside(Lanes16 test, Lanes16 low, Lanes16 high, Lanes16 value) =>
        new(value._value & Vector512.GreaterThan(test._value, low._value) & Vector512.LessThan(test._value, high._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes16 value) => Vector512.Sum(value._value);
}
