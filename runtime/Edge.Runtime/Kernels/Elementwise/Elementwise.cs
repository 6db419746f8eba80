using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>A function of one element, on a vector of elements.</summary>
internal interface IUnaryKernel
{
    /// <summary>Time of an element in units of a plain copy: decides from which length on threads pay.</summary>
    static virtual int Cost => 1;

    Vector<float> Value(Vector<float> x);
}

/// <summary>A function of two elements, on vectors of elements.</summary>
internal interface IBinaryKernel
{
    /// <summary>Time of an element in units of a plain copy: decides from which length on threads pay.</summary>
    static virtual int Cost => 1;

    Vector<float> Value(Vector<float> left, Vector<float> right);
}

/// <summary>Loops over elements: the operator brings the function, these bring tail, threads and accumulation.</summary>
/// <remarks>
/// A tail runs through the same vector code, padded with zeros, so an element's result does not depend on where it lies. The output may be one of the
/// inputs. Work is divided into pieces of <see cref="Chunk"/> elements whatever the number of threads.
/// </remarks>
internal static unsafe class Elementwise
{
    /// <summary>Elements of a piece: 64 KB of each tensor.</summary>
    internal const int Chunk = 16384;

    /// <summary>Elements below which a fork costs more than it saves: a wake-up takes about 5 µs, in which one thread moves 16 K elements.</summary>
    private const int WorthForking = 4 * Chunk;

    /// <summary>y = f(x).</summary>
    internal static void Map<TKernel>(WorkerTeam team, TKernel kernel, ReadOnlySpan<float> x, Span<float> y) where TKernel : unmanaged, IUnaryKernel
    {
        Debug.Assert(x.Length == y.Length);
        fixed (float* px = x, py = y)
        {
            Divide(team, y.Length, TKernel.Cost, new MapJob<TKernel> { Kernel = kernel, X = px, Y = py, Length = y.Length });
        }
    }

    /// <summary>y = f(left, right), or y += f(left, right).</summary>
    internal static void Zip<TKernel>(WorkerTeam team, TKernel kernel, ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> y, bool accumulate = false)
        where TKernel : unmanaged, IBinaryKernel
    {
        Debug.Assert(left.Length == y.Length && right.Length == y.Length);
        fixed (float* pl = left, pr = right, py = y)
        {
            Divide(team, y.Length, TKernel.Cost, new ZipJob<TKernel> { Kernel = kernel, Left = pl, Right = pr, Y = py, Length = y.Length, Accumulate = accumulate });
        }
    }

    /// <summary>y = x, or y += x; nothing is done where y is to be x and lies in its place.</summary>
    internal static void Copy(WorkerTeam team, ReadOnlySpan<float> x, Span<float> y, bool accumulate) => CopyScaled(team, 1, x, y, accumulate);

    /// <summary>y = scale · x, or y += scale · x; nothing is done where y is to be x and lies in its place.</summary>
    internal static void CopyScaled(WorkerTeam team, float scale, ReadOnlySpan<float> x, Span<float> y, bool accumulate)
    {
        if (accumulate)
        {
            Zip(team, new AddScaled(scale), y, x, y);
        }
        else if (scale != 1 || !Unsafe.AreSame(ref MemoryMarshal.GetReference(y), ref MemoryMarshal.GetReference(x)))
        {
            Map(team, new Scaled(scale), x, y);
        }
    }

    /// <summary>The team where it pays to fork, elsewhere the calling thread alone.</summary>
    /// <param name="team">The threads.</param>
    /// <param name="length">Elements to work on.</param>
    /// <param name="cost">Time of each, in units of a plain copy.</param>
    internal static WorkerTeam Team(WorkerTeam team, int length, int cost) => (long)length * cost < WorthForking ? WorkerTeam.Single : team;

    /// <summary>Runs a job of one part for each <see cref="Chunk"/> elements.</summary>
    internal static void Divide<TJob>(WorkerTeam team, int length, int cost, in TJob job) where TJob : unmanaged, IParallelJob =>
        Team(team, length, cost).Run((length + Chunk - 1) / Chunk, job);

    /// <summary>The first <paramref name="count"/> elements, the rest of the vector 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> LoadPart(float* source, int count)
    {
        float* lanes = stackalloc float[Vector<float>.Count];
        Unsafe.InitBlockUnaligned(lanes, 0, (uint)(Vector<float>.Count * sizeof(float)));
        for (int i = 0; i < count; i++)
        {
            lanes[i] = source[i];
        }

        return Vector.Load(lanes);
    }

    /// <summary>Stores the first <paramref name="count"/> elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StorePart(Vector<float> value, float* destination, int count)
    {
        for (int i = 0; i < count; i++)
        {
            destination[i] = value[i];
        }
    }

    private struct MapJob<TKernel> : IParallelJob where TKernel : unmanaged, IUnaryKernel
    {
        internal TKernel Kernel;
        internal float* X;
        internal float* Y;
        internal int Length;

        public readonly void Execute(int part)
        {
            TKernel kernel = Kernel;
            int i = part * Chunk;
            int end = (int)Math.Min((long)i + Chunk, Length);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                kernel.Value(Vector.Load(X + i)).Store(Y + i);
            }

            if (i < end)
            {
                StorePart(kernel.Value(LoadPart(X + i, end - i)), Y + i, end - i);
            }
        }
    }

    private struct ZipJob<TKernel> : IParallelJob where TKernel : unmanaged, IBinaryKernel
    {
        internal TKernel Kernel;
        internal float* Left;
        internal float* Right;
        internal float* Y;
        internal int Length;
        internal bool Accumulate;

        public readonly void Execute(int part)
        {
            TKernel kernel = Kernel;
            int i = part * Chunk;
            int end = (int)Math.Min((long)i + Chunk, Length);
            if (Accumulate)
            {
                for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
                {
                    (Vector.Load(Y + i) + kernel.Value(Vector.Load(Left + i), Vector.Load(Right + i))).Store(Y + i);
                }
            }
            else
            {
                for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
                {
                    kernel.Value(Vector.Load(Left + i), Vector.Load(Right + i)).Store(Y + i);
                }
            }

            if (i < end)
            {
                Vector<float> value = kernel.Value(LoadPart(Left + i, end - i), LoadPart(Right + i, end - i));
                StorePart(Accumulate ? LoadPart(Y + i, end - i) + value : value, Y + i, end - i);
            }
        }
    }
}

/// <summary>left + scale · right.</summary>
internal readonly struct AddScaled(float scale) : IBinaryKernel
{
    public Vector<float> Value(Vector<float> left, Vector<float> right) => left + (right * new Vector<float>(scale));
}

/// <summary>scale · x.</summary>
internal readonly struct Scaled(float scale) : IUnaryKernel
{
    public Vector<float> Value(Vector<float> x) => x * new Vector<float>(scale);
}

/// <summary>left · right.</summary>
internal readonly struct Product : IBinaryKernel
{
    public Vector<float> Value(Vector<float> left, Vector<float> right) => left * right;
}
