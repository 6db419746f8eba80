using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>What a pooling does with the values of a window.</summary>
internal interface IPooling
{
    /// <summary>The gradient goes to one value of the window, found by comparison; otherwise to all alike.</summary>
    static abstract bool Selects { get; }

    /// <summary>The result over no values.</summary>
    static abstract float Initial { get; }

    /// <summary>Takes one more value in.</summary>
    static abstract TVector Combine<TVector>(TVector sum, TVector value) where TVector : unmanaged, IVector<TVector>;

    /// <summary>What the result is multiplied by.</summary>
    static abstract float Scale(int count);
}

/// <summary>The maximum.</summary>
internal readonly struct MaxPooling : IPooling
{
    public static bool Selects => true;

    public static float Initial => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Combine<TVector>(TVector sum, TVector value) where TVector : unmanaged, IVector<TVector> => TVector.Max(sum, value);

    public static float Scale(int count) => 1;
}

/// <summary>The mean.</summary>
internal readonly struct AveragePooling : IPooling
{
    public static bool Selects => false;

    public static float Initial => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Combine<TVector>(TVector sum, TVector value) where TVector : unmanaged, IVector<TVector> => TVector.Add(sum, value);

    public static float Scale(int count) => count == 0 ? 0 : 1f / count;
}
