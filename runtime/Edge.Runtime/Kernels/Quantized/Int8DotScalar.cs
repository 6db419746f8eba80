using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>The inner product in plain integers: four bytes against four bytes. The specification of the vector forms.</summary>
internal readonly unsafe struct Int8DotScalar : IInt8Dot<int>
{
    public static bool IsSupported => true;

    public static int Group => 4;

    public static int Lanes => 1;

    public static int ValueBytes => 1;

    public static int Offset => 0;

    public static void Pack(sbyte* source, byte* target, nint count) => new ReadOnlySpan<byte>(source, (int)count).CopyTo(new Span<byte>(target, (int)count));

    public static void Fill(sbyte value, byte* target, nint count) => new Span<byte>(target, (int)count).Fill((byte)value);

    public static int Weights(sbyte* source) => Unsafe.ReadUnaligned<int>(source);

    public static int Activations(byte* source) => Unsafe.ReadUnaligned<int>(source);

    public static int MultiplyAdd(int sum, int weights, int activations)
    {
        for (int i = 0; i < 32; i += 8)
        {
            sum += (sbyte)(weights >> i) * (sbyte)(activations >> i);
        }

        return sum;
    }

    public static int Load(int* source) => *source;

    public static void Store(int value, int* target) => *target = value;
}
