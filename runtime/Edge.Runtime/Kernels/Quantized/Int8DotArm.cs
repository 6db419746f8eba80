using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Edge.Runtime.Kernels;

/// <summary>SDOT (Armv8.2 dot product, Cortex-A55/A76 and later): four signed bytes times four, added to int32.</summary>
internal readonly unsafe struct Int8DotArmDp : IInt8Dot<Vector128<int>>
{
    public static bool IsSupported => Dp.IsSupported;

    public static int Group => 4;

    public static int Lanes => 4;

    public static int ValueBytes => 1;

    public static int Offset => 0;

    public static void Pack(sbyte* source, byte* target, nint count) => Int8DotScalar.Pack(source, target, count);

    public static void Fill(sbyte value, byte* target, nint count) => Int8DotScalar.Fill(value, target, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Weights(sbyte* source) => Vector128.Load(source).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Activations(byte* source) => Vector128.Create(Unsafe.ReadUnaligned<int>(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> sum, Vector128<int> weights, Vector128<int> activations) =>
        Dp.DotProduct(sum, weights.AsSByte(), activations.AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(int* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<int> value, int* target) => value.Store(target);
}

/// <summary>SMULL and SADALP (every Arm64; Cortex-A53/A72): byte products in int16, added in pairs to int32.</summary>
/// <remarks>
/// One product is at most 2^14 in magnitude and fits int16; two need not ((−128)² · 2 = 2^15), so no SMLAL between the two.
/// The eight bytes of a group ride in the lower half of the vector.
/// </remarks>
internal readonly unsafe struct Int8DotArm : IInt8Dot<Vector128<int>>
{
    public static bool IsSupported => AdvSimd.Arm64.IsSupported;

    public static int Group => 2;

    public static int Lanes => 4;

    public static int ValueBytes => 1;

    public static int Offset => 0;

    public static void Pack(sbyte* source, byte* target, nint count) => Int8DotScalar.Pack(source, target, count);

    public static void Fill(sbyte value, byte* target, nint count) => Int8DotScalar.Fill(value, target, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Weights(sbyte* source) => Vector64.Load(source).ToVector128Unsafe().AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Activations(byte* source) => Vector128.Create(Unsafe.ReadUnaligned<short>(source)).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> sum, Vector128<int> weights, Vector128<int> activations) =>
        AdvSimd.AddPairwiseWideningAndAdd(
            sum, AdvSimd.MultiplyWideningLower(weights.AsSByte().GetLower(), activations.AsSByte().GetLower()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(int* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<int> value, int* target) => value.Store(target);
}
