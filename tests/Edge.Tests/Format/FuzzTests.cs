using System.Diagnostics;
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
