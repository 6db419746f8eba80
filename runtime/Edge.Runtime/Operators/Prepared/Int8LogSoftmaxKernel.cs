using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Int8 log-softmax over the last axis; the output has scale 1/16 and zero point 127.</summary>
/// <remarks>
/// Source: LogSoftmaxQuantized, TensorFlow Lite kernels/internal/reference/log_softmax.h; scaling from TFLite Micro kernels/log_softmax.cc and PreprocessLogSoftmaxScalingExp,
/// kernels/internal/quantization_util.cc. Exponentials and scaled differences depend on one of 256 differences to the row's largest value, so they are tabulated.
/// </remarks>
internal sealed class Int8LogSoftmaxKernel : IKernel
{
    private const int DifferenceIntegerBits = 5;
    private const int SumIntegerBits = 12;
    private const int OutputIntegerBits = 4;
    private readonly int[] _scaled = new int[256];                       // −i · scale in Q5.26
    private readonly int[] _exponentials = new int[256];                 // exp of it in Q12.19, 0 where the reference skips the element
    private readonly int _radius;
    private readonly int _divisor;
    private readonly int _divisorShift;

    internal Int8LogSoftmaxKernel(float inputScale)
    {
        double real = Math.Min((double)inputScale * (1 << (31 - DifferenceIntegerBits)), (1L << 31) - 1.0);
        (int multiplier, int shift) = FixedPoint.Decompose(real);
        (_divisor, _divisorShift) = FixedPoint.QuantizeMultiplier(unchecked(1 << (31 - shift)) / (double)multiplier);
        _radius = FixedPoint.InputRadius(DifferenceIntegerBits, shift);
        for (int i = 0; i < _scaled.Length; i++)
        {
            // Beyond the radius nothing reads them.
            _scaled[i] = i > _radius ? 0 : FixedPoint.Multiply(-i, multiplier, shift);
            _exponentials[i] = i > _radius
                ? 0
                : FixedPoint.RoundingDivideByPowerOfTwo(FixedPointFunctions.ExpOnNegative(_scaled[i], DifferenceIntegerBits), SumIntegerBits);
        }
    }

    public void Forward(in Buffers io)
    {
        int depth = io.InputShape(0)[-1];
        ReadOnlySpan<sbyte> input = io.Input<sbyte>(0);
        Span<sbyte> output = io.Output<sbyte>(0);
        for (int start = 0; start < input.Length; start += depth)
        {
            Row(input.Slice(start, depth), output.Slice(start, depth));
        }
    }

    private void Row(ReadOnlySpan<sbyte> x, Span<sbyte> y)
    {
        int largest = sbyte.MinValue;
        foreach (sbyte value in x)
        {
            largest = Math.Max(largest, value);
        }

        // The reference holds 2^12 full terms; a longer row saturates here where it wraps there.
        long sum = 0;
        foreach (sbyte value in x)
        {
            sum += _exponentials[largest - value];
        }

        int log = FixedPointFunctions.Log((int)Math.Min(sum, int.MaxValue));
        int least = Math.Max(-_radius - 1, FixedPoint.Multiply(unchecked(log + int.MinValue), _divisor, _divisorShift));
        for (int i = 0; i < x.Length; i++)
        {
            int difference = x[i] - largest;
            int result = sbyte.MinValue;
            if (difference > least)
            {
                result = FixedPoint.RoundingDivideByPowerOfTwo(unchecked(_scaled[-difference] - log), 31 - DifferenceIntegerBits - OutputIntegerBits) + sbyte.MaxValue;
            }

            y[i] = (sbyte)Math.Clamp(result, sbyte.MinValue, sbyte.MaxValue);
        }
    }
}
