using System.Runtime.InteropServices;
using Edge.Runtime.Threading;
using Edge.Tests.Harness;

namespace Edge.Tests.Kernels;

/// <summary>What all kernel tests share: values, teams, and comparison with a double-precision oracle.</summary>
internal static class KernelCheck
{
    /// <summary>Teams of 1, 2 and 3 threads, alive for the whole run.</summary>
    internal static readonly WorkerTeam[] Teams = [WorkerTeam.Single, new(2), new(3)];

    /// <summary>Serializes tests that use <see cref="Teams"/>: a team serves one caller at a time.</summary>
    internal static readonly Lock TeamLock = new();

    /// <summary>Values in [−1, 1) that follow from the seed.</summary>
    internal static float[] Values(int length, uint seed)
    {
        float[] values = new float[length];
        seed = (seed * 2654435761) + 12345;
        for (int i = 0; i < length; i++)
        {
            seed = (seed * 1664525) + 1013904223;
            values[i] = ((seed >> 8) / (float)(1 << 23)) - 1;
        }

        return values;
    }

    /// <summary>A sum in double with the sum of its terms' magnitudes, which bounds the rounding error of any order of summation.</summary>
    internal struct Sum
    {
        internal double Value;
        internal double Magnitude;
        internal int Terms;

        internal void Add(double term)
        {
            Value += term;
            Magnitude += Math.Abs(term);
            Terms++;
        }

        internal void AddProduct(float left, float right) => Add((double)left * right);
    }

    /// <summary>Sums that begin with what a destination holds, or with nothing.</summary>
    internal static Sum[] Start(bool accumulate, ReadOnlySpan<float> before)
    {
        Sum[] sums = new Sum[before.Length];
        for (int i = 0; i < before.Length && accumulate; i++)
        {
            sums[i].Add(before[i]);
        }

        return sums;
    }

    /// <summary>|actual − expected| ≤ (terms + 4) · 2⁻²³ · Σ|term| for each element: the bound for any order, times two.</summary>
    internal static void Close(ReadOnlySpan<Sum> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < actual.Length; i++)
        {
            double allowed = (expected[i].Terms + 4) * Math.ScaleB(1, -23) * expected[i].Magnitude;
            if (!(Math.Abs(actual[i] - expected[i].Value) <= allowed))
            {
                Assert.Fail($"{what}: element {i} is {actual[i]:R}, expected {expected[i].Value:R} ± {allowed:E1}.");
            }
        }
    }

    /// <summary>The clamp of a fused activation, on the oracle.</summary>
    internal static void Clamp(Span<Sum> sums, Edge.Runtime.Operators.Activation activation)
    {
        (double low, double high) = activation switch
        {
            Edge.Runtime.Operators.Activation.Relu => (0.0, double.PositiveInfinity),
            Edge.Runtime.Operators.Activation.Relu6 => (0.0, 6.0),
            Edge.Runtime.Operators.Activation.ReluN1To1 => (-1.0, 1.0),
            _ => (double.NegativeInfinity, double.PositiveInfinity),
        };
        foreach (ref Sum sum in sums)
        {
            sum.Value = Math.Clamp(sum.Value, low, high);
        }
    }

    /// <summary>Fails unless both hold the same bits.</summary>
    internal static void SameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        if (!MemoryMarshal.AsBytes(expected).SequenceEqual(MemoryMarshal.AsBytes(actual)))
        {
            int at = MemoryMarshal.Cast<float, int>(expected).CommonPrefixLength(MemoryMarshal.Cast<float, int>(actual));
            Assert.Fail($"{what}: element {at} is {actual[at]:R} instead of {expected[at]:R}.");
        }
    }

    /// <summary>Runs a kernel that writes <paramref name="destination"/> with each team and demands the same bits; returns them in the destination.</summary>
    internal static void EveryTeam(Span<float> destination, string what, Action<WorkerTeam> kernel)
    {
        float[] before = destination.ToArray();
        float[]? first = null;
        lock (TeamLock)
        {
            foreach (WorkerTeam team in Teams)
            {
                before.CopyTo(destination);
                kernel(team);
                if (first is null)
                {
                    first = destination.ToArray();
                }
                else
                {
                    SameBits(first, destination, $"{what}, {team.Threads} threads");
                }
            }
        }
    }

    /// <summary>Fails if the kernel allocates on the heap once it is warm.</summary>
    /// <remarks>A collection that another test causes can charge this thread for the rest of its 8 KB allocation block, so a clean
    /// attempt out of five is proof: a kernel that allocates does so every time.</remarks>
    internal static void NoAllocation(Action<WorkerTeam> kernel)
    {
        lock (TeamLock)
        {
            foreach (WorkerTeam team in Teams)
            {
                long least = long.MaxValue;
                for (int attempt = 0; attempt < 5 && least != 0; attempt++)
                {
                    least = Math.Min(least, AllocationMeter.Measure(() => kernel(team)));
                }

                Assert.Equal(0, least);
            }
        }
    }
}
