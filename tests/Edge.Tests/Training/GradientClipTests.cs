using Edge.Runtime;
using Edge.Runtime.Training;
using Edge.Tests.Harness;

namespace Edge.Tests.Training;

public sealed class GradientClipTests
{
    private static void Fill(Span<float> values)
    {
        CounterRandom random = new(3);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.Uniform((ulong)i, -4, 4);
        }
    }

    [Fact]
    public void ValuesOfEveryLengthAreBroughtIntoTheLimit()
    {
        for (int length = 0; length <= 256; length++)
        {
            using GuardedMemory memory = new(length * sizeof(float));
            Span<float> values = memory.Span<float>();
            Fill(values);
            float[] expected = [.. values.ToArray().Select(static value => Math.Clamp(value, -1.5f, 1.5f))];
            GradientClip.ClipValue(values, 1.5f);
            Assert.Equal(expected, values.ToArray());
            memory.Check("gradient");
        }
    }

    [Fact]
    public void InfinityIsClippedAndNaNStaysVisible()
    {
        float[] values = new float[37];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (i % 3) switch { 0 => float.NaN, 1 => float.PositiveInfinity, _ => float.NegativeInfinity };
        }

        GradientClip.ClipValue(values, 2);
        Assert.Equal(Enumerable.Range(0, 37).Select(static i => (i % 3) switch { 0 => float.NaN, 1 => 2f, _ => -2f }), values);
    }

    [Fact]
    public void TheSumHasOneOrderOnEveryMachine()
    {
        for (int length = 0; length <= 256; length++)
        {
            using GuardedMemory memory = new(length * sizeof(float));
            Span<float> values = memory.Span<float>();
            Fill(values);

            // The documented order: sixteen interleaved sums, then pairs at distance 8, 4, 2, 1.
            double[] sums = new double[16];
            for (int i = 0; i < length; i++)
            {
                sums[i % 16] += (double)values[i] * values[i];
            }

            for (int distance = 8; distance > 0; distance /= 2)
            {
                for (int j = 0; j < distance; j++)
                {
                    sums[j] += sums[j + distance];
                }
            }

            Assert.Equal(sums[0], GradientClip.SumOfSquares(values));
            Assert.Equal(values.ToArray().Sum(static value => (double)value * value), GradientClip.SumOfSquares(values), 1e-11);
        }
    }

    [Fact]
    public void TheSumNeitherOverflowsNorHidesNaN()
    {
        float[] values = new float[40];
        Array.Fill(values, float.MaxValue);
        Assert.Equal(40 * ((double)float.MaxValue * float.MaxValue), GradientClip.SumOfSquares(values), 1e64);
        values[17] = float.NaN;
        Assert.True(double.IsNaN(GradientClip.SumOfSquares(values)));
    }

    [Fact]
    public void TheFactorBringsTheNormToTheLimit()
    {
        Assert.Equal(1f, GradientClip.NormFactor(0, 1));
        Assert.Equal(1f, GradientClip.NormFactor(25, 5));
        Assert.Equal(0.5f, GradientClip.NormFactor(25, 2.5f));
        Assert.Equal(0f, GradientClip.NormFactor(double.PositiveInfinity, 1));
        Assert.True(float.IsNaN(GradientClip.NormFactor(double.NaN, 1)));

        float[] gradient = new float[101];
        Fill(gradient);
        GradientClip.Scale(gradient, GradientClip.NormFactor(GradientClip.SumOfSquares(gradient), 0.75f));
        Assert.Equal(0.75, Math.Sqrt(GradientClip.SumOfSquares(gradient)), 1e-6);
    }

    [Fact]
    public void EveryLengthIsScaledInItsMemory()
    {
        for (int length = 0; length <= 256; length++)
        {
            using GuardedMemory memory = new(length * sizeof(float));
            Span<float> values = memory.Span<float>();
            Fill(values);
            float[] expected = [.. values.ToArray().Select(static value => value * 0.3f)];
            GradientClip.Scale(values, 0.3f);
            Assert.Equal(expected, values.ToArray());
            memory.Check("gradient");
        }
    }

    [Fact]
    public void NothingIsAllocated()
    {
        float[] gradient = new float[1003];
        Fill(gradient);
        Assert.Equal(0, AllocationMeter.Measure(() =>
        {
            GradientClip.ClipValue(gradient, 3);
            GradientClip.Scale(gradient, GradientClip.NormFactor(GradientClip.SumOfSquares(gradient), 2));
        }));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void ALimitMustBeFiniteAndAboveZero(float limit)
    {
        OptimizerTests.Refused("limit", "above 0", () => GradientClip.ClipValue(new float[1], limit));
        OptimizerTests.Refused("limit", "above 0", () => GradientClip.NormFactor(1, limit));
    }
}
