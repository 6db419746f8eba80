using System.Diagnostics;
using Edge.Runtime;
using Edge.Runtime.Memory;

namespace Edge.Tests.Memory;

public sealed class PlannerTests
{
    [Fact]
    public void Placed_blocks_never_overlap_while_alive_and_never_beat_the_lower_bound()
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            BlockRequest[] blocks = Blocks(seed, 1 + (int)(seed % 60), steps: 20, longest: 8);
            long[] offsets = new long[blocks.Length];
            long arena = Planner.Place(blocks, offsets);

            Assert.True(arena >= Planner.LowerBound(blocks));
            Assert.All(offsets, offset => Assert.Equal(0, offset % AlignedMemory.Alignment));
            Assert.False(Overlaps(blocks, offsets, arena));
            Assert.False(Planner.HasConflict(blocks, offsets, arena, out int first, out int second));
            Assert.Equal((-1, -1), (first, second));
        }
    }

    [Fact]
    public void A_conflict_is_found_exactly_where_two_blocks_share_time_and_place()
    {
        int conflicts = 0;
        for (ulong seed = 0; seed < 500; seed++)
        {
            BlockRequest[] blocks = Blocks(seed, 8, steps: 12, longest: 4);
            CounterRandom random = new(seed, 2);
            long[] offsets = new long[blocks.Length];
            for (int i = 0; i < offsets.Length; i++)
            {
                offsets[i] = 64L * random.Int32((ulong)i, 120);
            }

            const long Arena = 64 * 128;
            bool expected = Overlaps(blocks, offsets, Arena);
            Assert.Equal(expected, Planner.HasConflict(blocks, offsets, Arena, out _, out _));
            conflicts += expected ? 1 : 0;
        }

        Assert.InRange(conflicts, 50, 450);
    }

    [Fact]
    public void Hostile_numbers_of_blocks_are_placed_in_one_sweep()
    {
        // First-fit in five orders took 5 s for a third of these, and its time is quadratic.
        BlockRequest[] blocks = Blocks(1, 60_000, steps: 60_000, longest: 200);
        long[] offsets = new long[blocks.Length];
        long start = Stopwatch.GetTimestamp();
        long arena = Planner.Place(blocks, offsets);

        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(3), $"{Stopwatch.GetElapsedTime(start)}");
        Assert.False(Planner.HasConflict(blocks, offsets, arena, out _, out _));
        Assert.InRange(arena, Planner.LowerBound(blocks), (long)(1.25 * Planner.LowerBound(blocks)));
    }

    private static BlockRequest[] Blocks(ulong seed, int count, int steps, int longest)
    {
        CounterRandom random = new(seed, 1);
        BlockRequest[] blocks = new BlockRequest[count];
        for (int i = 0; i < count; i++)
        {
            int first = random.Int32((ulong)i * 3, steps);
            blocks[i] = new BlockRequest(1 + random.Int32(((ulong)i * 3) + 1, 1_000), first, first + random.Int32(((ulong)i * 3) + 2, longest));
        }

        return blocks;
    }

    private static bool Overlaps(BlockRequest[] blocks, long[] offsets, long arena)
    {
        for (int i = 0; i < blocks.Length; i++)
        {
            if (offsets[i] < 0 || offsets[i] + blocks[i].Bytes > arena)
            {
                return true;
            }

            for (int k = 0; k < i; k++)
            {
                if (blocks[i].First <= blocks[k].Last && blocks[k].First <= blocks[i].Last &&
                    offsets[i] < offsets[k] + blocks[k].Bytes && offsets[k] < offsets[i] + blocks[i].Bytes)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
