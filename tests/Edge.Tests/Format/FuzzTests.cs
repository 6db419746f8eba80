using Edge.Fuzz;

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
}
