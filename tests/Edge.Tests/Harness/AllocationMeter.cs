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

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < repeats; i++)
        {
            action();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
