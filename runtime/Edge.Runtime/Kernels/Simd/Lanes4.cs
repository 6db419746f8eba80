using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Edge.Runtime.Kernels;

/// <summary>Four lanes: NEON, SSE, and any other 128-bit unit.</summary>
internal readonly unsafe struct Lanes4(Vector128<float> value) : IVector<Lanes4>
{
    private readonly Vector128<float> _value = value;

    public static int Count => 4;

    public static int TileRows => AdvSimd.IsSupported ? 12 : 6;

    public static Lanes4 Zero => new(Vector128<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Broadcast(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes4 value, float* destination) => value._value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Add(Lanes4 left, Lanes4 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Subtract(Lanes4 left, Lanes4 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Multiply(Lanes4 left, Lanes4 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 MultiplyAdd(Lanes4 left, Lanes4 right, Lanes4 addend)
    {
        if (AdvSimd.IsSupported)
        {
            return new(AdvSimd.FusedMultiplyAdd(addend._value, left._value, right._value));
        }

        return Fma.IsSupported
            ? new(Fma.MultiplyAdd(left._value, right._value, addend._value))
            : new((left._value * right._value) + addend._value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Clamp(Lanes4 value, Lanes4 low, Lanes4 high)
    {
        if (Sse.IsSupported)
        {
            // The x86 instruction returns its second operand when either is NaN.
            return new(Sse.Min(high._value, Sse.Max(low._value, value._value)));
        }

        if (AdvSimd.IsSupported)
        {
            return new(AdvSimd.Min(AdvSimd.Max(value._value, low._value), high._value));
        }

        Vector128<float> raised = Vector128.ConditionalSelect(Vector128.LessThan(value._value, low._value), low._value, value._value);
        return new(Vector128.ConditionalSelect(Vector128.GreaterThan(raised, high._value), high._value, raised));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Max(Lanes4 left, Lanes4 right)
    {
        if (AdvSimd.IsSupported)
        {
            return new(AdvSimd.Max(left._value, right._value));
        }

        Vector128<float> keep = Vector128.GreaterThan(left._value, right._value) | ~Vector128.Equals(left._value, left._value);
        return new(Vector128.ConditionalSelect(keep, left._value, right._value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 SelectEqual(Lanes4 left, Lanes4 right, Lanes4 equal, Lanes4 other)
    {
        Vector128<float> nans = Vector128.Equals(left._value, left._value) | Vector128.Equals(right._value, right._value);
        Vector128<float> mask = Vector128.Equals(left._value, right._value) | ~nans;
        return new(Vector128.ConditionalSelect(mask, equal._value, other._value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 SelectInside(Lanes4 test, Lanes4 low, Lanes4 high, Lanes4 value) =>
        new(value._value & Vector128.GreaterThan(test._value, low._value) & Vector128.LessThan(test._value, high._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes4 value) => Vector128.Sum(value._value);
}
