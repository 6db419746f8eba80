using System.Globalization;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Benchmarks;

/// <summary>Matrix products, packing included, one thread and two, against the machine's multiply-add peak in the same run.</summary>
internal static class GemmBenchmark
{
    private static readonly (int M, int N, int K)[] s_shapes =
        [(512, 512, 512), (1024, 1024, 1024), (128, 128, 1600), (384, 64, 288), (86528, 32, 9), (64, 288, 15488), (8, 512, 512), (1, 1024, 1024), (1, 128, 9216)];

    internal static void Run()
    {
        using WorkerTeam two = new(2);
        Console.WriteLine("m x n x k, form, GFLOP/s with 1 thread, peak, ratio, GFLOP/s with 2 threads");
        foreach ((int m, int n, int k) in s_shapes)
        {
            foreach (string form in (string[])["NN", "NT", "TN", "packed"])
            {
                Line(m, n, k, form, two);
            }
        }
    }

    private static void Line(int m, int n, int k, string form, WorkerTeam two)
    {
        float[] a = Fill(m * k, 1), b = Fill(k * n, 2), c = new float[m * n];
        float[] packed = new float[Gemm.PackedFloats(n, k)];
        Gemm.PackRight(n, k, b, n, 1, packed);
        bool transposedLeft = form[0] == 'T', transposedRight = form == "NT";
        void Product(WorkerTeam team)
        {
            if (form == "packed")
            {
                Gemm.MultiplyPacked(m, n, k, a, k, 1, packed, c, n, false, default, Activation.None, team);
                return;
            }

            Gemm.Multiply(
                m, n, k, a, transposedLeft ? 1 : k, transposedLeft ? m : 1, b, transposedRight ? 1 : n, transposedRight ? k : 1, c, n, false, default,
                Activation.None, team);
        }

        double operations = 2.0 * m * n * k;
        int repeat = (int)Math.Max(1, 1e8 / operations);
        double[] t = Measure.Best(
            25, Peak.Run, () => Repeat(repeat, () => Product(WorkerTeam.Single)), () => Repeat(repeat, () => Product(two)));
        double peak = Peak.Operations / t[0] / 1e9, one = operations * repeat / t[1] / 1e9, both = operations * repeat / t[2] / 1e9;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{m,5} x {n,4} x {k,5} {form,-6} {one,7:F1} {peak,7:F1} {one / peak,6:P0} {both,7:F1}"));
    }

    private static void Repeat(int count, Action action)
    {
        for (int i = 0; i < count; i++)
        {
            action();
        }
    }

    internal static float[] Fill(int length, uint seed)
    {
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
        {
            seed = (seed * 1664525) + 1013904223;
            values[i] = ((seed >> 8) / (float)(1 << 23)) - 1;
        }

        return values;
    }
}
