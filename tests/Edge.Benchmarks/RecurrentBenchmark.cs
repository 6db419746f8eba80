using System.Globalization;
using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Benchmarks;

/// <summary>Recurrent layers as sessions run them: microseconds a run and 10^9 multiply-adds a second, on one thread and two.</summary>
internal static class RecurrentBenchmark
{
    private static readonly (string Name, int Batch, int Time, int Features, int Hidden)[] s_cases =
    [
        ("49 x 40 -> 128", 1, 49, 40, 128),
        ("1 x 40 -> 128 (streaming)", 1, 1, 40, 128),
        ("100 x 16 -> 32", 1, 100, 16, 32),
        ("32 samples, 49 x 40 -> 128", 32, 49, 40, 128),
        ("50 x 256 -> 512", 1, 50, 256, 512),
    ];

    internal static void Run()
    {
        Console.WriteLine("layer, us a run (GMAC/s) with 1 thread, with 2 threads");
        foreach ((string name, int batch, int time, int features, int hidden) in s_cases)
        {
            Measured($"lstm {name}", Build(new Lstm(), 4, batch, time, features, hidden), (long)batch * time * 4 * hidden * (features + hidden));
            Measured($"gru {name}", Build(new Gru(false, true), 3, batch, time, features, hidden), (long)batch * time * 3 * hidden * (features + hidden));
            Measured($"rnn {name}", Build(new Rnn(), 1, batch, time, features, hidden), (long)batch * time * hidden * (features + hidden));
            Measured($"lstm int8 {name}", Int8(batch, time, features, hidden), (long)batch * time * 4 * hidden * (features + hidden));
        }
    }

    private static byte[] Build<T>(T op, int gates, int batch, int time, int features, int hidden) where T : struct, IOperator<T>
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(batch, time, features));
        Tensor w = Constant("w", gates * hidden, features), r = Constant("r", gates * hidden, hidden);
        graph.AddOutput(graph.AddNode(T.Info, op, "layer", [x, w, r, graph.Constant<float>("b", new Shape(gates * hidden), new float[gates * hidden])]).Outputs[0]);
        return ModelEmitter.ToBytes(graph);

        Tensor Constant(string name, int rows, int columns)
        {
            CounterRandom random = new(1, (ulong)rows);
            float[] values = new float[rows * columns];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = random.Uniform((ulong)i, -0.1f, 0.1f);
            }

            return graph.Constant<float>(name, new Shape(rows, columns), values);
        }
    }

    private static byte[] Int8(int batch, int time, int features, int hidden)
    {
        Graph graph = new();
        Quantization q = new(1 / 128f, 0), weights = new(1 / 1024f, 0);
        Tensor x = graph.AddInput("x", new Shape(batch, time, features), DataType.Int8, q);
        Tensor w = graph.Constant<sbyte>("w", new Shape(4 * hidden, features), Bytes(4 * hidden * features), weights);
        Tensor r = graph.Constant<sbyte>("r", new Shape(4 * hidden, hidden), Bytes(4 * hidden * hidden), weights);
        Tensor h = graph.Constant<sbyte>("h", new Shape(batch, hidden), new sbyte[batch * hidden], q);
        Tensor c = graph.Constant<short>("c", new Shape(batch, hidden), new short[batch * hidden], new Quantization(1 / 2048f, 0));
        TensorSpec declared = new(DataType.Int8, new Shape(batch, time, hidden), q);
        graph.AddOutput(graph.AddNode(Lstm.Info, new Lstm(), "layer", [x, w, r, null, null, null, h, c], [declared]).Outputs[0]);
        return ModelEmitter.ToBytes(graph);

        static sbyte[] Bytes(int count)
        {
            sbyte[] bytes = new sbyte[count];
            for (int i = 0; i < count; i++)
            {
                bytes[i] = (sbyte)((i * 37) & 0xFF);
            }

            return bytes;
        }
    }

    private static void Measured(string name, byte[] file, long work)
    {
        using Model model = Model.Load(file);
        using Session one = new(model), two = new(model, new SessionOptions { Threads = 2 });
        int repeat = (int)Math.Max(1, 10_000_000 / work);
        double[] seconds = Measure.Best(51, () => Repeat(one, repeat), () => Repeat(two, repeat));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}, {seconds[0] / repeat * 1e6:0.0} ({work * repeat / seconds[0] / 1e9:0.0}), {seconds[1] / repeat * 1e6:0.0} ({work * repeat / seconds[1] / 1e9:0.0})"));
    }

    private static void Repeat(Session session, int count)
    {
        for (int i = 0; i < count; i++)
        {
            session.Run();
        }
    }
}
