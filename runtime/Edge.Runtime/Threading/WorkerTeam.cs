using System.Runtime.ExceptionServices;

namespace Edge.Runtime.Threading;

/// <summary>One piece of divided work. Implemented by small unmanaged structs that hold pointers and sizes.</summary>
public interface IParallelJob
{
    /// <summary>Does part <paramref name="part"/>, 0-based. Parts may run in any order, on any thread, at the same time.</summary>
    /// <param name="part">The part's index, 0 ≤ part &lt; the count given to <see cref="WorkerTeam.Run{TJob}(int, in TJob)"/>.</param>
    void Execute(int part);
}

/// <summary>Fork-join over a fixed set of threads, without allocation. The caller is one of them.</summary>
/// <remarks>
/// Parts are claimed from a shared counter. What a part computes must depend on its index alone, never on the thread
/// or on the team's size: so results do not depend on the number of threads.
/// A team belongs to one session or trainer: <see cref="Run{TJob}(int, in TJob)"/> is not re-entrant and not thread-safe.
/// Waiting threads spin for some microseconds (a step of a network follows the last one closely), then block.
/// A helper that wakes late finds the gate closed and goes back to sleep: nobody waits for a thread that has not begun, so a busy machine
/// costs at most the speed-up.
/// </remarks>
public sealed unsafe class WorkerTeam : IDisposable
{
    private readonly Thread[] _threads;
    private readonly SemaphoreSlim[] _wake;
    private readonly int[] _parked;                  // 1 while the helper sleeps on its semaphore
    private delegate*<void*, int, void> _invoke;
    private void* _job;
    private int _parts;
    private int _next;                               // next unclaimed part
    private int _gate;                               // Open while parts may be left, plus the number of helpers inside
    private int _generation;
    private Exception? _fault;
    private volatile bool _stop;

    /// <summary>Starts <paramref name="threads"/> − 1 background threads.</summary>
    /// <param name="threads">Threads that take part, the caller included: 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is below 1 or above 1024.</exception>
    public WorkerTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 1024);
        Threads = threads;
        _threads = new Thread[threads - 1];
        _wake = new SemaphoreSlim[threads - 1];
        _parked = new int[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int index = i;
            _wake[i] = new SemaphoreSlim(0);
            _threads[i] = new Thread(() => Help(index), StackBytes) { IsBackground = true, Name = "Edge worker" };
            _threads[i].Start();
        }
    }

    /// <summary>Stack of a helper thread in bytes; kernels may stackalloc up to <see cref="KernelStackBytes"/> of it.</summary>
    internal const int StackBytes = 1 << 20;

    /// <summary>What one kernel may take from the stack, in bytes: a main thread has 8 MB, a helper <see cref="StackBytes"/>.</summary>
    internal const int KernelStackBytes = 128 << 10;

    /// <summary>A team of the calling thread alone; it holds no resources and need not be disposed.</summary>
    public static WorkerTeam Single { get; } = new(1);

    /// <summary>Threads that take part, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Helpers that blocked because no work came: they use no processor time.</summary>
    internal int SleepingHelpers
    {
        get
        {
            int sleeping = 0;
            for (int i = 0; i < _parked.Length; i++)
            {
                sleeping += Volatile.Read(ref _parked[i]);
            }

            return sleeping;
        }
    }

    /// <summary>Executes parts 0 … <paramref name="parts"/> − 1 of <paramref name="job"/> and returns when all are done.</summary>
    /// <typeparam name="TJob">The work; unmanaged, so that the helpers may read it from the caller's stack.</typeparam>
    /// <param name="parts">Number of parts; 0 or less does nothing.</param>
    /// <param name="job">The work; lives on the caller's stack until this returns.</param>
    public void Run<TJob>(int parts, in TJob job) where TJob : unmanaged, IParallelJob
    {
        if (_threads.Length == 0 || parts <= 1)
        {
            for (int i = 0; i < parts; i++)
            {
                job.Execute(i);
            }

            return;
        }

        fixed (TJob* pointer = &job)
        {
            Fork(&Invoke<TJob>, pointer, parts);
        }
    }

    /// <summary>Ends the helper threads. No call to <see cref="Run{TJob}(int, in TJob)"/> may be under way.</summary>
    public void Dispose()
    {
        if (_stop || _threads.Length == 0)
        {
            return;
        }

        _stop = true;
        foreach (SemaphoreSlim wake in _wake)
        {
            wake.Release();
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        foreach (SemaphoreSlim wake in _wake)
        {
            wake.Dispose();
        }
    }

    private static void Invoke<TJob>(void* job, int part) where TJob : unmanaged, IParallelJob => ((TJob*)job)->Execute(part);

    private void Fork(delegate*<void*, int, void> invoke, void* job, int parts)
    {
        ObjectDisposedException.ThrowIf(_stop, this);
        _invoke = invoke;
        _job = job;
        _parts = parts;
        _fault = null;
        Volatile.Write(ref _next, 0);
        Volatile.Write(ref _gate, Open);
        Interlocked.Increment(ref _generation);      // full fence: helpers that see it see the job and the open gate
        int useful = Math.Min(_parked.Length, parts - 1);
        for (int i = 0; i < useful; i++)
        {
            if (Interlocked.Exchange(ref _parked[i], 0) == 1)
            {
                _wake[i].Release();
            }
        }

        Work();
        Interlocked.And(ref _gate, ~Open);
        SpinWait spin = default;
        while (Volatile.Read(ref _gate) != 0)
        {
            spin.SpinOnce(sleep1Threshold: -1);      // the job lives on our stack: never return before the last helper left
        }

        if (_fault is not null)
        {
            ExceptionDispatchInfo.Throw(_fault);
        }
    }

    /// <summary>Counts the calling helper in, unless all parts are claimed already.</summary>
    private bool TryEnter()
    {
        int gate = Volatile.Read(ref _gate);
        while ((gate & Open) != 0)
        {
            int seen = Interlocked.CompareExchange(ref _gate, gate + 1, gate);
            if (seen == gate)
            {
                return true;
            }

            gate = seen;
        }

        return false;
    }

    private void Work()
    {
        try
        {
            int part;
            while ((part = Interlocked.Increment(ref _next) - 1) < _parts)
            {
                _invoke(_job, part);
            }
        }
        catch (Exception fault)                      // kernels do not throw; a bug must reach the caller all the same
        {
            Interlocked.CompareExchange(ref _fault, fault, null);
        }
    }

    private void Help(int index)
    {
        int seen = 0;
        while (!_stop)
        {
            int spins = 0;
            int generation;
            while ((generation = Volatile.Read(ref _generation)) == seen && !_stop)
            {
                if (++spins < SpinsBeforePark)
                {
                    Thread.SpinWait(8);
                    continue;
                }

                Volatile.Write(ref _parked[index], 1);
                Interlocked.MemoryBarrier();
                if (Volatile.Read(ref _generation) != seen || _stop)
                {
                    if (Interlocked.Exchange(ref _parked[index], 0) == 1)
                    {
                        continue;                    // we took the flag back ourselves: no release is coming
                    }
                }

                _wake[index].Wait();
                spins = 0;
            }

            if (_stop)
            {
                return;
            }

            seen = generation;
            if (TryEnter())
            {
                Work();
                Interlocked.Decrement(ref _gate);
            }
        }
    }

    /// <summary>Bit of the gate that admits helpers.</summary>
    private const int Open = 1 << 16;

    /// <summary>About 20 µs of spinning (the runtime scales one iteration to some 40 ns): longer than the gap between two steps, far shorter
    /// than a scheduler's time slice.</summary>
    private const int SpinsBeforePark = 64;
}
