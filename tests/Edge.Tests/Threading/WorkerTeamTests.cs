using Edge.Runtime.Threading;
using Edge.Tests.Harness;

namespace Edge.Tests.Threading;

public sealed unsafe class WorkerTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Every_part_runs_exactly_once_in_thousands_of_forks(int threads)
    {
        using WorkerTeam team = new(threads);
        Assert.Equal(threads, team.Threads);
        int* counts = stackalloc int[64];
        for (int fork = 0; fork < 5000; fork++)
        {
            int parts = fork % 65;
            new Span<int>(counts, 64).Clear();
            team.Run(parts, new Count { Counts = counts });
            for (int i = 0; i < 64; i++)
            {
                Assert.Equal(i < parts ? 1 : 0, counts[i]);
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public void Forks_after_a_pause_wake_sleeping_helpers(int threads)
    {
        using WorkerTeam team = new(threads);
        int* counts = stackalloc int[64];
        for (int fork = 0; fork < 20; fork++)
        {
            Thread.Sleep(3);
            new Span<int>(counts, 64).Clear();
            team.Run(64, new Count { Counts = counts });
            Assert.All(new Span<int>(counts, 64).ToArray(), count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void Helpers_take_part()
    {
        using WorkerTeam team = new(2);
        int* threads = stackalloc int[2];
        bool both = false;
        for (int attempt = 0; attempt < 100 && !both; attempt++)
        {
            threads[0] = threads[1] = 0;
            team.Run(2, new Identify { Threads = threads });
            both = threads[0] != threads[1];
        }

        Assert.True(both, "In a hundred forks of two 2 ms parts, one thread did both every time.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_exception_reaches_the_caller_and_the_team_goes_on(int threads)
    {
        using WorkerTeam team = new(threads);
        int* counts = stackalloc int[64];
        for (int round = 0; round < 200; round++)
        {
            int bad = round % 32;
            InvalidOperationException fault = Assert.Throws<InvalidOperationException>(() => team.Run(32, new Fail { Part = bad }));
            Assert.Equal($"part {bad}", fault.Message);
            new Span<int>(counts, 64).Clear();
            team.Run(64, new Count { Counts = counts });
            Assert.All(new Span<int>(counts, 64).ToArray(), count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void Teams_come_and_go_quickly()
    {
        int* counts = stackalloc int[64];
        for (int i = 0; i < 60; i++)
        {
            using WorkerTeam team = new(1 + (i % 5));
            if (i % 2 == 0)
            {
                team.Run(7, new Count { Counts = counts });
            }

            team.Dispose();
        }

        using WorkerTeam disposed = new(2);
        disposed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => disposed.Run(2, default(Fail)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1025)]
    public void A_team_needs_between_1_and_1024_threads(int threads) => Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerTeam(threads));

    [Fact]
    public void No_parts_do_nothing()
    {
        using WorkerTeam team = new(2);
        team.Run(0, new Fail { Part = 0 });
        team.Run(-5, new Fail { Part = 0 });
    }

    [Fact]
    public void A_fork_allocates_nothing()
    {
        using WorkerTeam team = new(2);
        int* counts = stackalloc int[64];
        Count job = new() { Counts = counts };
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 5 && least != 0; attempt++)
        {
            least = Math.Min(least, AllocationMeter.Measure(() => team.Run(8, job), 1000));
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void Idle_helpers_sleep()
    {
        using WorkerTeam team = new(4);
        int* counts = stackalloc int[64];
        team.Run(64, new Count { Counts = counts });

        // Asked of the helpers alone, so that tests running beside this one do not count.
        Assert.True(SpinWait.SpinUntil(() => team.SleepingHelpers == 3, TimeSpan.FromSeconds(30)), "Helpers of an idle team did not go to sleep.");
    }

    private struct Count : IParallelJob
    {
        internal int* Counts;

        public readonly void Execute(int part) => Interlocked.Increment(ref Counts[part]);
    }

    private struct Identify : IParallelJob
    {
        internal int* Threads;

        public readonly void Execute(int part)
        {
            Threads[part] = Environment.CurrentManagedThreadId;
            Thread.Sleep(2);
        }
    }

    private struct Fail : IParallelJob
    {
        internal int Part;

        public readonly void Execute(int part)
        {
            if (part == Part)
            {
                throw new InvalidOperationException($"part {part}");
            }
        }
    }
}
