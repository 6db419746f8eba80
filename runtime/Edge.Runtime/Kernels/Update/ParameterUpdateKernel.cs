using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Edge.Runtime.Threading;
using Edge.Runtime.Training;

namespace Edge.Runtime.Kernels.Update;

/// <summary>What happens to one element in one step: both forms do the same operations in the same order, unfused, so a tail
/// element gets the bits a lane would.</summary>
internal interface IUpdateRule
{
    /// <summary>How many remembered values belong to an element: 0, 1 or 2. Unused ones are passed as zero and dropped.</summary>
    static abstract int StateCount { get; }

    /// <summary>The element's new value; the remembered values are changed in place.</summary>
    float Next(float value, float gradient, ref float first, ref float second);

    /// <inheritdoc cref="Next(float, float, ref float, ref float)"/>
    Vector<float> Next(Vector<float> value, Vector<float> gradient, ref Vector<float> first, ref Vector<float> second);
}

/// <summary>The loop of every optimizer: one pass over parameter, gradient and state.</summary>
internal static unsafe class ParameterUpdateKernel
{
    /// <summary>Elements of one part. 64 KB an array: hundreds of times the cost of waking a thread's next part, and small
    /// enough that a layer of 100 thousand weights still divides. Elements are independent, so the size cannot change a result.</summary>
    internal const int ChunkLength = 16 << 10;

    /// <summary>Applies <paramref name="rule"/> to every element.</summary>
    /// <exception cref="ShapeException">The state is not <see cref="IUpdateRule.StateCount"/> times as long as the parameter; nothing was changed.</exception>
    internal static void Run<TRule>(in ParameterUpdate update, in TRule rule) where TRule : unmanaged, IUpdateRule
    {
        int length = update.Parameter.Length;
        if (update.State.Length != (long)TRule.StateCount * length)
        {
            RefuseState(update.State.Length, TRule.StateCount, length);
        }

        if (length == 0)
        {
            return;
        }

        fixed (float* parameter = update.Parameter, gradient = update.Gradient, state = update.State)
        {
            Job<TRule> job = new(rule, parameter, gradient, state, length);
            update.Team.Run(((length - 1) / ChunkLength) + 1, job);
        }
    }

    [DoesNotReturn]
    private static void RefuseState(int found, int count, int length)
        => throw new ShapeException(
            $"The optimizer's state holds {found} values; it must hold {count} × {length} (StateCount × the parameter's length). Size the state by StateCount and clear it before step 1.");

    private readonly struct Job<TRule>(TRule rule, float* parameter, float* gradient, float* state, int length) : IParallelJob
        where TRule : unmanaged, IUpdateRule
    {
        public void Execute(int part)
        {
            TRule local = rule;                      // a copy the compiler can keep in registers
            int index = part * ChunkLength;
            int end = Math.Min(length - index, ChunkLength) + index;
            float* w = parameter;
            float* g = gradient;
            float* first = state;
            float* second = state + length;          // touched only by rules that own a second array
            for (; index <= end - Vector<float>.Count; index += Vector<float>.Count)
            {
                Vector<float> s0 = TRule.StateCount > 0 ? Vector.Load(first + index) : default;
                Vector<float> s1 = TRule.StateCount > 1 ? Vector.Load(second + index) : default;
                Vector.Store(local.Next(Vector.Load(w + index), Vector.Load(g + index), ref s0, ref s1), w + index);
                if (TRule.StateCount > 0)
                {
                    Vector.Store(s0, first + index);
                }

                if (TRule.StateCount > 1)
                {
                    Vector.Store(s1, second + index);
                }
            }

            for (; index < end; index++)
            {
                float s0 = TRule.StateCount > 0 ? first[index] : 0;
                float s1 = TRule.StateCount > 1 ? second[index] : 0;
                w[index] = local.Next(w[index], g[index], ref s0, ref s1);
                if (TRule.StateCount > 0)
                {
                    first[index] = s0;
                }

                if (TRule.StateCount > 1)
                {
                    second[index] = s1;
                }
            }
        }
    }
}
