using System.Runtime.CompilerServices;
using Edge.Runtime.Kernels;
using Edge.Runtime.Threading;

namespace Edge.Benchmarks;

/// <summary>Multiply-adds in registers only: what this machine can do with the vectors the kernels use.</summary>
internal struct Peak : IWidthJob
{
    private const int Loops = 1_000_000;
    private static int s_lanes;
    private static float s_sink;

    /// <summary>Operations (two a multiply-add) of one <see cref="Run"/>.</summary>
    internal static double Operations => 2.0 * Loops * 12 * s_lanes;

    internal static void Run() => WidthJob.Run(WorkerTeam.Single, 1, long.MaxValue, default(Peak));

    [MethodImpl(MethodImplOptions.NoInlining)]
    public readonly void Execute<TVector>(int part) where TVector : unmanaged, IVector<TVector>
    {
        TVector x = TVector.Broadcast(0.999f), y = TVector.Broadcast(1e-3f);
        TVector a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (int loop = 0; loop < Loops; loop++)
        {
            a = TVector.MultiplyAdd(a, x, y);
            b = TVector.MultiplyAdd(b, x, y);
            c = TVector.MultiplyAdd(c, x, y);
            d = TVector.MultiplyAdd(d, x, y);
            e = TVector.MultiplyAdd(e, x, y);
            f = TVector.MultiplyAdd(f, x, y);
            g = TVector.MultiplyAdd(g, x, y);
            h = TVector.MultiplyAdd(h, x, y);
            i = TVector.MultiplyAdd(i, x, y);
            j = TVector.MultiplyAdd(j, x, y);
            k = TVector.MultiplyAdd(k, x, y);
            l = TVector.MultiplyAdd(l, x, y);
        }

        TVector sum = TVector.Add(TVector.Add(TVector.Add(a, b), TVector.Add(c, d)), TVector.Add(TVector.Add(e, f), TVector.Add(g, h)));
        s_sink += TVector.Sum(TVector.Add(sum, TVector.Add(TVector.Add(i, j), TVector.Add(k, l))));
        s_lanes = TVector.Count;
    }
}
