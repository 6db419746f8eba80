using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;

namespace Edge.Tests.Kernels;

public sealed class FloatPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(37)]
    public void Every_window_agrees_with_the_oracle(int channels)
    {
        foreach (ConvGeometry g in WindowCases.All(channels, channels, 1))
        {
            Check(g, coarse: false);
            Check(g, coarse: true);
        }
    }

    [Fact]
    public void Every_number_of_channels_agrees_with_the_oracle()
    {
        for (int channels = 1; channels <= 140; channels++)
        {
            Check(WindowCases.Of(1, 4, 5, channels, channels, 2, 2, 2, 2), coarse: false);
        }
    }

    [Fact]
    public void Large_and_global_windows_agree_with_the_oracle()
    {
        Check(WindowCases.Of(2, 17, 19, 90, 90, 17, 19), coarse: false);
        Check(WindowCases.Of(12, 26, 26, 32, 32, 2, 2, 2, 2), coarse: false);
        Check(WindowCases.Of(9, 20, 20, 24, 24, 3, 3, 2, 2, top: 1, left: 1, bottom: 1, right: 1), coarse: true);
    }

    [Fact]
    public void A_nan_in_the_window_makes_the_maximum_nan_and_takes_the_gradient()
    {
        foreach (int channels in (int[])[1, 4, 37])
        {
            for (int bad = 0; bad < 4; bad++)
            {
                ConvGeometry g = WindowCases.Of(1, 2, 2, channels, channels, 2, 2);
                float[] x = KernelCheck.Values(4 * channels, 1), y = new float[channels], dy = new float[channels], dx = new float[4 * channels];
                Array.Fill(dy, 3);
                for (int channel = 0; channel < channels; channel++)
                {
                    x[(bad * channels) + channel] = float.NaN;
                }

                FloatPool.MaxForward(g, x, Activation.Relu6, y, KernelCheck.Teams[0]);
                Assert.All(y, value => Assert.True(float.IsNaN(value)));
                FloatPool.MaxGradient(g, x, y, dy, dx, false, KernelCheck.Teams[0]);
                for (int i = 0; i < dx.Length; i++)
                {
                    Assert.Equal(i / channels == bad ? 3 : 0, dx[i]);
                }
            }
        }
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        ConvGeometry g = WindowCases.Of(4, 20, 20, 40, 40, 2, 2, 2, 2);
        float[] x = KernelCheck.Values(g.InputLength(), 1), y = new float[g.OutputLength()], dy = new float[y.Length], dx = new float[x.Length];
        KernelCheck.NoAllocation(team =>
        {
            FloatPool.MaxForward(g, x, Activation.Relu, y, team);
            FloatPool.MaxGradient(g, x, y, dy, dx, true, team);
            FloatPool.AverageForward(g, x, false, Activation.None, y, team);
            FloatPool.AverageGradient(g, dy, true, dx, false, team);
        });
    }

    /// <param name="g">Sizes.</param>
    /// <param name="coarse">Values from a set of five, so that windows hold equal maxima.</param>
    private static void Check(ConvGeometry g, bool coarse)
    {
        int c = g.InputChannels;
        float[] xs = KernelCheck.Values(g.InputLength(), 1), dys = KernelCheck.Values(g.OutputLength(), 2);
        for (int i = 0; i < xs.Length && coarse; i++)
        {
            xs[i] = MathF.Round(xs[i] * 2) / 2;
        }

        using GuardedFloats x = new(xs), dy = new(dys), y = new(dys.Length), dx = new(KernelCheck.Values(xs.Length, 3));
        float[] maxima = new float[dys.Length];
        int[] winners = new int[dys.Length], counts = new int[dys.Length / c];
        KernelCheck.Sum[] sums = new KernelCheck.Sum[dys.Length];
        Array.Fill(maxima, float.NegativeInfinity);
        Array.Fill(winners, -1);
        WindowCases.Visit(g, (output, _, _, input) =>
        {
            counts[output] += input >= 0 ? 1 : 0;
            for (int i = 0; i < c && input >= 0; i++)
            {
                int at = (input * c) + i, to = (output * c) + i;
                sums[to].Add(xs[at]);
                if (winners[to] < 0 || xs[at] > maxima[to])
                {
                    (maxima[to], winners[to]) = (xs[at], at);
                }
            }
        });

        KernelCheck.EveryTeam(y.Span, $"{g}", team => FloatPool.MaxForward(g, x.Span, Activation.None, y.Span, team));
        Assert.Equal(maxima, y.Span.ToArray());
        foreach (bool accumulate in (bool[])[false, true])
        {
            KernelCheck.Sum[] expected = KernelCheck.Start(accumulate, dx.Span);
            for (int i = 0; i < dys.Length; i++)
            {
                if (winners[i] >= 0)
                {
                    expected[winners[i]].Add(dys[i]);
                }
            }

            string what = $"maximum accumulate={accumulate} {g}";
            KernelCheck.EveryTeam(dx.Span, what, team => FloatPool.MaxGradient(g, x.Span, y.Span, dy.Span, dx.Span, accumulate, team));
            KernelCheck.Close(expected, dx.Span, what);
            foreach (bool include in (bool[])[false, true])
            {
                CheckAverage(g, x, dy, y, dx, sums, counts, include, accumulate);
            }
        }

        Activation activation = (Activation)(1 + (c % 3));
        (float low, float high) = ActivationKernels.Bounds(activation);
        KernelCheck.EveryTeam(y.Span, $"{g}", team => FloatPool.MaxForward(g, x.Span, activation, y.Span, team));
        Assert.Equal(maxima.Select(value => Math.Clamp(value, low, high)), y.Span.ToArray());
    }

    private static void CheckAverage(
        ConvGeometry g, GuardedFloats x, GuardedFloats dy, GuardedFloats y, GuardedFloats dx, KernelCheck.Sum[] sums, int[] counts, bool include, bool accumulate)
    {
        int c = g.InputChannels;
        double[] divisors = [.. counts.Select(count => include ? g.KernelHeight * g.KernelWidth : Math.Max(1.0, count))];
        KernelCheck.Sum[] means = new KernelCheck.Sum[sums.Length];
        for (int i = 0; i < sums.Length; i++)
        {
            double divisor = divisors[i / c];
            means[i] = new() { Value = sums[i].Value / divisor, Magnitude = sums[i].Magnitude / divisor, Terms = sums[i].Terms };
        }

        KernelCheck.Clamp(means, Activation.ReluN1To1);
        string what = $"average include={include} accumulate={accumulate} {g}";
        using GuardedFloats mean = new(y.Span.Length);
        KernelCheck.EveryTeam(mean.Span, what, team => FloatPool.AverageForward(g, x.Span, include, Activation.ReluN1To1, mean.Span, team));
        KernelCheck.Close(means, mean.Span, what);

        KernelCheck.Sum[] expected = KernelCheck.Start(accumulate, dx.Span);
        float[] dys = dy.Span.ToArray();
        WindowCases.Visit(g, (output, _, _, input) =>
        {
            for (int i = 0; i < c && input >= 0; i++)
            {
                expected[(input * c) + i].Add(dys[(output * c) + i] / divisors[output]);
            }
        });
        KernelCheck.EveryTeam(dx.Span, what, team => FloatPool.AverageGradient(g, dy.Span, include, dx.Span, accumulate, team));
        KernelCheck.Close(expected, dx.Span, "gradient of " + what);
    }
}
