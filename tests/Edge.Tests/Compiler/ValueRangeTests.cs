using Edge.Compiler;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

public sealed class ValueRangeTests
{
    [Theory]
    [InlineData(0, 6, -128)]
    [InlineData(-6, 0, 127)]
    [InlineData(2, 6, -128)]
    [InlineData(-6, -2, 127)]
    public void A_range_is_widened_to_zero(float min, float max, int zeroPoint)
    {
        Quantization parameters = new ValueRange(min, max).ToInt8();
        Assert.Equal(zeroPoint, parameters.ZeroPoint);
        Assert.Equal(6f / 255, parameters.Scale, 1e-7f);
    }

    [Fact]
    public void Both_ends_are_reached_within_half_a_step()
    {
        CounterRandom random = new(1);
        for (ulong i = 0; i < 500; i++)
        {
            float min = -MathF.Exp(random.Uniform(2 * i, -8, 8));
            float max = MathF.Exp(random.Uniform((2 * i) + 1, -8, 8));
            Quantization parameters = new ValueRange(min, max).ToInt8();
            Assert.InRange(parameters.ZeroPoint, -128, 127);
            double lowest = (-128 - parameters.ZeroPoint) * (double)parameters.Scale;
            double highest = (127 - parameters.ZeroPoint) * (double)parameters.Scale;
            double half = parameters.Scale * 0.50001;
            Assert.InRange(lowest, min - half, min + half);
            Assert.InRange(highest, max - half, max + half);
        }
    }

    [Fact]
    public void A_tensor_of_zeros_has_parameters_too() => Assert.True(new ValueRange(0, 0).ToInt8().Scale > 0);

    [Fact]
    public void Percentiles_cut_outliers_and_least_error_beats_the_full_range()
    {
        // 100,000 normal values and one far away.
        CounterRandom random = new(2);
        float[] values = new float[100_001];
        for (int i = 1; i < values.Length; i++)
        {
            values[i] = random.Gaussian((ulong)i);
        }

        values[0] = 200;
        Histogram histogram = new("x");
        histogram.Extend(values);
        histogram.Count(values);
        ValueRange full = histogram.Choose(new QuantizerOptions { Method = CalibrationMethod.MinMax });
        ValueRange percentile = histogram.Choose(new QuantizerOptions { Method = CalibrationMethod.Percentile, Percentile = 99.9 });
        ValueRange least = histogram.Choose(new QuantizerOptions { Method = CalibrationMethod.MeanSquareError });
        Assert.Equal(200, full.Max);
        Assert.InRange(percentile.Max, 2.8f, 3.4f);
        Assert.InRange(percentile.Min, -3.4f, -2.8f);
        Assert.True(Error(values, least) < Error(values, full), "The searched range is worse than the full one.");
        Assert.Equal(new ValueRange(full.Min, 200), histogram.Choose(new QuantizerOptions { Percentile = 100 }));
    }

    [Fact]
    public void A_value_that_is_not_finite_is_refused()
    {
        foreach (float value in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            ArgumentException error = Assert.Throws<ArgumentException>(() => new Histogram("logits").Extend([1, value]));
            Assert.Contains("'logits'", error.Message, StringComparison.Ordinal);
        }
    }

    private static double Error(float[] values, ValueRange range)
    {
        Quantization parameters = range.ToInt8();
        double sum = 0;
        foreach (float value in values)
        {
            double step = Math.Clamp(Math.Round((double)value / parameters.Scale) + parameters.ZeroPoint, -128, 127);
            sum += Math.Pow(value - ((step - parameters.ZeroPoint) * parameters.Scale), 2);
        }

        return sum;
    }
}
