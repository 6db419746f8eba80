using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Edge.Runtime.Kernels;

/// <summary>Four int32 lanes on Arm64, whose SQRDMULH and SRSHL are the operations that the scheme was made for.</summary>
/// <remarks>There is no x86 form: without AVX2's per-lane shifts the scalar code is as fast.</remarks>
internal readonly unsafe struct Int32Lanes4(Vector128<int> value) : IInt32Lanes<Int32Lanes4>
{
    private readonly Vector128<int> _value = value;

    public static bool IsSupported => AdvSimd.Arm64.IsSupported;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes4 Broadcast(int value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes4 Load(int* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes4 LoadInt8(sbyte* source) =>
        new(Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<int>(source)).AsSByte())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Int32Lanes4 value, int* target) => value._value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt8(Int32Lanes4 value, sbyte* target)
    {
        Vector128<short> halves = Vector128.Narrow(value._value, value._value);
        Unsafe.WriteUnaligned(target, Vector128.Narrow(halves, halves).AsInt32().ToScalar());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes4 operator +(Int32Lanes4 left, Int32Lanes4 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes4 operator -(Int32Lanes4 left, Int32Lanes4 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes4 operator *(Int32Lanes4 left, Int32Lanes4 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes4 operator <<(Int32Lanes4 value, int bits) => new(value._value << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes4 Min(Int32Lanes4 left, Int32Lanes4 right) => new(Vector128.Min(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes4 Max(Int32Lanes4 left, Int32Lanes4 right) => new(Vector128.Max(left._value, right._value));

    /// <remarks>
    /// SRSHL by a negative count rounds halves up; gemmlowp's NEON form makes that "away from zero" by first subtracting 1 from negative
    /// values that are shifted at all: x &amp; −shift has its sign bit set just then.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes4 Multiply(Int32Lanes4 x, Int32Lanes4 multiplier, Int32Lanes4 shift)
    {
        Vector128<int> left = Vector128.Max(shift._value, Vector128<int>.Zero);
        Vector128<int> negativeRight = shift._value - left;
        Vector128<int> high = AdvSimd.MultiplyRoundedDoublingSaturateHigh(AdvSimd.ShiftLogical(x._value, left), multiplier._value);
        Vector128<int> fixup = Vector128.ShiftRightArithmetic(high & negativeRight, 31);
        return new(AdvSimd.ShiftArithmeticRounded(AdvSimd.AddSaturate(high, fixup), negativeRight));
    }
}
