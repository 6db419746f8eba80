using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Runtime.Kernels;

/// <summary>What the int16 forms share: activations widened to int16 once, when a patch is packed.</summary>
/// <remarks>PMADDWD adds two products of sign-extended bytes, at most 2 · 2^14 in magnitude: exact.</remarks>
internal static unsafe class Int8DotPairs
{
    public const int Group = 2;

    public const int ValueBytes = 2;

    public static void Pack(sbyte* source, byte* target, nint count)
    {
        short* values = (short*)target;
        nint i = 0;
        if (Vector128.IsHardwareAccelerated && count >= 8)
        {
            for (; i <= count - 16; i += 16)
            {
                (Vector128<short> lower, Vector128<short> upper) = Vector128.Widen(Vector128.Load(source + i));
                lower.Store(values + i);
                upper.Store(values + i + 8);
            }

            if (i <= count - 8)
            {
                Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<long>(source + i)).AsSByte()).Store(values + i);
                i += 8;
            }
        }

        for (; i < count; i++)
        {
            values[i] = source[i];
        }
    }

    public static void Fill(sbyte value, byte* target, nint count) => new Span<short>(target, (int)count).Fill(value);
}

/// <summary>PMADDWD on 16-byte vectors.</summary>
internal readonly unsafe struct Int8DotPairs4 : IInt8Dot<Vector128<int>>
{
    public static bool IsSupported => Sse41.IsSupported;

    public static int Group => Int8DotPairs.Group;

    public static int Lanes => 4;

    public static int ValueBytes => Int8DotPairs.ValueBytes;

    public static int Offset => 0;

    public static void Pack(sbyte* source, byte* target, nint count) => Int8DotPairs.Pack(source, target, count);

    public static void Fill(sbyte value, byte* target, nint count) => Int8DotPairs.Fill(value, target, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Weights(sbyte* source) => Sse41.ConvertToVector128Int16(source).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Activations(byte* source) => Vector128.Create(Unsafe.ReadUnaligned<int>(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> sum, Vector128<int> weights, Vector128<int> activations) =>
        sum + Sse2.MultiplyAddAdjacent(weights.AsInt16(), activations.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(int* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<int> value, int* target) => value.Store(target);
}

/// <summary>PMADDWD on 32-byte vectors.</summary>
internal readonly unsafe struct Int8DotPairs8 : IInt8Dot<Vector256<int>>
{
    public static bool IsSupported => Avx2.IsSupported;

    public static int Group => Int8DotPairs.Group;

    public static int Lanes => 8;

    public static int ValueBytes => Int8DotPairs.ValueBytes;

    public static int Offset => 0;

    public static void Pack(sbyte* source, byte* target, nint count) => Int8DotPairs.Pack(source, target, count);

    public static void Fill(sbyte value, byte* target, nint count) => Int8DotPairs.Fill(value, target, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Weights(sbyte* source) => Avx2.ConvertToVector256Int16(source).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Activations(byte* source) => Vector256.Create(Unsafe.ReadUnaligned<int>(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> sum, Vector256<int> weights, Vector256<int> activations) =>
        sum + Avx2.MultiplyAddAdjacent(weights.AsInt16(), activations.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(int* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> value, int* target) => value.Store(target);
}

/// <summary>PMADDWD on 64-byte vectors: a panel is one vector.</summary>
internal readonly unsafe struct Int8DotPairs16 : IInt8Dot<Vector512<int>>
{
    public static bool IsSupported => Avx512BW.IsSupported;

    public static int Group => Int8DotPairs.Group;

    public static int Lanes => 16;

    public static int ValueBytes => Int8DotPairs.ValueBytes;

    public static int Offset => 0;

    public static void Pack(sbyte* source, byte* target, nint count) => Int8DotPairs.Pack(source, target, count);

    public static void Fill(sbyte value, byte* target, nint count) => Int8DotPairs.Fill(value, target, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Weights(sbyte* source) => Avx512BW.ConvertToVector512Int16(Vector256.Load(source)).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Activations(byte* source) => Vector512.Create(Unsafe.ReadUnaligned<int>(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<int> sum, Vector512<int> weights, Vector512<int> activations) =>
        sum + Avx512BW.MultiplyAddAdjacent(weights.AsInt16(), activations.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load(int* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<int> value, int* target) => value.Store(target);
}
