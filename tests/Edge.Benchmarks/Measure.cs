using System.Diagnostics;

namespace Edge.Benchmarks;

/// <summary>Interleaved timing: each round runs every candidate once, so that a change of clock speed or a busy neighbour hits all alike.</summary>
internal static class Measure
{
    /// <summary>The fewest seconds of each action over <paramref name="rounds"/> rounds, after two rounds of warm-up.</summary>
    /// <remarks>The minimum, not the median: a neighbour on the machine can only add time, and kernels have no other source of variation.</remarks>
    internal static double[] Best(int rounds, params Action[] actions)
    {
        double[] best = new double[actions.Length];
        Array.Fill(best, double.MaxValue);
        for (int round = -2; round < rounds; round++)
        {
            for (int i = 0; i < actions.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                actions[i]();
                double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
                best[i] = round >= 0 ? Math.Min(best[i], elapsed) : best[i];
            }
        }

        return best;
    }
}
