using System.Runtime.CompilerServices;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>x for x ≥ 0, alpha · x below, in int8.</summary>
/// <remarks>Source: TensorFlow Lite kernels/internal/reference/prelu.h; multipliers from TFLite Micro kernels/prelu_common.cc. Both sides are computed in vectors: one is the other's maximum with 0.</remarks>
internal readonly struct Int8PRelu : IInt8Binary
{
    private readonly int _inputZeroPoint;
    private readonly int _alphaZeroPoint;
    private readonly int _outputZeroPoint;
    private readonly int _multiplier0;
    private readonly int _shift0;
    private readonly int _multiplier1;
    private readonly int _shift1;

    /// <summary>Folds the scales.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A multiplier made of the scales is not finite.</exception>
    public Int8PRelu(Quantization input, Quantization alpha, Quantization output)
    {
        (_multiplier0, _shift0) = FixedPoint.QuantizeMultiplier((double)input.Scale / output.Scale);
        (_multiplier1, _shift1) = FixedPoint.QuantizeMultiplier((double)input.Scale * alpha.Scale / output.Scale);
        (_inputZeroPoint, _alphaZeroPoint, _outputZeroPoint) = (input.ZeroPoint, alpha.ZeroPoint, output.ZeroPoint);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Apply(int x0, int x1)
    {
        int value = x0 - _inputZeroPoint;
        int result = value >= 0 ? FixedPoint.Multiply(value, _multiplier0, _shift0) : FixedPoint.Multiply(value * (x1 - _alphaZeroPoint), _multiplier1, _shift1);
        return Math.Clamp(unchecked(result + _outputZeroPoint), sbyte.MinValue, sbyte.MaxValue);
    }

    // A lane has x ≥ 0 or x < 0, and the fixed-point product of 0 is 0: the two sides add up.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Apply<TLanes>(TLanes x0, TLanes x1) where TLanes : struct, IInt32Lanes<TLanes>
    {
        TLanes value = x0 - TLanes.Broadcast(_inputZeroPoint), zero = TLanes.Broadcast(0);
        TLanes positive = TLanes.Multiply(TLanes.Max(value, zero), TLanes.Broadcast(_multiplier0), TLanes.Broadcast(_shift0));
        TLanes negative = TLanes.Multiply(TLanes.Min(value, zero) * (x1 - TLanes.Broadcast(_alphaZeroPoint)), TLanes.Broadcast(_multiplier1), TLanes.Broadcast(_shift1));
        return TLanes.Min(TLanes.Max(positive + negative + TLanes.Broadcast(_outputZeroPoint), TLanes.Broadcast(sbyte.MinValue)), TLanes.Broadcast(sbyte.MaxValue));
    }
}
