using System.Diagnostics;
using Edge.Format;
using Edge.Fuzz;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Tests.Format;

/// <summary>A file nobody can trust is refused with a typed message or runs; nothing else. The long mode: tests/Edge.Fuzz.</summary>
public sealed class FuzzTests
{
    [Fact]
    public void Mutated_files_are_refused_or_run()
    {
        FuzzSummary summary = new Fuzzer(seed: 2026).Run(first: 0, count: 25_000, threads: 1);

        Assert.True(summary.Failures.Count == 0, $"{summary}{Environment.NewLine}{string.Join(Environment.NewLine, summary.Failures)}");
        Assert.Equal(25_000, summary.Cases);

        // Mutations that all fail at a checksum, or change nothing, would test little.
        Assert.InRange(summary.Outcomes[FuzzOutcome.Refused], 5_000, 22_500);
        Assert.InRange(summary.Outcomes[FuzzOutcome.Ran] + summary.Outcomes[FuzzOutcome.Trained], 2_500, 20_000);
    }

    [Fact]
    public void A_case_follows_from_its_number_alone()
    {
        Fuzzer fuzzer = new(seed: 3);
        byte[] first = fuzzer.Make(77);
        _ = fuzzer.Make(78);

        Assert.Equal(first, fuzzer.Make(77));
        Assert.Equal(first, new Fuzzer(seed: 3).Make(77));
        Assert.NotEqual(first, new Fuzzer(seed: 4).Make(77));
    }

    [Fact]
    public void Every_seed_loads_and_runs()
    {
        using FuzzTarget target = new();
        foreach (byte[] seed in Seeds.All)
        {
            Assert.Contains(target.Check(seed, new FuzzRandom(1, 1)), new[] { FuzzOutcome.Ran, FuzzOutcome.Trained });
        }
    }

    [Theory]
    [InlineData("chain", false)]
    [InlineData("chain", true)]
    [InlineData("quantized", false)]
    [InlineData("pads", false)]
    [InlineData("metadata", false)]
    public void Tables_without_weights_cost_a_bounded_multiple_of_the_file(string kind, bool program)
    {
        // What a file is made of when it holds nothing but records: the most memory a byte of it can cost.
        foreach (int count in (int[])[10, 1_000, kind == "metadata" ? ModelLimits.Default.MaxMetadataPairs : 20_000])
        {
            SeedModel model = new();
            Quantization quantization = new(0.5f, 0);
            int x = kind == "quantized" ? model.Input(new TensorSpec(DataType.Int8, new Shape(1), quantization)) : model.Input(1);
            for (int i = 0; i < count; i++)
            {
                switch (kind)
                {
                    case "chain": x = model.Add(new Relu(), [x]); break;
                    case "quantized": x = model.Add(new Requantize(), [x], new TensorSpec(DataType.Int8, default, new Quantization(0.5f + i, 0))); break;
                    case "pads": x = model.Add(new Pad([0], [0]), [x]); break;
                    default: model.Metadata($"{i}", "1"); break;
                }
            }

            byte[] file = model.Output(x).Build(program, names: false);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Model.Load(file).Dispose();
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(
                allocated <= (FuzzTarget.AllocationFactor * file.Length) + FuzzTarget.AllocationBase,
                $"{count} x {kind}: {allocated} bytes for a file of {file.Length}: {(double)allocated / file.Length:F1} for each.");
            TestContext.Current.SendDiagnosticMessage($"{count} x {kind}, program {program}: {allocated} bytes for {file.Length}, {(double)allocated / file.Length:F2} for each");
        }
    }

    [Fact]
    public void Thousands_of_operators_load_and_bind_in_time_linear_in_the_file()
    {
        // Binding a trainer compared every pair of backward steps: 17 s for 30,000 operators of a 3 MB file. Now 1 s; the bound leaves room for slow machines.
        SeedModel model = new();
        int x = model.Add(new Dense(), [model.Input(1, 3), model.Constant(2, 3)]);
        for (int i = 0; i < 30_000; i++)
        {
            x = model.Add(new LeakyRelu(0.1f), [x]);
        }

        byte[] file = model.Output(x).Metadata("training.loss", "mean_squared_error").Build(program: false);
        long start = Stopwatch.GetTimestamp();
        using Model loaded = Model.Load(file);
        using Session session = new(loaded);
        using Trainer trainer = new(loaded, new TrainerOptions());

        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(8), $"{Stopwatch.GetElapsedTime(start)}");
    }
}
