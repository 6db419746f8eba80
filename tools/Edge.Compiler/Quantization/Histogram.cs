using System.Numerics;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>The values of one tensor over all calibration samples: first their extent, then how they lie in it.</summary>
internal sealed class Histogram(string name)
{
    private const int Steps = 64;
    private const double Smallest = 0.1;

    private readonly long[] _bins = new long[Calibrator.Bins];
    private float _min = float.PositiveInfinity;
    private float _max = float.NegativeInfinity;
    private long _count;

    /// <summary>Takes note of the extent.</summary>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    public void Extend(ReadOnlySpan<float> values)
    {
        // Vectors find the extent; a value that is not finite shows in it or in a sum, and is then looked for.
        int done = 0;
        if (values.Length >= Vector<float>.Count)
        {
            Vector<float> min = new(_min), max = new(_max), zeros = Vector<float>.Zero;
            for (; done <= values.Length - Vector<float>.Count; done += Vector<float>.Count)
            {
                Vector<float> value = new(values[done..]);
                min = Vector.Min(min, value);
                max = Vector.Max(max, value);
                zeros += value - value;                    // NaN where a value is not finite
            }

            if (!Vector.EqualsAll(zeros, Vector<float>.Zero))
            {
                done = 0;
            }
            else
            {
                for (int lane = 0; lane < Vector<float>.Count; lane++)
                {
                    _min = Math.Min(_min, min[lane]);
                    _max = Math.Max(_max, max[lane]);
                }
            }
        }

        foreach (float value in values[done..])
        {
            if (!float.IsFinite(value))
            {
                throw new ArgumentException($"Calibration: tensor '{name}' takes the value {value}; only finite values can be quantized. Check the data and the weights.");
            }

            _min = Math.Min(_min, value);
            _max = Math.Max(_max, value);
        }
    }

    /// <summary>Counts the values of an extent that is known.</summary>
    public void Count(ReadOnlySpan<float> values)
    {
        double perUnit = Calibrator.Bins / Math.Max((double)_max - _min, double.Epsilon);
        foreach (float value in values)
        {
            _bins[(int)Math.Min(Calibrator.Bins - 1, (value - (double)_min) * perUnit)]++;
        }

        _count += values.Length;
    }

    /// <summary>The range to quantize.</summary>
    public ValueRange Choose(QuantizerOptions options) => options.Method switch
    {
        _ when _max <= _min => new ValueRange(_min, _max),
        CalibrationMethod.Percentile => Percentile(options.Percentile),
        CalibrationMethod.MeanSquareError => LeastError(),
        _ => new ValueRange(_min, _max),
    };

    private ValueRange Percentile(double percent)
    {
        double tail = _count * (100 - percent) / 100;
        int low = 0;
        for (double below = _bins[0]; below <= tail && low < Calibrator.Bins - 1; below += _bins[low])
        {
            low++;
        }

        int high = Calibrator.Bins;
        for (double above = _bins[^1]; above <= tail && high > low + 1; above += _bins[high - 1])
        {
            high--;
        }

        return new ValueRange(low == 0 ? _min : (float)Edge(low), high == Calibrator.Bins ? _max : (float)Edge(high));
    }

    private ValueRange LeastError()
    {
        // Both ends together first, then each alone. The error has one valley in practice: clipping grows as rounding falls.
        ValueRange best = new(_min, _max);
        double least = Error(best);
        Search(static (range, factor) => new ValueRange((float)(range.Min * factor), (float)(range.Max * factor)));
        Search(static (range, factor) => range with { Max = (float)(range.Max * factor) });
        Search(static (range, factor) => range with { Min = (float)(range.Min * factor) });
        return best;

        void Search(Func<ValueRange, double, ValueRange> shrink)
        {
            ValueRange start = best;
            for (int step = 1; step <= Steps; step++)
            {
                ValueRange candidate = shrink(start, 1 - ((1 - Smallest) * step / Steps));
                double error = Error(candidate);
                if (error < least)
                {
                    (best, least) = (candidate, error);
                }
            }
        }
    }

    private double Error(ValueRange range)
    {
        Quantization parameters = range.ToInt8();
        double sum = 0;
        for (int bin = 0; bin < Calibrator.Bins; bin++)
        {
            if (_bins[bin] == 0)
            {
                continue;
            }

            double value = Edge(bin + 0.5);
            double step = Math.Clamp(Math.Round(value / parameters.Scale) + parameters.ZeroPoint, sbyte.MinValue, sbyte.MaxValue);
            double error = value - ((step - parameters.ZeroPoint) * parameters.Scale);
            sum += _bins[bin] * error * error;
        }

        return sum;
    }

    private double Edge(double bin) => _min + (bin * ((double)_max - _min) / Calibrator.Bins);
}
