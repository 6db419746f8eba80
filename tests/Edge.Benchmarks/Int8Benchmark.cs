using System.Globalization;
using System.Runtime.Intrinsics;
using Edge.Runtime.Kernels;
using Edge.Runtime.Threading;

namespace Edge.Benchmarks;

/// <summary>Int8 layers of common networks in 10^9 multiply-adds a second: vector widths, the scalar form and two threads in one run.</summary>
internal static class Int8Benchmark
{
    private static readonly (string Name, ConvGeometry Geometry)[] s_layers =
    [
        ("first 3x3x3-8 s2 128", new(1, 128, 128, 3, 64, 64, 8, 3, 3, 2, 2)),
        ("1x1x64-128 16x16", new(1, 16, 16, 64, 16, 16, 128, 1, 1)),
        ("1x1x256-256 4x4", new(1, 4, 4, 256, 4, 4, 256, 1, 1)),
        ("3x3x16-16 32x32", new(1, 32, 32, 16, 32, 32, 16, 3, 3, PadTop: 1, PadLeft: 1)),
        ("3x3x64-64 8x8", new(1, 8, 8, 64, 8, 8, 64, 3, 3, PadTop: 1, PadLeft: 1)),
        ("dense 640-128", Int8Conv.Dense(1, 640, 128)),
        ("dense 1280-1001", Int8Conv.Dense(1, 1280, 1001)),
    ];

    internal static void Run()
    {
        using WorkerTeam two = new(2);
        Console.WriteLine("layer, GMAC/s with 1 thread: best, 32-byte, 16-byte, scalar; best with 2 threads");
        foreach ((string name, ConvGeometry geometry) in s_layers)
        {
            long work = (long)geometry.Batch * geometry.OutputHeight * geometry.OutputWidth * geometry.OutputChannels
                * geometry.KernelHeight * geometry.KernelWidth * geometry.InputChannels;
            sbyte[] weights = Fill(geometry.OutputChannels * geometry.KernelHeight * geometry.KernelWidth * geometry.InputChannels);
            sbyte[] input = Fill(geometry.InputHeight * geometry.InputWidth * geometry.InputChannels);
            sbyte[] output = new sbyte[geometry.OutputHeight * geometry.OutputWidth * geometry.OutputChannels];
            byte[] best = new byte[Int8Conv.PreparedBytes(geometry)], pairs = new byte[best.Length], scalar = new byte[best.Length];
            Int8Range range = new(3, -128, 127);
            Int8Conv.Prepare(geometry, weights, [], [0.01f], 0.1f, 5, 0.3f, best);
            Int8Conv.Prepare<Int8DotPairs8, Vector256<int>>(geometry, new(weights, [], [0.01f], 0.1f, 5, 0.3f, pairs));
            Int8Conv.Prepare<Int8DotScalar, int>(geometry, new(weights, [], [0.01f], 0.1f, 5, 0.3f, scalar));
            int repeat = (int)Math.Max(1, 4_000_000 / work);                   // well under a scheduler's time slice
            double[] seconds = Measure.Best(
                101,
                () => Repeat(repeat, () => Int8Conv.Run(geometry, best, 5, range, input, output, WorkerTeam.Single)),
                () => Repeat(repeat, () => Int8Conv.Run<Int8DotPairs8, Vector256<int>>(geometry, pairs, 5, range, input, output, WorkerTeam.Single)),
                () => Repeat(repeat, () => Int8Conv.Run<Int8DotPairs4, Vector128<int>>(geometry, pairs, 5, range, input, output, WorkerTeam.Single)),
                () => Repeat(repeat, () => Int8Conv.Run<Int8DotScalar, int>(geometry, scalar, 5, range, input, output, WorkerTeam.Single)),
                () => Repeat(repeat, () => Int8Conv.Run(geometry, best, 5, range, input, output, two)));
            Print(name, work * repeat, seconds);
        }

        ConvGeometry depthwise = new(1, 32, 32, 64, 32, 32, 64, 3, 3, PadTop: 1, PadLeft: 1);
        sbyte[] x = Fill(32 * 32 * 64), w = Fill(9 * 64), y = new sbyte[x.Length];
        byte[] prepared = new byte[Int8Depthwise.PreparedBytes(64)];
        Int8Depthwise.Prepare([], [0.01f], 0.1f, 0.3f, prepared);
        Print(
            "depthwise 3x3x64 32x32", 32L * 32 * 64 * 9,
            Measure.Best(101, () => Int8Depthwise.Run(depthwise, w, prepared, 5, new(3, -128, 127), x, y, WorkerTeam.Single)));
        Int8Add add = new(0.1f, 3, 0.2f, 5, 0.25f, new(3, -128, 127));
        byte[] table = new byte[256], bytes = new byte[65536];
        Print(
            "add 64K, table 64K", 65536L,
            Measure.Best(
                101,
                () => Int8Elementwise.Run(add, new([65536], [65536]), x, x, y),
                () => Int8Table.Apply(table, bytes, bytes)));
    }

    private static void Print(string name, long work, double[] seconds)
    {
        Console.Write($"{name,-24}");
        foreach (double time in seconds)
        {
            Console.Write(string.Create(CultureInfo.InvariantCulture, $" {work / time / 1e9,7:F2}"));
        }

        Console.WriteLine();
    }

    private static void Repeat(int count, Action action)
    {
        for (int i = 0; i < count; i++)
        {
            action();
        }
    }

    private static sbyte[] Fill(int length)
    {
        sbyte[] values = new sbyte[length];
        new Random(length).NextBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
