using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Int8 rows divided by their length; the output has scale 1/128 and zero point 0.</summary>
/// <remarks>Source: TensorFlow Lite kernels/internal/reference/integer_ops/l2normalization.h. A sum of squares of more than 33,025 values may wrap, as there.</remarks>
internal sealed class Int8L2NormalizationKernel(int inputZeroPoint) : IKernel
{
    private const int OutputScaleBits = 7;
    private readonly int _inputZeroPoint = inputZeroPoint;

    public void Forward(in Buffers io)
    {
        int depth = io.InputShape(0)[-1];
        ReadOnlySpan<sbyte> input = io.Input<sbyte>(0);
        Span<sbyte> output = io.Output<sbyte>(0);
        for (int start = 0; start < input.Length; start += depth)
        {
            ReadOnlySpan<sbyte> x = input.Slice(start, depth);
            Span<sbyte> y = output.Slice(start, depth);
            int sum = 0;
            foreach (sbyte value in x)
            {
                int centered = value - _inputZeroPoint;
                sum = unchecked(sum + (centered * centered));
            }

            (int multiplier, int shift) = FixedPointFunctions.InverseSquareRoot(sum);
            for (int i = 0; i < y.Length; i++)
            {
                y[i] = (sbyte)Math.Clamp(FixedPoint.Multiply(x[i] - _inputZeroPoint, multiplier, shift + OutputScaleBits), sbyte.MinValue, sbyte.MaxValue);
            }
        }
    }
}
