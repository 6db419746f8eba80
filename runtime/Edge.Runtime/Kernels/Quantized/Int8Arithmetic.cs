using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>x0 + x1 in int8.</summary>
/// <remarks>Source: see <see cref="Int8Sum"/>.</remarks>
internal readonly struct Int8Add(float scale0, int zeroPoint0, float scale1, int zeroPoint1, float outputScale, in Int8Range range) : IInt8Binary
{
    private readonly Int8Sum _sum = Int8Sum.InDouble(scale0, zeroPoint0, scale1, zeroPoint1, outputScale, range);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Apply(int x0, int x1) => _sum.Finish(_sum.First(x0) + _sum.Second(x1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Apply<TLanes>(TLanes x0, TLanes x1) where TLanes : struct, IInt32Lanes<TLanes> => _sum.Finish(_sum.First(x0) + _sum.Second(x1));
}

/// <summary>x0 − x1 in int8.</summary>
/// <remarks>Source: see <see cref="Int8Sum"/>.</remarks>
internal readonly struct Int8Sub(float scale0, int zeroPoint0, float scale1, int zeroPoint1, float outputScale, in Int8Range range) : IInt8Binary
{
    private readonly Int8Sum _sum = Int8Sum.InSingle(scale0, zeroPoint0, scale1, zeroPoint1, outputScale, range);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Apply(int x0, int x1) => _sum.Finish(_sum.First(x0) - _sum.Second(x1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Apply<TLanes>(TLanes x0, TLanes x1) where TLanes : struct, IInt32Lanes<TLanes> => _sum.Finish(_sum.First(x0) - _sum.Second(x1));
}

/// <summary>x0 · x1 in int8: the product of the values less their zero points, at most 255², times scale0 · scale1 / output scale.</summary>
/// <remarks>Source: TensorFlow Lite kernels/internal/reference/integer_ops/mul.h; scales from TFLite Micro kernels/mul_common.cc.</remarks>
internal readonly struct Int8Mul : IInt8Binary
{
    private readonly int _zeroPoint0;
    private readonly int _zeroPoint1;
    private readonly int _multiplier;
    private readonly int _shift;
    private readonly Int8Range _range;

    /// <summary>Folds the scales.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The multiplier made of the scales is not finite.</exception>
    public Int8Mul(float scale0, int zeroPoint0, float scale1, int zeroPoint1, float outputScale, in Int8Range range)
    {
        (_multiplier, _shift) = FixedPoint.QuantizeMultiplier((double)scale0 * scale1 / outputScale);
        _zeroPoint0 = zeroPoint0;
        _zeroPoint1 = zeroPoint1;
        _range = range;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Apply(int x0, int x1) => Requantizer.Value((x0 - _zeroPoint0) * (x1 - _zeroPoint1), _multiplier, _shift, _range);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Apply<TLanes>(TLanes x0, TLanes x1) where TLanes : struct, IInt32Lanes<TLanes>
    {
        TLanes product = (x0 - TLanes.Broadcast(_zeroPoint0)) * (x1 - TLanes.Broadcast(_zeroPoint1));
        TLanes value = TLanes.Multiply(product, TLanes.Broadcast(_multiplier), TLanes.Broadcast(_shift)) + TLanes.Broadcast(_range.ZeroPoint);
        return TLanes.Min(TLanes.Max(value, TLanes.Broadcast(_range.Min)), TLanes.Broadcast(_range.Max));
    }
}
