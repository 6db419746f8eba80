namespace Edge.Runtime.Memory;

/// <summary>A block of arena memory that must keep its place from one step to another, both included.</summary>
internal readonly record struct BlockRequest(long Bytes, int First, int Last);

/// <summary>Places blocks in one arena so that blocks alive at the same step do not overlap.</summary>
/// <remarks>
/// This is dynamic storage allocation, which is NP-hard (Garey and Johnson 1979, SR2); but the graphs of small networks are easy. Greedy first-fit in several
/// orders mostly reaches the lower bound, the largest sum of simultaneously live bytes; where it does not, seeded random exchanges in the
/// best order are tried within a fixed amount of work. First-fit is quadratic, so graphs of many thousand blocks, which only a hostile file has, are placed
/// by one sweep over time instead: a file's size bounds what loading it costs.
/// </remarks>
internal static class Planner
{
    /// <summary>Comparisons the search may spend; about 20 ms.</summary>
    private const long SearchWork = 4_000_000;

    /// <summary>Comparisons that first-fit may spend over all orders; about 0.1 s.</summary>
    private const long FirstFitWork = 16_000_000;

    /// <summary>The largest sum of simultaneously live bytes: no arena can be smaller.</summary>
    public static long LowerBound(ReadOnlySpan<BlockRequest> blocks)
    {
        int steps = 0;
        foreach (BlockRequest block in blocks)
        {
            steps = Math.Max(steps, block.Last + 2);
        }

        long[] change = new long[steps + 1];
        foreach (BlockRequest block in blocks)
        {
            long bytes = AlignedMemory.AlignUp(block.Bytes);
            change[block.First] += bytes;
            change[block.Last + 1] -= bytes;
        }

        long live = 0;
        long peak = 0;
        foreach (long delta in change)
        {
            live += delta;
            peak = Math.Max(peak, live);
        }

        return peak;
    }

    /// <summary>Places the blocks.</summary>
    /// <param name="blocks">What to place.</param>
    /// <param name="offsets">Receives each block's offset, a multiple of 64.</param>
    /// <returns>Bytes of the arena.</returns>
    public static long Place(ReadOnlySpan<BlockRequest> blocks, Span<long> offsets)
    {
        int count = blocks.Length;
        if (count == 0)
        {
            return 0;
        }

        long bound = LowerBound(blocks);
        BlockRequest[] items = blocks.ToArray();
        long work = (long)count * count;
        if (work > FirstFitWork)
        {
            return Sweep(items, offsets);
        }

        int[] order = new int[count];
        int[] bestOrder = new int[count];
        long[] trial = new long[count];
        int[] placed = new int[count];
        long best = long.MaxValue;
        for (int rule = 0; rule < 5 && best > bound && rule * work <= FirstFitWork; rule++)
        {
            for (int i = 0; i < count; i++)
            {
                order[i] = i;
            }

            int chosen = rule;
            Array.Sort(order, (left, right) => Compare(chosen, items[left], items[right], left, right));
            long total = FirstFit(items, order, trial, placed);
            if (total < best)
            {
                best = total;
                trial.CopyTo(offsets);
                order.CopyTo(bestOrder, 0);
            }
        }

        long workPerTrial = Math.Max(1, work / 4);
        long trials = Math.Min(2_000, SearchWork / workPerTrial);
        CounterRandom random = new(0x45444745, 1);
        for (long t = 0; t < trials && best > bound && count > 2; t++)
        {
            bestOrder.CopyTo(order, 0);
            for (ulong swap = 0; swap <= (ulong)t % 3; swap++)
            {
                int left = random.Int32(((ulong)t * 8) + (swap * 2), count);
                int right = random.Int32(((ulong)t * 8) + (swap * 2) + 1, count);
                (order[left], order[right]) = (order[right], order[left]);
            }

            long total = FirstFit(items, order, trial, placed);
            if (total <= best)
            {
                if (total < best)
                {
                    trial.CopyTo(offsets);
                }

                best = total;
                order.CopyTo(bestOrder, 0);
            }
        }

        return best;
    }

    /// <summary>Whether two blocks alive at the same step overlap, or one leaves the arena.</summary>
    /// <param name="blocks">The blocks.</param>
    /// <param name="offsets">Their offsets.</param>
    /// <param name="arenaBytes">Bytes of the arena.</param>
    /// <param name="first">One block of the conflict, or the block outside.</param>
    /// <param name="second">The other block, or −1.</param>
    public static bool HasConflict(ReadOnlySpan<BlockRequest> blocks, ReadOnlySpan<long> offsets, long arenaBytes, out int first, out int second)
    {
        // Sweep over time: before each block starts, those that ended leave the sorted set of live blocks; then only neighbours can overlap.
        int[] byStart = new int[blocks.Length];
        BlockRequest[] items = blocks.ToArray();
        for (int i = 0; i < byStart.Length; i++)
        {
            byStart[i] = i;
        }

        Array.Sort(byStart, (left, right) => items[left].First.CompareTo(items[right].First));
        PriorityQueue<int, int> ending = new();
        SortedList<long, int> live = [];
        second = -1;
        foreach (int block in byStart)
        {
            first = block;
            while (ending.TryPeek(out int done, out int last) && last < items[block].First)
            {
                ending.Dequeue();
                live.Remove(offsets[done]);
            }

            long end = offsets[block] + items[block].Bytes;
            if (offsets[block] < 0 || end > arenaBytes)
            {
                return true;
            }

            if (items[block].Bytes == 0)
            {
                continue;
            }

            if (!live.TryAdd(offsets[block], block))
            {
                second = live[offsets[block]];
                return true;
            }

            int position = live.IndexOfKey(offsets[block]);
            if (position > 0 && live.GetKeyAtIndex(position - 1) + items[live.GetValueAtIndex(position - 1)].Bytes > offsets[block])
            {
                second = live.GetValueAtIndex(position - 1);
                return true;
            }

            if (position + 1 < live.Count && live.GetKeyAtIndex(position + 1) < end)
            {
                second = live.GetValueAtIndex(position + 1);
                return true;
            }

            ending.Enqueue(block, items[block].Last);
        }

        first = -1;
        return false;
    }

    private static int Compare(int rule, BlockRequest left, BlockRequest right, int leftIndex, int rightIndex)
    {
        long order = rule switch
        {
            0 => right.Bytes - left.Bytes,
            1 => Area(right) - Area(left),
            2 => (right.Last - right.First) - (left.Last - left.First),
            3 => left.First - right.First,
            _ => right.Last - left.Last,
        };
        order = order != 0 ? order : right.Bytes - left.Bytes;
        order = order != 0 ? order : left.First - right.First;
        return order != 0 ? Math.Sign(order) : leftIndex - rightIndex;

        static long Area(BlockRequest block) => block.Bytes * (block.Last - block.First + 1L);
    }

    /// <summary>Places blocks in the order in which they begin, each in the smallest gap that holds it: n · log n.</summary>
    private static long Sweep(BlockRequest[] blocks, Span<long> offsets)
    {
        int[] order = new int[blocks.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (left, right) => Compare(3, blocks[left], blocks[right], left, right));
        PriorityQueue<int, int> ending = new();
        SortedSet<(long Bytes, long Offset)> gaps = [];
        Dictionary<long, long> gapAt = [];               // start → bytes
        Dictionary<long, long> gapBefore = [];           // end → start
        long top = 0;
        foreach (int index in order)
        {
            while (ending.TryPeek(out int done, out int last) && last < blocks[index].First)
            {
                ending.Dequeue();
                Free(offsets[done], AlignedMemory.AlignUp(blocks[done].Bytes));
            }

            long bytes = AlignedMemory.AlignUp(blocks[index].Bytes);
            offsets[index] = Take(bytes);
            ending.Enqueue(index, blocks[index].Last);
        }

        return top;

        long Take(long bytes)
        {
            if (bytes == 0)
            {
                return 0;
            }

            (long Bytes, long Offset) gap = gaps.GetViewBetween((bytes, 0), (long.MaxValue, long.MaxValue)).Min;
            if (gap.Bytes > 0)
            {
                Remove(gap.Offset, gap.Bytes);
                Insert(gap.Offset + bytes, gap.Bytes - bytes);
                return gap.Offset;
            }

            long offset = top;
            if (gapBefore.TryGetValue(top, out long start))
            {
                Remove(start, top - start);
                offset = start;
            }

            top = offset + bytes;
            return offset;
        }

        void Free(long offset, long bytes)
        {
            long end = offset + bytes;
            if (bytes > 0 && gapBefore.TryGetValue(offset, out long before))
            {
                Remove(before, offset - before);
                offset = before;
            }

            if (bytes > 0 && gapAt.TryGetValue(end, out long after))
            {
                Remove(end, after);
                end += after;
            }

            Insert(offset, end - offset);
        }

        void Insert(long offset, long bytes)
        {
            if (bytes > 0)
            {
                gaps.Add((bytes, offset));
                gapAt.Add(offset, bytes);
                gapBefore.Add(offset + bytes, offset);
            }
        }

        void Remove(long offset, long bytes)
        {
            gaps.Remove((bytes, offset));
            gapAt.Remove(offset);
            gapBefore.Remove(offset + bytes);
        }
    }

    private static long FirstFit(BlockRequest[] blocks, int[] order, long[] offsets, int[] placed)
    {
        // placed: blocks in order of offset, in memory of the caller because the search comes here 2,000 times. A block takes the lowest gap between placed blocks that are alive with it.
        int count = 0;
        long total = 0;
        foreach (int index in order)
        {
            BlockRequest block = blocks[index];
            long bytes = AlignedMemory.AlignUp(block.Bytes);
            long offset = 0;
            int insert = 0;
            for (int i = 0; i < count; i++)
            {
                BlockRequest other = blocks[placed[i]];
                if (other.Last < block.First || block.Last < other.First)
                {
                    continue;
                }

                if (offsets[placed[i]] - offset >= bytes)
                {
                    break;
                }

                offset = Math.Max(offset, offsets[placed[i]] + AlignedMemory.AlignUp(other.Bytes));
            }

            offsets[index] = offset;
            while (insert < count && offsets[placed[insert]] <= offset)
            {
                insert++;
            }

            placed.AsSpan(insert, count - insert).CopyTo(placed.AsSpan(insert + 1));
            placed[insert] = index;
            count++;
            total = Math.Max(total, offset + bytes);
        }

        return total;
    }
}
