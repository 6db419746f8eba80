using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Divided work whose body is generic over vector width.</summary>
internal interface IWidthJob
{
    /// <summary>Does part <paramref name="part"/> with vectors of <typeparamref name="TVector"/>.</summary>
    void Execute<TVector>(int part) where TVector : unmanaged, IVector<TVector>;
}

/// <summary>Runs a job with the widest vectors this machine is fast with. The tests are constants to the JIT, so one branch remains.</summary>
internal readonly struct WidthJob<TJob>(TJob job) : IParallelJob where TJob : unmanaged, IWidthJob
{
    private readonly TJob _job = job;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Execute(int part)
    {
        if (Vector512.IsHardwareAccelerated && Avx512F.IsSupported)
        {
            _job.Execute<Lanes16>(part);
        }
        else if (Vector256.IsHardwareAccelerated && Avx.IsSupported)
        {
            _job.Execute<Lanes8>(part);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            _job.Execute<Lanes4>(part);
        }
        else
        {
            _job.Execute<Lanes1>(part);
        }
    }
}

/// <summary>Starts <see cref="IWidthJob"/>s.</summary>
internal static class WidthJob
{
    /// <summary>Multiply-adds (or elements moved) below which a fork costs more than it saves: a wake-up takes about 5 µs.</summary>
    private const long WorthForking = 1 << 16;

    /// <summary>Executes all parts of <paramref name="job"/>: on the team if <paramref name="work"/> operations are worth it, else here.</summary>
    internal static void Run<TJob>(WorkerTeam team, int parts, long work, in TJob job) where TJob : unmanaged, IWidthJob
    {
        WidthJob<TJob> widthJob = new(job);
        (work < WorthForking ? WorkerTeam.Single : team).Run(parts, widthJob);
    }
}
