using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;

namespace Edge.Tests.Kernels;

public sealed class GemmTests
{
    [Fact]
    public void Every_depth_agrees_with_the_oracle()
    {
        for (int k = 0; k <= 70; k++)
        {
            foreach ((int m, int n) in ((int, int)[])[(1, 7), (2, 33), (5, 20), (13, 35)])
            {
                All(m, n, k);
            }
        }
    }

    [Fact]
    public void Every_height_around_a_tile_agrees_with_the_oracle()
    {
        for (int m = 1; m <= 26; m++)
        {
            All(m, 37, 19);
        }
    }

    [Fact]
    public void Every_width_around_a_panel_agrees_with_the_oracle()
    {
        for (int n = 1; n <= 100; n++)
        {
            All(3, n, 9);
            All(13, n, 9);
        }
    }

    [Fact]
    public void Blocks_in_every_direction_agree_with_the_oracle()
    {
        foreach ((int m, int n, int k) in ((int, int, int)[])[(50, 100, 257), (400, 97, 70), (61, 200, 512), (3, 1200, 300), (2, 50, 5000), (1, 700, 513)])
        {
            All(m, n, k);
        }
    }

    [Fact]
    public void Rows_of_the_result_may_lie_apart()
    {
        const int M = 14, N = 21, K = 8, Row = 30;
        float[] a = KernelCheck.Values(M * K, 1), b = KernelCheck.Values(K * N, 2), c = new float[M * Row];
        Array.Fill(c, 7);
        Gemm.Multiply(M, N, K, a, K, 1, b, N, 1, c, Row, false, default, Activation.None, KernelCheck.Teams[0]);
        KernelCheck.Sum[] expected = Oracle(M, N, K, a, K, 1, b, N, 1, null, null);
        for (int i = 0; i < M; i++)
        {
            KernelCheck.Close(expected.AsSpan(i * N, N), c.AsSpan(i * Row, N), $"row {i}");
            Assert.All(c.AsSpan((i * Row) + N, Row - N).ToArray(), gap => Assert.Equal(7, gap));
        }
    }

    [Fact]
    public void A_nan_reaches_the_result_through_every_clamp()
    {
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            foreach (int m in (int[])[1, 20])
            {
                foreach (bool transposed in (bool[])[false, true])
                {
                    float[] a = KernelCheck.Values(m * 5, 1), b = KernelCheck.Values(5 * 40, 2), c = new float[m * 40];
                    a[2] = float.NaN;
                    Gemm.Multiply(
                        m, 40, 5, a, 5, 1, b, transposed ? 1 : 40, transposed ? 5 : 1, c, 40, false, default, activation, KernelCheck.Teams[0]);
                    Assert.All(c[..40], value => Assert.True(float.IsNaN(value)));
                    Assert.All(c[40..], value => Assert.False(float.IsNaN(value)));
                }
            }
        }
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        float[] a = KernelCheck.Values(100 * 300, 1), b = KernelCheck.Values(300 * 120, 2), c = new float[100 * 120];
        float[] packed = new float[Gemm.PackedFloats(120, 300)];
        Gemm.PackRight(120, 300, b, 120, 1, packed);
        KernelCheck.NoAllocation(team =>
        {
            Gemm.Multiply(100, 120, 300, a, 300, 1, b, 120, 1, c, 120, false, default, Activation.Relu, team);
            Gemm.Multiply(1, 120, 300, a, 300, 1, b, 1, 300, c, 120, true, default, Activation.None, team);
            Gemm.Multiply(1, 120, 300, a, 300, 1, b, 120, 1, c, 120, true, default, Activation.None, team);
            Gemm.MultiplyPacked(100, 120, 300, a, 300, 1, packed, c, 120, false, default, Activation.Relu, team);
        });
    }

    private static void All(int m, int n, int k)
    {
        int variant = m + n + k;
        for (int form = 0; form < 4; form++)
        {
            Activation activation = (Activation)((variant + form) % 4);
            Check(m, n, k, (form & 1) != 0, (form & 2) != 0, accumulate: (variant & 1) == 0, biased: (variant & 2) == 0, activation);
            Check(m, n, k, (form & 1) != 0, (form & 2) != 0, accumulate: (variant & 1) != 0, biased: (variant & 2) != 0, Activation.None);
        }
    }

    private static void Check(int m, int n, int k, bool transposedLeft, bool transposedRight, bool accumulate, bool biased, Activation activation)
    {
        string what = $"{m} x {n} x {k} {(transposedLeft ? 'T' : 'N')}{(transposedRight ? 'T' : 'N')} accumulate={accumulate} bias={biased} {activation}";
        (int aRow, int aColumn) = transposedLeft ? (1, m) : (k, 1);
        (int bRow, int bColumn) = transposedRight ? (1, k) : (n, 1);
        using GuardedFloats a = new(KernelCheck.Values(m * k, 1)), b = new(KernelCheck.Values(k * n, 2)), c = new(KernelCheck.Values(m * n, 3));
        using GuardedFloats bias = new(biased ? KernelCheck.Values(n, 4) : []), packed = new(Gemm.PackedFloats(n, k));
        float[] before = c.Span.ToArray();
        KernelCheck.Sum[] expected = Oracle(
            m, n, k, a.Span, aRow, aColumn, b.Span, bRow, bColumn, accumulate ? before : null, biased ? bias.Span.ToArray() : null);
        KernelCheck.Clamp(expected, activation);

        KernelCheck.EveryTeam(
            c.Span, what, team => Gemm.Multiply(m, n, k, a.Span, aRow, aColumn, b.Span, bRow, bColumn, c.Span, n, accumulate, bias.Span, activation, team));
        KernelCheck.Close(expected, c.Span, what);

        before.CopyTo(c.Span);
        Gemm.PackRight(n, k, b.Span, bRow, bColumn, packed.Span);
        KernelCheck.EveryTeam(
            c.Span, what, team => Gemm.MultiplyPacked(m, n, k, a.Span, aRow, aColumn, packed.Span, c.Span, n, accumulate, bias.Span, activation, team));
        KernelCheck.Close(expected, c.Span, what + " packed");
    }

    private static KernelCheck.Sum[] Oracle(
        int m, int n, int k, ReadOnlySpan<float> a, int aRow, int aColumn, ReadOnlySpan<float> b, int bRow, int bColumn, float[]? c, float[]? bias)
    {
        KernelCheck.Sum[] sums = new KernelCheck.Sum[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                ref KernelCheck.Sum sum = ref sums[(i * n) + j];
                sum.Add(c is null ? 0 : c[(i * n) + j]);
                sum.Add(bias is null ? 0 : bias[j]);
                for (int p = 0; p < k; p++)
                {
                    sum.AddProduct(a[(i * aRow) + (p * aColumn)], b[(p * bRow) + (j * bColumn)]);
                }
            }
        }

        return sums;
    }
}
