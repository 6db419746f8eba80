using System.Diagnostics;
using System.IO.MemoryMappedFiles;

namespace Edge.Fuzz;

/// <summary>A case that did what no file may.</summary>
public sealed record FuzzFailure(long Case, string What);

/// <summary>What a series of cases did.</summary>
public sealed record FuzzSummary(ulong Seed, long Cases, IReadOnlyDictionary<FuzzOutcome, long> Outcomes, IReadOnlyList<FuzzFailure> Failures, TimeSpan Elapsed, long WorstAllocation)
{
    public override string ToString() =>
        $"fuzz: seed {Seed}, {Cases} cases in {Elapsed.TotalSeconds:F1} s ({Cases / Elapsed.TotalSeconds:F0}/s), " +
        string.Join(", ", Outcomes.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Value} {pair.Key.ToString().ToLowerInvariant()}")) +
        $", worst allocation of a load {FuzzTarget.AllocationFactor} x file {(WorstAllocation < 0 ? "-" : "+")} {Math.Abs(WorstAllocation)} bytes, {Failures.Count} failures";
}

/// <summary>Runs cases on some threads. A case follows from seed and number alone.</summary>
public sealed class Fuzzer(ulong seed)
{
    /// <summary>A case that runs longer than this failed.</summary>
    public static readonly TimeSpan CaseLimit = TimeSpan.FromSeconds(5);

    private const int MaxFailures = 20;

    private readonly Mutator _mutator = new(Seeds.All);

    /// <summary>The file of a case.</summary>
    public byte[] Make(long index) => _mutator.Make(new FuzzRandom(seed, index));

    /// <summary>Runs one case on this thread.</summary>
    /// <returns>How far it got, or an exception of any kind.</returns>
    public FuzzOutcome Replay(long index, FuzzTarget target)
    {
        FuzzRandom random = new(seed, index);
        return target.Check(_mutator.Make(random), random);
    }

    /// <summary>Runs cases <paramref name="first"/> … <paramref name="first"/> + <paramref name="count"/> − 1.</summary>
    /// <param name="first">First case.</param>
    /// <param name="count">Number of cases.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="state">Receives the case that each thread works on, so that it is known after a crash; or null.</param>
    public FuzzSummary Run(long first, long count, int threads, MemoryMappedViewAccessor? state = null)
    {
        long start = Stopwatch.GetTimestamp();
        Worker[] workers = new Worker[threads];
        for (int i = 0; i < threads; i++)
        {
            workers[i] = new Worker(this, first + i, threads, first + count, i, state);
        }

        List<FuzzFailure> failures = [];
        long hung = -1;
        while (hung < 0 && workers.Any(static worker => !worker.Thread.Join(20)))
        {
            foreach (Worker worker in workers)
            {
                (long index, long since) = worker.Current;
                if (worker.Thread.IsAlive && Stopwatch.GetElapsedTime(since) > CaseLimit && worker.Current == (index, since))
                {
                    hung = index;
                }
            }
        }

        Dictionary<FuzzOutcome, long> outcomes = [];
        foreach (Worker worker in workers)
        {
            lock (worker)
            {
                failures.AddRange(worker.Failures);
                foreach (FuzzOutcome outcome in Enum.GetValues<FuzzOutcome>())
                {
                    outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + worker.Outcomes[(int)outcome];
                }
            }
        }

        if (hung >= 0)
        {
            failures.Add(new FuzzFailure(hung, $"It runs longer than {CaseLimit.TotalSeconds} s."));
        }

        long cases = outcomes.Values.Sum() + failures.Count;
        return new FuzzSummary(seed, cases, outcomes, failures, Stopwatch.GetElapsedTime(start), workers.Max(static worker => worker.WorstAllocation));
    }

    private sealed class Worker
    {
        private readonly Fuzzer _fuzzer;
        private readonly long _first;
        private readonly long _step;
        private readonly long _end;
        private readonly int _slot;
        private readonly MemoryMappedViewAccessor? _state;
        private long _case;
        private long _since;

        public Worker(Fuzzer fuzzer, long first, long step, long end, int slot, MemoryMappedViewAccessor? state)
        {
            _fuzzer = fuzzer;
            _first = first;
            _step = step;
            _end = end;
            _slot = slot;
            _state = state;
            _since = Stopwatch.GetTimestamp();
            Thread = new Thread(Work) { IsBackground = true, Name = $"fuzz {slot}" };
            Thread.Start();
        }

        public Thread Thread { get; }

        public List<FuzzFailure> Failures { get; } = [];

        public long[] Outcomes { get; } = new long[Enum.GetValues<FuzzOutcome>().Length];

        public long WorstAllocation { get; private set; } = long.MinValue;

        public (long Case, long Since) Current => (Interlocked.Read(ref _case), Interlocked.Read(ref _since));

        private void Work()
        {
            using FuzzTarget target = new();
            for (long index = _first; index < _end && Failures.Count < MaxFailures; index += _step)
            {
                Interlocked.Exchange(ref _case, index);
                Interlocked.Exchange(ref _since, Stopwatch.GetTimestamp());
                _state?.Write(_slot * sizeof(long), index);
                try
                {
                    FuzzOutcome outcome = _fuzzer.Replay(index, target);
                    lock (this)
                    {
                        Outcomes[(int)outcome]++;
                    }
                }
                catch (Exception error)
                {
                    lock (this)
                    {
                        Failures.Add(new FuzzFailure(index, error.ToString()));
                    }
                }
            }

            WorstAllocation = target.WorstAllocation;
        }
    }
}
