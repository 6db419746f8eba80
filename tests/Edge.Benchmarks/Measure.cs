using System.Diagnostics;

namespace Edge.Benchmarks;

/// <summary>Interleaved timing: each round runs every candidate once, so that a change of clock speed or a busy neighbour hits all alike.</summary>
internal static class Measure
{
    /// <summary>The median seconds of each action over <paramref name="rounds"/> rounds, after two rounds of warm-up.</summary>
    internal static double[] Medians(int rounds, params Action[] actions)
    {
        double[][] seconds = new double[actions.Length][];
        for (int i = 0; i < actions.Length; i++)
        {
            seconds[i] = new double[rounds];
        }

        for (int round = -2; round < rounds; round++)
        {
            for (int i = 0; i < actions.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                actions[i]();
                double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
                if (round >= 0)
                {
                    seconds[i][round] = elapsed;
                }
            }
        }

        double[] medians = new double[actions.Length];
        for (int i = 0; i < actions.Length; i++)
        {
            Array.Sort(seconds[i]);
            medians[i] = seconds[i][rounds / 2];
        }

        return medians;
    }
}
