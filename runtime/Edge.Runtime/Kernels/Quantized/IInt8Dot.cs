namespace Edge.Runtime.Kernels;

/// <summary>The inner product of one instruction set: int8 activations of a few positions times int8 weights, one output channel in each int32 lane.</summary>
/// <typeparam name="TVector">The accumulator vector.</typeparam>
/// <remarks>
/// Weights lie in panels of 16 output channels. A panel holds, for each group of <see cref="Group"/> consecutive depth positions, the
/// group's weights of channel 0, then of channel 1, … 15. Activations lie in depth order, each <see cref="ValueBytes"/> wide; one group
/// is broadcast to all lanes. Every form adds exact products in int32 (modulo 2^32), so all of them give the same bits.
/// </remarks>
internal unsafe interface IInt8Dot<TVector> where TVector : struct
{
    /// <summary>Whether this machine has the instructions; a constant to the JIT.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Depth positions that one multiplication consumes: 2 or 4.</summary>
    static abstract int Group { get; }

    /// <summary>int32 lanes: 16 or a divisor of it, so a panel is 16 / Lanes vectors.</summary>
    static abstract int Lanes { get; }

    /// <summary>Bytes of one packed activation.</summary>
    static abstract int ValueBytes { get; }

    /// <summary>What packing adds to an activation; the prepared bias takes it back.</summary>
    static abstract int Offset { get; }

    /// <summary>Packs <paramref name="count"/> consecutive activations.</summary>
    static abstract void Pack(sbyte* source, byte* target, nint count);

    /// <summary>Packs <paramref name="count"/> times the same value.</summary>
    static abstract void Fill(sbyte value, byte* target, nint count);

    /// <summary>Loads one group's weights for <see cref="Lanes"/> channels.</summary>
    static abstract TVector Weights(sbyte* source);

    /// <summary>Broadcasts one group of packed activations.</summary>
    static abstract TVector Activations(byte* source);

    /// <summary>sum + the group's inner product in each lane.</summary>
    static abstract TVector MultiplyAdd(TVector sum, TVector weights, TVector activations);

    static abstract TVector Load(int* source);

    static abstract void Store(TVector value, int* target);
}
