namespace Edge.Runtime.Kernels;

/// <summary>A vector of float32 of fixed width. A kernel is written once over this and compiled for each width.</summary>
/// <remarks><see cref="Lanes1"/> is the meaning of every member; the others must agree with it lane by lane,
/// except that <see cref="MultiplyAdd"/> rounds once where the hardware fuses and twice where it does not.</remarks>
internal unsafe interface IVector<TSelf> where TSelf : unmanaged, IVector<TSelf>
{
    /// <summary>Lanes.</summary>
    static abstract int Count { get; }

    /// <summary>Rows of the matrix product's register tile: 12 × 2 accumulators need 32 registers, 6 × 2 need 16.</summary>
    static abstract int TileRows { get; }

    static abstract TSelf Zero { get; }

    static abstract TSelf Broadcast(float value);

    static abstract TSelf Load(float* source);

    static abstract void Store(TSelf value, float* destination);

    static abstract TSelf Add(TSelf left, TSelf right);

    static abstract TSelf Subtract(TSelf left, TSelf right);

    static abstract TSelf Multiply(TSelf left, TSelf right);

    /// <summary>left · right + addend.</summary>
    static abstract TSelf MultiplyAdd(TSelf left, TSelf right, TSelf addend);

    /// <summary>min(max(value, low), high); a NaN in <paramref name="value"/> stays.</summary>
    static abstract TSelf Clamp(TSelf value, TSelf low, TSelf high);

    /// <summary>The larger one; NaN if either is NaN.</summary>
    static abstract TSelf Max(TSelf left, TSelf right);

    /// <summary>Where left equals right, or both are NaN, <paramref name="equal"/>; elsewhere <paramref name="other"/>.</summary>
    static abstract TSelf SelectEqual(TSelf left, TSelf right, TSelf equal, TSelf other);

    /// <summary><paramref name="value"/> where low &lt; test &lt; high, elsewhere 0 (also where test is NaN).</summary>
    static abstract TSelf SelectInside(TSelf test, TSelf low, TSelf high, TSelf value);

    /// <summary>The sum of all lanes.</summary>
    static abstract float Sum(TSelf value);
}
