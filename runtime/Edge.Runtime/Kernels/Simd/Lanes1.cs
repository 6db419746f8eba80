using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>One lane: the readable specification of <see cref="IVector{TSelf}"/>, and the path of machines without SIMD.</summary>
internal readonly unsafe struct Lanes1(float value) : IVector<Lanes1>
{
    private readonly float _value = value;

    public static int Count => 1;

    public static int TileRows => 6;

    public static Lanes1 Zero => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Broadcast(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Load(float* source) => new(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes1 value, float* destination) => *destination = value._value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Add(Lanes1 left, Lanes1 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Subtract(Lanes1 left, Lanes1 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Multiply(Lanes1 left, Lanes1 right) => new(left._value * right._value);

    // Not MathF.FusedMultiplyAdd: without the instruction it is a library call of about 100 ns.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 MultiplyAdd(Lanes1 left, Lanes1 right, Lanes1 addend) => new((left._value * right._value) + addend._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Clamp(Lanes1 value, Lanes1 low, Lanes1 high)
    {
        float v = value._value;
        v = v < low._value ? low._value : v;
        return new(v > high._value ? high._value : v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Max(Lanes1 left, Lanes1 right) => left._value > right._value || float.IsNaN(left._value) ? left : right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 SelectEqual(Lanes1 left, Lanes1 right, Lanes1 equal, Lanes1 other) =>
        left._value == right._value || (float.IsNaN(left._value) && float.IsNaN(right._value)) ? equal : other;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 SelectInside(Lanes1 test, Lanes1 low, Lanes1 high, Lanes1 value) =>
        test._value > low._value && test._value < high._value ? value : default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes1 value) => value._value;
}
