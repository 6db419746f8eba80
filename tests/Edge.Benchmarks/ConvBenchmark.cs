using System.Globalization;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Benchmarks;

/// <summary>Convolutions and their gradients, one thread and two, against the machine's multiply-add peak in the same run.</summary>
internal static class ConvBenchmark
{
    private static readonly (string Name, ConvGeometry Geometry)[] s_cases =
    [
        ("mnist 1, batch 128", new(128, 28, 28, 1, 26, 26, 32, 3, 3)),
        ("mnist 2, batch 128", new(128, 13, 13, 32, 11, 11, 64, 3, 3)),
        ("mnist 2, batch 1", new(1, 13, 13, 32, 11, 11, 64, 3, 3)),
        ("rgb stride 2, batch 1", new(1, 96, 96, 3, 48, 48, 16, 3, 3, 2, 2)),
        ("56 x 56 x 64, batch 1", new(1, 56, 56, 64, 56, 56, 64, 3, 3, PadTop: 1, PadLeft: 1)),
        ("28 x 28 x 128 s2, batch 1", new(1, 28, 28, 128, 14, 14, 128, 3, 3, 2, 2, PadTop: 0, PadLeft: 0)),
    ];

    internal static void Run()
    {
        using WorkerTeam two = new(2);
        Console.WriteLine("case, pass, ms with 1 thread, GFLOP/s, of peak, ms with 2 threads");
        foreach ((string name, ConvGeometry g) in s_cases)
        {
            int depth = g.KernelHeight * g.KernelWidth * g.InputChannels, positions = g.Batch * g.OutputHeight * g.OutputWidth;
            float[] x = GemmBenchmark.Fill(g.Batch * g.InputHeight * g.InputWidth * g.InputChannels, 1), y = new float[positions * g.OutputChannels];
            float[] w = GemmBenchmark.Fill(depth * g.OutputChannels, 2), b = new float[g.OutputChannels], packed = new float[FloatConv.PackedFloats(g)];
            float[] dx = new float[x.Length], dw = new float[w.Length], dy = GemmBenchmark.Fill(y.Length, 3);
            FloatConv.PackWeights(g, w, packed);
            double operations = 2.0 * depth * positions * g.OutputChannels;
            Line(name, "forward", operations, two, team => FloatConv.Forward(g, x, w, b, Activation.Relu, y, team));
            Line(name, "packed", operations, two, team => FloatConv.ForwardPacked(g, x, packed, b, Activation.Relu, y, team));
            Line(name, "input grad", operations, two, team => FloatConv.InputGradient(g, dy, w, dx, false, team));
            Line(name, "weight grad", operations, two, team => FloatConv.WeightGradient(g, x, dy, dw, false, team));
            Line(name, "bias grad", y.Length, two, team => FloatConv.BiasGradient(g, dy, b, false, team));
            Line(name, "mask", y.Length, two, team => ActivationKernels.MaskGradient(Activation.Relu, y, dy, team));
        }
    }

    /// <summary>Depthwise convolution and pooling; the rate is additions and multiplications, mostly bound by loads.</summary>
    internal static void RunChannelwise()
    {
        using WorkerTeam two = new(2);
        Console.WriteLine("case, pass, ms with 1 thread, GFLOP/s, of peak, ms with 2 threads");
        foreach ((string name, ConvGeometry g) in ((string, ConvGeometry)[])
            [
                ("depthwise 56 x 56 x 64", new(1, 56, 56, 64, 56, 56, 64, 3, 3, PadTop: 1, PadLeft: 1)),
                ("depthwise 28 x 28 x 128 s2", new(8, 28, 28, 128, 14, 14, 128, 3, 3, 2, 2)),
            ])
        {
            float[] x = GemmBenchmark.Fill(g.Batch * g.InputHeight * g.InputWidth * g.InputChannels, 1), w = GemmBenchmark.Fill(9 * g.OutputChannels, 2);
            float[] dy = GemmBenchmark.Fill(g.Batch * g.OutputHeight * g.OutputWidth * g.OutputChannels, 3), b = new float[g.OutputChannels];
            float[] y = new float[dy.Length], dx = new float[x.Length], dw = new float[w.Length];
            double operations = 18.0 * y.Length;
            Line(name, "forward", operations, two, team => FloatDepthwise.Forward(g, x, w, b, Activation.Relu, y, team));
            Line(name, "input grad", operations, two, team => FloatDepthwise.InputGradient(g, dy, w, dx, false, team));
            Line(name, "weight grad", operations, two, team => FloatDepthwise.WeightGradient(g, x, dy, dw, false, team));
        }

        foreach ((string name, ConvGeometry g) in ((string, ConvGeometry)[])
            [
                ("pool mnist 1, batch 128", new(128, 26, 26, 32, 13, 13, 32, 2, 2, 2, 2)),
                ("pool global 7 x 7 x 1024", new(1, 7, 7, 1024, 1, 1, 1024, 7, 7)),
            ])
        {
            float[] x = GemmBenchmark.Fill(g.Batch * g.InputHeight * g.InputWidth * g.InputChannels, 1), dx = new float[x.Length];
            float[] dy = GemmBenchmark.Fill(g.Batch * g.OutputHeight * g.OutputWidth * g.OutputChannels, 3), y = new float[dy.Length];
            Line(name, "average", x.Length, two, team => FloatPool.AverageForward(g, x, false, Activation.None, y, team));
            Line(name, "average grad", x.Length, two, team => FloatPool.AverageGradient(g, dy, false, dx, false, team));
            Line(name, "maximum", x.Length, two, team => FloatPool.MaxForward(g, x, Activation.None, y, team));
            Line(name, "maximum grad", x.Length, two, team => FloatPool.MaxGradient(g, x, y, dy, dx, false, team));
        }
    }

    private static void Line(string name, string pass, double operations, WorkerTeam two, Action<WorkerTeam> kernel)
    {
        double[] t = Measure.Best(25, Peak.Run, () => kernel(WorkerTeam.Single), () => kernel(two));
        double peak = Peak.Operations / t[0] / 1e9, rate = operations / t[1] / 1e9;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name,-26} {pass,-12} {t[1] * 1e3,8:F3} {rate,7:F1} {rate / peak,6:P0} {t[2] * 1e3,8:F3}"));
    }
}
