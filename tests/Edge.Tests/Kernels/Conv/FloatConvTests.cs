using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;

namespace Edge.Tests.Kernels;

public sealed class FloatConvTests
{
    [Theory]
    [InlineData(1, 3, 1)]
    [InlineData(3, 5, 1)]
    [InlineData(4, 20, 1)]
    [InlineData(6, 9, 3)]
    [InlineData(5, 5, 5)]
    public void Every_window_agrees_with_the_oracle(int channels, int outputs, int groups)
    {
        foreach (ConvGeometry g in WindowCases.All(channels, outputs, groups))
        {
            Check(g);
        }
    }

    [Fact]
    public void Many_channels_and_images_agree_with_the_oracle()
    {
        Check(WindowCases.Of(3, 13, 11, 32, 64, 3, 3));
        Check(WindowCases.Of(1, 9, 14, 33, 47, 3, 3, top: 1, left: 1, bottom: 1, right: 1));
        Check(WindowCases.Of(1, 12, 12, 40, 100, 1, 1));
        Check(WindowCases.Of(2, 12, 12, 64, 34, 1, 1, 2, 2));
        Check(WindowCases.Of(2, 10, 10, 34, 68, 3, 3, groups: 2));
        Check(WindowCases.Of(2, 9, 9, 36, 40, 1, 1, groups: 4));
        Check(WindowCases.Of(1, 8, 8, 300, 8, 2, 2));
        Check(WindowCases.Of(4, 5, 5, 7, 130, 5, 5));
    }

    [Fact]
    public void A_sum_over_many_positions_is_divided_and_agrees_with_the_oracle()
    {
        Check(WindowCases.Of(11, 28, 28, 1, 32, 3, 3));
        Check(WindowCases.Of(3, 64, 40, 3, 8, 3, 3, top: 1, left: 1, bottom: 1, right: 1));
    }

    [Fact]
    public void Every_number_of_outputs_and_channels_agrees_with_the_oracle()
    {
        for (int count = 1; count <= 70; count++)
        {
            Check(WindowCases.Of(1, 4, 5, 2, count, 3, 3, top: 1, left: 1, bottom: 1, right: 1));
            Check(WindowCases.Of(1, 4, 5, count, 2, 3, 3, top: 1, left: 1, bottom: 1, right: 1));
        }
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        ConvGeometry g = WindowCases.Of(8, 28, 28, 3, 20, 3, 3, 2, 2, top: 1, left: 1, bottom: 1, right: 1);
        float[] x = KernelCheck.Values(g.InputLength(), 1), w = KernelCheck.Values(20 * 27, 2), y = new float[g.OutputLength()];
        float[] b = new float[20], packed = new float[FloatConv.PackedFloats(g)];
        FloatConv.PackWeights(g, w, packed);
        KernelCheck.NoAllocation(team =>
        {
            FloatConv.Forward(g, x, w, b, Activation.Relu, y, team);
            FloatConv.ForwardPacked(g, x, packed, b, Activation.Relu, y, team);
            FloatConv.InputGradient(g, y, w, x, false, team);
            FloatConv.WeightGradient(g, x, y, w, false, team);
            FloatConv.BiasGradient(g, y, b, false, team);
        });
    }

    [Fact]
    public void Column_sums_agree_with_the_oracle()
    {
        foreach ((int rows, int columns) in ((int, int)[])[(0, 5), (1, 1), (300, 37), (5000, 19), (2100, 300), (40_000, 1), (3, 700)])
        {
            using GuardedFloats matrix = new(KernelCheck.Values(rows * columns, 1)), sums = new(KernelCheck.Values(columns, 2));
            foreach (bool accumulate in (bool[])[false, true])
            {
                KernelCheck.Sum[] expected = KernelCheck.Start(accumulate, sums.Span);
                for (int i = 0; i < rows * columns; i++)
                {
                    expected[i % columns].Add(matrix.Span[i]);
                }

                string what = $"{rows} x {columns} accumulate={accumulate}";
                KernelCheck.EveryTeam(sums.Span, what, team => ColumnSums.Run(rows, columns, matrix.Span, sums.Span, accumulate, team));
                KernelCheck.Close(expected, sums.Span, what);
            }
        }
    }

    private static void Check(ConvGeometry g)
    {
        int inputs = g.InputChannels / g.Groups, outputs = g.OutputChannels / g.Groups, taps = g.KernelHeight * g.KernelWidth;
        Activation activation = (Activation)(g.GetHashCode() & 3);
        bool biased = g.OutputChannels % 2 == 1;
        using GuardedFloats x = new(KernelCheck.Values(g.InputLength(), 1)), w = new(KernelCheck.Values(g.OutputChannels * taps * inputs, 2));
        using GuardedFloats y = new(KernelCheck.Values(g.OutputLength(), 3)), bias = new(KernelCheck.Values(biased ? g.OutputChannels : 0, 4));
        using GuardedFloats packed = new(FloatConv.PackedFloats(g));

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
                for (int i = 0; i < inputs; i++)
                {
                    sums[(output * g.OutputChannels) + o].AddProduct(
                        xs[(input * g.InputChannels) + (o / outputs * inputs) + i], ws[(((o * taps) + (ky * g.KernelWidth) + kx) * inputs) + i]);
                }
            }
        });
        KernelCheck.Clamp(sums, activation);
        KernelCheck.EveryTeam(y.Span, $"{g}", team => FloatConv.Forward(g, x.Span, w.Span, bias.Span, activation, y.Span, team));
        KernelCheck.Close(sums, y.Span, $"forward {g}");

        y.Span.Fill(7);
        FloatConv.PackWeights(g, w.Span, packed.Span);
        KernelCheck.EveryTeam(y.Span, $"{g}", team => FloatConv.ForwardPacked(g, x.Span, packed.Span, bias.Span, activation, y.Span, team));
        KernelCheck.Close(sums, y.Span, $"forward packed {g}");

        foreach (bool accumulate in (bool[])[false, true])
        {
            CheckGradients(g, x, w, accumulate);
        }
    }

    private static void CheckGradients(ConvGeometry g, GuardedFloats x, GuardedFloats w, bool accumulate)
    {
        int inputs = g.InputChannels / g.Groups, outputs = g.OutputChannels / g.Groups, taps = g.KernelHeight * g.KernelWidth;
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
                for (int i = 0; i < inputs; i++)
                {
                    int at = (input * g.InputChannels) + (o / outputs * inputs) + i, weight = (((o * taps) + (ky * g.KernelWidth) + kx) * inputs) + i;
                    inputSums[at].AddProduct(gradient, ws[weight]);
                    weightSums[weight].AddProduct(gradient, xs[at]);
                }
            }
        });
        string what = $"accumulate={accumulate} {g}";
        KernelCheck.EveryTeam(dx.Span, what, team => FloatConv.InputGradient(g, dy.Span, w.Span, dx.Span, accumulate, team));
        KernelCheck.Close(inputSums, dx.Span, "input gradient " + what);
        KernelCheck.EveryTeam(dw.Span, what, team => FloatConv.WeightGradient(g, x.Span, dy.Span, dw.Span, accumulate, team));
        KernelCheck.Close(weightSums, dw.Span, "weight gradient " + what);
        KernelCheck.EveryTeam(db.Span, what, team => FloatConv.BiasGradient(g, dy.Span, db.Span, accumulate, team));
        KernelCheck.Close(biasSums, db.Span, "bias gradient " + what);
    }
}
