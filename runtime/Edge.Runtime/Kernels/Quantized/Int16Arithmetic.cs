namespace Edge.Runtime.Kernels;

/// <summary>x0 ± x1 in int16: both inputs are brought to a common scale with 15 more bits, the sum to the output's.</summary>
/// <remarks>
/// Sources: TensorFlow Lite kernels/internal/reference/{add,sub}.h; scales from TFLite Micro kernels/{add,sub}_common.cc. The common scale is twice the larger input scale, so
/// a scaled value is at most 2^15 · 2^15 / 2 and their sum 2^30: nothing overflows.
/// </remarks>
internal readonly struct Int16Sum : IScalarBinary<short, short>
{
    private const int LeftShift = 15;

    private readonly int _multiplier0;
    private readonly int _shift0;
    private readonly int _multiplier1;
    private readonly int _shift1;
    private readonly int _multiplier;
    private readonly int _shift;
    private readonly bool _subtracts;
    private readonly Int16Range _range;

    /// <summary>Folds the scales.</summary>
    /// <param name="scale0">Scale of the first input.</param>
    /// <param name="scale1">Scale of the second input.</param>
    /// <param name="outputScale">Scale of the output.</param>
    /// <param name="subtracts">Whether it is the difference, whose multipliers the reference computes in float32.</param>
    /// <param name="range">Clamp of the output.</param>
    public Int16Sum(float scale0, float scale1, float outputScale, bool subtracts, in Int16Range range)
    {
        float single = 2 * Math.Max(scale0, scale1);
        double common = 2 * (double)Math.Max(scale0, scale1);
        (_multiplier0, _shift0) = FixedPoint.QuantizeMultiplier(subtracts ? scale0 / single : scale0 / common);
        (_multiplier1, _shift1) = FixedPoint.QuantizeMultiplier(subtracts ? scale1 / single : scale1 / common);
        (_multiplier, _shift) = FixedPoint.QuantizeMultiplier(subtracts ? single / ((1 << LeftShift) * outputScale) : common / ((1 << LeftShift) * (double)outputScale));
        _subtracts = subtracts;
        _range = range;
    }

    public short Value(short left, short right)
    {
        int first = FixedPoint.Multiply(left << LeftShift, _multiplier0, _shift0), second = FixedPoint.Multiply(right << LeftShift, _multiplier1, _shift1);
        return _range.Clamp(FixedPoint.Multiply(_subtracts ? first - second : first + second, _multiplier, _shift));
    }
}

/// <summary>x0 · x1 in int16.</summary>
/// <remarks>Source: TensorFlow Lite kernels/internal/reference/integer_ops/mul.h; scales from TFLite Micro kernels/mul_common.cc. A product is at most 2^30.</remarks>
internal readonly struct Int16Product : IScalarBinary<short, short>
{
    private readonly int _multiplier;
    private readonly int _shift;
    private readonly Int16Range _range;

    /// <summary>Folds the scales.</summary>
    public Int16Product(float scale0, float scale1, float outputScale, in Int16Range range)
    {
        (_multiplier, _shift) = FixedPoint.QuantizeMultiplier((double)scale0 * scale1 / outputScale);
        _range = range;
    }

    public short Value(short left, short right) => _range.Clamp(FixedPoint.Multiply(left * right, _multiplier, _shift));
}

/// <summary>A value on another scale, then a clamp: the relu family.</summary>
/// <remarks>Source: QuantizedReluX, TensorFlow Lite kernels/activations.cc.</remarks>
internal readonly struct Int16Clamp : IScalarUnary<short, short>
{
    private readonly int _multiplier;
    private readonly int _shift;
    private readonly Int16Range _range;

    /// <summary>Folds the scales.</summary>
    public Int16Clamp(float low, float high, float inputScale, float outputScale)
    {
        (_multiplier, _shift) = FixedPoint.QuantizeMultiplier((double)inputScale / outputScale);
        _range = Int16Range.Of(low, high, outputScale);
    }

    public short Value(short x) => _range.Clamp(FixedPoint.Multiply(x, _multiplier, _shift));
}

/// <summary>x for x ≥ 0, alpha · x below.</summary>
/// <remarks>Source: QuantizeLeakyRelu, TensorFlow Lite kernels/internal/reference/leaky_relu.h; multipliers from TFLite Micro kernels/leaky_relu_common.cc, in float32.</remarks>
internal readonly struct Int16LeakyRelu : IScalarUnary<short, short>
{
    private readonly int _multiplier;
    private readonly int _shift;
    private readonly int _multiplierBelow;
    private readonly int _shiftBelow;

    /// <summary>Folds the scales.</summary>
    public Int16LeakyRelu(float alpha, float inputScale, float outputScale)
    {
        (_multiplierBelow, _shiftBelow) = FixedPoint.QuantizeMultiplier(inputScale * alpha / outputScale);
        (_multiplier, _shift) = FixedPoint.QuantizeMultiplier(inputScale / outputScale);
    }

    public short Value(short x) =>
        Int16Functions.Saturate(x >= 0 ? FixedPoint.Multiply(x, _multiplier, _shift) : FixedPoint.Multiply(x, _multiplierBelow, _shiftBelow));
}

/// <summary>x · clamp(x + 3, 0, 6) / 6, computed in float32 and rounded once, halves away from zero. TensorFlow Lite has no int16 form.</summary>
internal readonly struct Int16HardSwish(float inputScale, float outputScale) : IScalarUnary<short, short>
{
    public short Value(short x)
    {
        float real = x * inputScale;
        float result = real * (Math.Clamp(real + 3, 0, 6) * (1f / 6)) / outputScale;
        return (short)Math.Clamp(MathF.Round(result, MidpointRounding.AwayFromZero), short.MinValue, short.MaxValue);
    }
}

/// <summary>Logistic function or hyperbolic tangent at any input scale; results in Q0.15.</summary>
/// <remarks>
/// Source: TensorFlow Lite kernels/internal/reference/integer_ops/{logistic,tanh}.h; multipliers from TFLite Micro kernels/{logistic_common,tanh}.cc. The table's step is
/// 1 / (3 · 4096). Where the reference's multiplier leaves int16 and its product may overflow, this one saturates.
/// </remarks>
internal readonly struct Int16Sigmoid : IScalarUnary<short, short>
{
    private readonly long _multiplier;
    private readonly int _shift;
    private readonly bool _tanh;

    /// <summary>Folds the scale.</summary>
    /// <param name="scale">Scale of the input.</param>
    /// <param name="tanh">Whether it is the hyperbolic tangent.</param>
    public Int16Sigmoid(float scale, bool tanh)
    {
        const float Unit = 1f / 4096;
        _tanh = tanh;
        double multiplier = scale * 4096.0 * 3.0;
        if (scale == Unit || (tanh && scale == 2 * Unit))
        {
            _multiplier = (long)multiplier;
            return;
        }

        while (multiplier <= 32767.0 / 2.0 && _shift <= 30)
        {
            _shift++;
            multiplier *= 2;
        }

        _multiplier = (long)Math.Min(multiplier, int.MaxValue);
    }

    public short Value(short x)
    {
        long round = _shift > 0 ? 1L << (_shift - 1) : 0;
        int scaled = (int)Math.Clamp(((x * _multiplier) + round) >> _shift, -int.MaxValue, int.MaxValue);
        return _tanh ? Int16Functions.TanhOf(scaled) : Int16Functions.SigmoidOf(scaled);
    }
}

/// <summary>The same reals in another integer type or on another scale.</summary>
/// <remarks>Source: TensorFlow Lite kernels/internal/reference/requantize.h; effective scale from kernels/quantize.cc.</remarks>
internal readonly struct Rescale<TIn, TOut> : IScalarUnary<TIn, TOut>
    where TIn : unmanaged, System.Numerics.IBinaryInteger<TIn>
    where TOut : unmanaged, System.Numerics.IBinaryInteger<TOut>
{
    private readonly int _multiplier;
    private readonly int _shift;
    private readonly int _inputZeroPoint;
    private readonly int _outputZeroPoint;

    /// <summary>Folds the scales.</summary>
    public Rescale(float inputScale, int inputZeroPoint, float outputScale, int outputZeroPoint)
    {
        (_multiplier, _shift) = FixedPoint.QuantizeMultiplier((double)inputScale / outputScale);
        _inputZeroPoint = inputZeroPoint;
        _outputZeroPoint = outputZeroPoint;
    }

    public TOut Value(TIn x) =>
        TOut.CreateSaturating(unchecked(FixedPoint.Multiply(int.CreateTruncating(x) - _inputZeroPoint, _multiplier, _shift) + _outputZeroPoint));
}
