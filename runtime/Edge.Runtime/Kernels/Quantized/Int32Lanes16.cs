using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Runtime.Kernels;

/// <summary>Sixteen int32 lanes on AVX-512.</summary>
internal readonly unsafe struct Int32Lanes16(Vector512<int> value) : IInt32Lanes<Int32Lanes16>
{
    private readonly Vector512<int> _value = value;

    public static bool IsSupported => Avx512BW.IsSupported;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes16 Broadcast(int value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes16 Load(int* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes16 LoadInt8(sbyte* source) => new(Avx512F.ConvertToVector512Int32(Vector128.Load(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Int32Lanes16 value, int* target) => value._value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt8(Int32Lanes16 value, sbyte* target) =>
        Avx512F.ConvertToVector128SByteWithSaturation(value._value).Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes16 operator +(Int32Lanes16 left, Int32Lanes16 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes16 operator -(Int32Lanes16 left, Int32Lanes16 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes16 operator *(Int32Lanes16 left, Int32Lanes16 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes16 operator <<(Int32Lanes16 value, int bits) => new(value._value << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes16 Min(Int32Lanes16 left, Int32Lanes16 right) => new(Vector512.Min(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes16 Max(Int32Lanes16 left, Int32Lanes16 right) => new(Vector512.Max(left._value, right._value));

    /// <remarks>The steps of <see cref="Int32Lanes8.Multiply"/>; the blend by mask becomes a selection by a constant vector.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes16 Multiply(Int32Lanes16 x, Int32Lanes16 multiplier, Int32Lanes16 shift)
    {
        Vector512<int> left = Vector512.Max(shift._value, Vector512<int>.Zero);
        Vector512<int> right = left - shift._value;
        Vector512<int> value = Avx512F.ShiftLeftLogicalVariable(x._value, left.AsUInt32());
        Vector512<long> round = Vector512.Create(1L << 30);
        Vector512<long> even = Avx512F.Multiply(value, multiplier._value) + round;
        Vector512<long> odd = Avx512F.Multiply(
            Avx512F.ShiftRightLogical(value.AsInt64(), 32).AsInt32(), Avx512F.ShiftRightLogical(multiplier._value.AsInt64(), 32).AsInt32()) + round;
        Vector512<int> high = Vector512.ConditionalSelect(
            Vector512.Create(0xFFFF_FFFFL).AsInt32(), Avx512F.ShiftRightLogical(even, 31).AsInt32(), Avx512F.ShiftLeftLogical(odd, 1).AsInt32());

        Vector512<int> mask = Avx512F.ShiftLeftLogicalVariable(Vector512<int>.One, right.AsUInt32()) - Vector512<int>.One;
        Vector512<int> threshold = Avx512F.ShiftRightLogical(mask, 1) - Avx512F.ShiftRightArithmetic(high, 31);
        return new(Avx512F.ShiftRightArithmeticVariable(high, right.AsUInt32()) - Vector512.GreaterThan(high & mask, threshold));
    }
}
