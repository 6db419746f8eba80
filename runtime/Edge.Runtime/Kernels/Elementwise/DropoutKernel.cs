using System.Diagnostics;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Drops elements at random and scales the rest.</summary>
internal static unsafe class DropoutKernel
{
    /// <summary>Time of an element in units of a plain copy: half a draw of 64 bits.</summary>
    private const int Cost = 4;

    /// <summary>Whether element <paramref name="index"/> is kept, with probability 1 − rate: 32 random bits against a threshold, two elements a draw.</summary>
    internal static bool Keeps(CounterRandom random, float rate, int index) => (uint)(random.UInt64((ulong)index >> 1) >> ((index & 1) * 32)) >= Threshold(rate);

    /// <summary>y = x / (1 − rate) where the element is kept, else 0; or adds that to y. y may be x.</summary>
    internal static void Run(WorkerTeam team, float rate, CounterRandom random, ReadOnlySpan<float> x, Span<float> y, bool accumulate)
    {
        Debug.Assert(x.Length == y.Length);
        fixed (float* px = x, py = y)
        {
            Job job = new() { Random = random, X = px, Y = py, Length = y.Length, Threshold = Threshold(rate), Scale = 1 / (1 - rate), Accumulate = accumulate };
            Elementwise.Team(team, y.Length, Cost).Run((y.Length + Elementwise.Chunk - 1) / Elementwise.Chunk, job);
        }
    }

    private static uint Threshold(float rate) => (uint)(rate * 4294967296.0);

    private struct Job : IParallelJob
    {
        internal CounterRandom Random;
        internal float* X;
        internal float* Y;
        internal int Length;
        internal uint Threshold;
        internal float Scale;
        internal bool Accumulate;

        public readonly void Execute(int part)
        {
            int end = (int)Math.Min(((long)part + 1) * Elementwise.Chunk, Length);
            for (int i = part * Elementwise.Chunk; i < end; i += 2)
            {
                ulong bits = Random.UInt64((ulong)i >> 1);
                Set(i, (uint)bits);
                if (i + 1 < end)
                {
                    Set(i + 1, (uint)(bits >> 32));
                }
            }
        }

        private readonly void Set(int i, uint bits)
        {
            float value = bits >= Threshold ? X[i] * Scale : 0;
            Y[i] = Accumulate ? Y[i] + value : value;
        }
    }
}
