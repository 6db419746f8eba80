using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Runtime.Kernels;

/// <summary>VPDPBUSD: four unsigned bytes times four signed ones, added to int32 without saturation.</summary>
/// <remarks>
/// Activations move to unsigned by adding 128, an exclusive or with 0x80; the prepared bias takes 128 · Σw back. Where the machine lacks
/// the instruction, <see cref="MultiplyAdd"/> spells it out, so the packing and the offset can be tested everywhere.
/// </remarks>
internal readonly unsafe struct Int8DotVnni : IInt8Dot<Vector256<int>>
{
#if NET10_0_OR_GREATER
    public static bool IsSupported => AvxVnni.IsSupported;
#else
    public static bool IsSupported => false;                             // AvxVnni is a preview API of .NET 8
#endif

    public static int Group => 4;

    public static int Lanes => 8;

    public static int ValueBytes => 1;

    public static int Offset => 128;

    public static void Pack(sbyte* source, byte* target, nint count)
    {
        nint i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; i <= count - 16; i += 16)
            {
                (Vector128.Load((byte*)source + i) ^ Vector128.Create((byte)0x80)).Store(target + i);
            }
        }

        for (; i < count; i++)
        {
            target[i] = (byte)(source[i] ^ 0x80);
        }
    }

    public static void Fill(sbyte value, byte* target, nint count) => new Span<byte>(target, (int)count).Fill((byte)(value ^ 0x80));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Weights(sbyte* source) => Vector256.Load(source).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Activations(byte* source) => Vector256.Create(Unsafe.ReadUnaligned<int>(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> sum, Vector256<int> weights, Vector256<int> activations)
    {
#if NET10_0_OR_GREATER
        if (AvxVnni.IsSupported)
        {
            return AvxVnni.MultiplyWideningAndAdd(sum, activations.AsByte(), weights.AsSByte());
        }
#endif
        return MultiplyAddByteByByte(sum, weights.AsSByte(), activations.AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(int* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> value, int* target) => value.Store(target);

    private static Vector256<int> MultiplyAddByteByByte(Vector256<int> sum, Vector256<sbyte> weights, Vector256<byte> activations)
    {
        int* lanes = stackalloc int[8];
        sum.Store(lanes);
        for (int i = 0; i < 32; i++)
        {
            lanes[i / 4] += weights[i] * activations[i];
        }

        return Vector256.Load(lanes);
    }
}
