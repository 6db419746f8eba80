namespace Edge.Runtime.Kernels;

/// <summary>A vector of int32 at one width, with the few operations that quantized kernels share; each equals its scalar meaning bit for bit.</summary>
/// <typeparam name="TSelf">The width: <see cref="Int32Lanes16"/> (AVX-512), <see cref="Int32Lanes8"/> (AVX2) or <see cref="Int32Lanes4"/> (AdvSimd).</typeparam>
internal unsafe interface IInt32Lanes<TSelf> where TSelf : struct, IInt32Lanes<TSelf>
{
    /// <summary>Whether this machine has the instructions; a constant to the JIT.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Lanes of the vector.</summary>
    static abstract int Count { get; }

    static abstract TSelf Broadcast(int value);

    static abstract TSelf Load(int* source);

    /// <summary>Loads and sign-extends <see cref="Count"/> bytes.</summary>
    static abstract TSelf LoadInt8(sbyte* source);

    /// <summary>Stores <see cref="Count"/> bytes; every lane must lie within int8.</summary>
    static abstract void StoreInt8(TSelf value, sbyte* target);

    static abstract void Store(TSelf value, int* target);

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf operator <<(TSelf value, int bits);

    static abstract TSelf Min(TSelf left, TSelf right);

    static abstract TSelf Max(TSelf left, TSelf right);

    /// <summary><see cref="FixedPoint.Multiply"/> lane by lane; multipliers must not be negative, which spares the saturation of −1 · −1.</summary>
    static abstract TSelf Multiply(TSelf x, TSelf multiplier, TSelf shift);
}
