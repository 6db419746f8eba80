namespace Edge.Tests.Harness;

/// <summary>Counts managed bytes that an action allocates on the calling thread.</summary>
internal static class AllocationMeter
{
    /// <summary>The bytes that <paramref name="repeats"/> runs allocate, after <paramref name="warmups"/> runs that may compile and initialize.</summary>
    public static long Measure(Action action, int repeats = 10, int warmups = 3)
    {
        for (int i = 0; i < warmups; i++)
        {
            action();
        }

        // A collection in another test retires this thread's allocation context, and its unused rest then counts as allocated. A real
        // allocation comes back in every attempt.
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 3 && least != 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < repeats; i++)
            {
                action();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
