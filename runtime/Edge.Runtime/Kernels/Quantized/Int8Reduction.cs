using System.Numerics;
using Edge.Format;

namespace Edge.Runtime.Kernels;

/// <summary>Sum and mean of int8 or int16 over some axes.</summary>
/// <remarks>
/// Sources: TensorFlow Lite kernels/internal/reference/reduce.h: QuantizedMeanOrSum, and Mean where input and output have the same parameters (the quotient
/// truncates); which of them from TFLite Micro kernels/reduce_common.cc, EvalIntegerMean and EvalSumHelper.
/// </remarks>
internal readonly struct Int8Reduction
{
    private readonly int _inputZeroPoint;
    private readonly int _multiplier;
    private readonly int _shift;
    private readonly int _outputZeroPoint;
    private readonly bool _divides;

    /// <summary>Folds the scales.</summary>
    /// <param name="inputScale">Scale of the input.</param>
    /// <param name="inputZeroPoint">Zero point of the input.</param>
    /// <param name="outputScale">Scale of the output.</param>
    /// <param name="outputZeroPoint">Zero point of the output.</param>
    /// <param name="count">Values of each mean, or 0 for a sum.</param>
    /// <exception cref="ArgumentOutOfRangeException">The ratio of the scales is not finite.</exception>
    public Int8Reduction(float inputScale, int inputZeroPoint, float outputScale, int outputZeroPoint, int count)
    {
        _inputZeroPoint = inputZeroPoint;
        _outputZeroPoint = outputZeroPoint;
        _divides = count > 0 && inputScale == outputScale && inputZeroPoint == outputZeroPoint;
        (_multiplier, _shift) = FixedPoint.QuantizeMultiplier((double)inputScale / outputScale);
        if (count > 0)
        {
            int shift = Math.Min(63 - BitOperations.LeadingZeroCount((ulong)count), 31 + _shift);
            _multiplier = (int)(((long)_multiplier << shift) / count);
            _shift -= shift;
        }
    }

    /// <summary>Reduces.</summary>
    /// <param name="shape">Shape of the input.</param>
    /// <param name="reduced">Bit a: axis a is reduced.</param>
    /// <param name="input">Row-major values.</param>
    /// <param name="sums">Room for one sum for each result.</param>
    /// <param name="output">Receives the results.</param>
    public void Run<T>(in Shape shape, uint reduced, ReadOnlySpan<T> input, Span<int> sums, Span<T> output) where T : unmanaged, IBinaryInteger<T>
    {
        sums = sums[..output.Length];
        sums.Clear();
        int count = input.Length / output.Length;
        int inner = shape.Rank == 0 ? 1 : shape[-1];
        bool innerReduced = shape.Rank > 0 && (reduced & (1u << (shape.Rank - 1))) != 0;
        Span<int> strides = stackalloc int[Shape.MaxRank];
        Span<int> index = stackalloc int[Shape.MaxRank];
        index.Clear();
        for (int axis = shape.Rank - 1, stride = 1; axis >= 0; axis--)
        {
            bool kept = (reduced & (1u << axis)) == 0;
            strides[axis] = kept ? stride : 0;
            stride *= kept ? shape[axis] : 1;
        }

        for (int at = 0, target = 0; at < input.Length; at += inner)
        {
            ReadOnlySpan<T> row = input.Slice(at, inner);
            if (innerReduced)
            {
                int sum = sums[target];
                foreach (T value in row)
                {
                    sum += int.CreateTruncating(value);
                }

                sums[target] = sum;
            }
            else
            {
                Span<int> rowSums = sums.Slice(target, inner);
                for (int i = 0; i < row.Length; i++)
                {
                    rowSums[i] += int.CreateTruncating(row[i]);
                }
            }

            for (int axis = shape.Rank - 2; axis >= 0; axis--)
            {
                target += strides[axis];
                if (++index[axis] < shape[axis])
                {
                    break;
                }

                target -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }

        for (int i = 0; i < output.Length; i++)
        {
            output[i] = _divides
                ? T.CreateTruncating(sums[i] / count)
                : T.CreateSaturating(FixedPoint.Multiply(unchecked(sums[i] - (_inputZeroPoint * count)), _multiplier, _shift) + _outputZeroPoint);
        }
    }
}
