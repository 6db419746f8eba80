using System.Diagnostics;
using System.Numerics;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Drops elements at random and scales the rest.</summary>
internal static unsafe class DropoutKernel
{
    /// <summary>Time of an element in units of a plain copy: mostly half a draw of 64 bits.</summary>
    private const int Cost = 4;

    /// <summary>Elements whose bits are drawn at once: even, and a divisor of a piece, so that a draw never straddles two.</summary>
    private const int Block = 256;

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
            uint* bits = stackalloc uint[Block];
            int end = (int)Math.Min(((long)part + 1) * Elementwise.Chunk, Length);
            for (int start = part * Elementwise.Chunk; start < end; start += Block)
            {
                int count = Math.Min(Block, end - start);
                ulong draw = (ulong)start >> 1;
                for (int i = 0; i < count; i += 2, draw++)
                {
                    ulong two = Random.UInt64(draw);
                    bits[i] = (uint)two;
                    bits[i + 1] = (uint)(two >> 32);
                }

                Select(X + start, Y + start, bits, count);
            }
        }

        // By masks: a branch on random bits is mispredicted every other time, which takes ten times as long as the draw.
        private readonly void Select(float* x, float* y, uint* bits, int count)
        {
            Vector<uint> threshold = new(Threshold);
            Vector<float> scale = new(Scale);
            int i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<int> keeps = Vector.AsVectorInt32(Vector.GreaterThanOrEqual(Vector.Load(bits + i), threshold));
                Vector<float> value = Vector.ConditionalSelect(keeps, Vector.Load(x + i) * scale, Vector<float>.Zero);
                (Accumulate ? Vector.Load(y + i) + value : value).Store(y + i);
            }

            for (; i < count; i++)
            {
                float value = bits[i] >= Threshold ? x[i] * Scale : 0;
                y[i] = Accumulate ? y[i] + value : value;
            }
        }
    }
}
