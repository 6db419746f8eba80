using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Runtime.Kernels;

/// <summary>Eight int32 lanes on AVX2.</summary>
internal readonly unsafe struct Int32Lanes8(Vector256<int> value) : IInt32Lanes<Int32Lanes8>
{
    private readonly Vector256<int> _value = value;

    public static bool IsSupported => Avx2.IsSupported;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes8 Broadcast(int value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes8 Load(int* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes8 LoadInt8(sbyte* source) => new(Avx2.ConvertToVector256Int32(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Int32Lanes8 value, int* target) => value._value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt8(Int32Lanes8 value, sbyte* target)
    {
        Vector128<short> halves = Sse2.PackSignedSaturate(value._value.GetLower(), value._value.GetUpper());
        Sse2.StoreLow((double*)target, Sse2.PackSignedSaturate(halves, halves).AsDouble());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes8 operator +(Int32Lanes8 left, Int32Lanes8 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes8 operator -(Int32Lanes8 left, Int32Lanes8 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes8 operator *(Int32Lanes8 left, Int32Lanes8 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes8 operator <<(Int32Lanes8 value, int bits) => new(value._value << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes8 Min(Int32Lanes8 left, Int32Lanes8 right) => new(Vector256.Min(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes8 Max(Int32Lanes8 left, Int32Lanes8 right) => new(Vector256.Max(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int32Lanes8 Multiply(Int32Lanes8 x, Int32Lanes8 multiplier, Int32Lanes8 shift)
    {
        Vector256<int> left = Vector256.Max(shift._value, Vector256<int>.Zero);
        Vector256<int> right = left - shift._value;

        // Bits 31 … 62 of a product + 2^30: VPMULDQ multiplies the even lanes, a 32-bit shift brings the odd ones there. The even results
        // are shifted down into the low half of their 64 bits, the odd ones up into the high half, and a blend joins them.
        Vector256<int> value = Avx2.ShiftLeftLogicalVariable(x._value, left.AsUInt32());
        Vector256<long> round = Vector256.Create(1L << 30);
        Vector256<long> even = Avx2.Multiply(value, multiplier._value) + round;
        Vector256<long> odd = Avx2.Multiply(
            Avx2.ShiftRightLogical(value.AsInt64(), 32).AsInt32(), Avx2.ShiftRightLogical(multiplier._value.AsInt64(), 32).AsInt32()) + round;
        Vector256<int> high = Avx2.Blend(
            Avx2.ShiftRightLogical(even, 31).AsInt32(), Avx2.ShiftLeftLogical(odd, 1).AsInt32(), 0b1010_1010);

        // FixedPoint.RoundingDivideByPowerOfTwo; x >> 31 is −1 for negative lanes, and so is a true comparison.
        Vector256<int> mask = Avx2.ShiftLeftLogicalVariable(Vector256<int>.One, right.AsUInt32()) - Vector256<int>.One;
        Vector256<int> threshold = Avx2.ShiftRightLogical(mask, 1) - Avx2.ShiftRightArithmetic(high, 31);
        return new(Avx2.ShiftRightArithmeticVariable(high, right.AsUInt32()) - Avx2.CompareGreaterThan(high & mask, threshold));
    }
}
