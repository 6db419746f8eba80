using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;

namespace Edge.Tests.Kernels;

public sealed class FloatDepthwiseTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 1)]
    [InlineData(37, 1)]
    [InlineData(1, 8)]
    [InlineData(3, 2)]
    [InlineData(2, 21)]
    public void Every_window_agrees_with_the_oracle(int channels, int multiplier)
    {
        foreach (ConvGeometry g in WindowCases.All(channels, channels * multiplier, channels))
        {
            Check(g);
        }
    }

    [Fact]
    public void Every_number_of_channels_agrees_with_the_oracle()
    {
        for (int channels = 1; channels <= 140; channels++)
        {
            Check(WindowCases.Of(1, 4, 7, channels, channels, 3, 3, top: 1, left: 1, bottom: 1, right: 1, groups: channels));
        }
    }

    [Fact]
    public void Many_images_agree_with_the_oracle()
    {
        Check(WindowCases.Of(4, 24, 24, 70, 70, 3, 3, top: 1, left: 1, bottom: 1, right: 1, groups: 70));
        Check(WindowCases.Of(3, 49, 10, 1, 8, 10, 8, 2, 2, top: 4, left: 3, bottom: 5, right: 3));
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        ConvGeometry g = WindowCases.Of(4, 20, 20, 40, 40, 3, 3, top: 1, left: 1, bottom: 1, right: 1, groups: 40);
        float[] x = KernelCheck.Values(g.InputLength(), 1), w = KernelCheck.Values(9 * 40, 2), y = new float[g.OutputLength()], b = new float[40];
        KernelCheck.NoAllocation(team =>
        {
            FloatDepthwise.Forward(g, x, w, b, Activation.Relu6, y, team);
            FloatDepthwise.InputGradient(g, y, w, x, false, team);
            FloatDepthwise.WeightGradient(g, x, y, w, false, team);
            FloatDepthwise.BiasGradient(g, y, b, false, team);
        });
    }

    private static void Check(ConvGeometry g)
    {
        int multiplier = g.OutputChannels / g.InputChannels, taps = g.KernelHeight * g.KernelWidth;
        Activation activation = (Activation)(g.GetHashCode() & 3);
        bool biased = (g.InputChannels + g.StrideWidth) % 2 == 1;
        using GuardedFloats x = new(KernelCheck.Values(g.InputLength(), 1)), w = new(KernelCheck.Values(taps * g.OutputChannels, 2));
        using GuardedFloats y = new(KernelCheck.Values(g.OutputLength(), 3)), bias = new(KernelCheck.Values(biased ? g.OutputChannels : 0, 4));
        KernelCheck.Sum[] sums = new KernelCheck.Sum[y.Span.Length];
        float[] xs = x.Span.ToArray(), ws = w.Span.ToArray();
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i].Add(biased ? bias.Span[i % g.OutputChannels] : 0);
        }

        WindowCases.Visit(g, (output, ky, kx, input) =>
        {
            for (int o = 0; o < g.OutputChannels && input >= 0; o++)
            {
                sums[(output * g.OutputChannels) + o].AddProduct(
                    xs[(input * g.InputChannels) + (o / multiplier)], ws[(((ky * g.KernelWidth) + kx) * g.OutputChannels) + o]);
            }
        });
        KernelCheck.Clamp(sums, activation);
        KernelCheck.EveryTeam(y.Span, $"{g}", team => FloatDepthwise.Forward(g, x.Span, w.Span, bias.Span, activation, y.Span, team));
        KernelCheck.Close(sums, y.Span, $"forward {g}");
        foreach (bool accumulate in (bool[])[false, true])
        {
            CheckGradients(g, x, w, accumulate);
        }
    }

    private static void CheckGradients(ConvGeometry g, GuardedFloats x, GuardedFloats w, bool accumulate)
    {
        int multiplier = g.OutputChannels / g.InputChannels;
        using GuardedFloats dy = new(KernelCheck.Values(g.OutputLength(), 5)), dx = new(KernelCheck.Values(x.Span.Length, 6));
        using GuardedFloats dw = new(KernelCheck.Values(w.Span.Length, 7)), db = new(KernelCheck.Values(g.OutputChannels, 8));
        KernelCheck.Sum[] inputSums = KernelCheck.Start(accumulate, dx.Span), weightSums = KernelCheck.Start(accumulate, dw.Span);
        KernelCheck.Sum[] biasSums = KernelCheck.Start(accumulate, db.Span);
        float[] xs = x.Span.ToArray(), ws = w.Span.ToArray(), dys = dy.Span.ToArray();
        for (int i = 0; i < dys.Length; i++)
        {
            biasSums[i % g.OutputChannels].Add(dys[i]);
        }

        WindowCases.Visit(g, (output, ky, kx, input) =>
        {
            for (int o = 0; o < g.OutputChannels && input >= 0; o++)
            {
                float gradient = dys[(output * g.OutputChannels) + o];
                int at = (input * g.InputChannels) + (o / multiplier), weight = (((ky * g.KernelWidth) + kx) * g.OutputChannels) + o;
                inputSums[at].AddProduct(gradient, ws[weight]);
                weightSums[weight].AddProduct(gradient, xs[at]);
            }
        });
        string what = $"accumulate={accumulate} {g}";
        KernelCheck.EveryTeam(dx.Span, what, team => FloatDepthwise.InputGradient(g, dy.Span, w.Span, dx.Span, accumulate, team));
        KernelCheck.Close(inputSums, dx.Span, "input gradient " + what);
        KernelCheck.EveryTeam(dw.Span, what, team => FloatDepthwise.WeightGradient(g, x.Span, dy.Span, dw.Span, accumulate, team));
        KernelCheck.Close(weightSums, dw.Span, "weight gradient " + what);
        KernelCheck.EveryTeam(db.Span, what, team => FloatDepthwise.BiasGradient(g, dy.Span, db.Span, accumulate, team));
        KernelCheck.Close(biasSums, db.Span, "bias gradient " + what);
    }
}
