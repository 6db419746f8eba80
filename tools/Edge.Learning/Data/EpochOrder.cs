using Edge.Runtime;

namespace Edge.Learning.Data;

/// <summary>The order in which an epoch visits the samples.</summary>
public static class EpochOrder
{
    // Keeps epochs apart from every other use of the same seed.
    private const ulong Stream = 0x45504F4300000000;

    /// <summary>Fills <paramref name="order"/> with a permutation of 0 .. Length − 1 that depends on seed, epoch and length alone, so
    /// training can resume in the middle of an epoch. Does not allocate.</summary>
    /// <remarks>Fisher–Yates (Durstenfeld 1964, CACM algorithm 235).</remarks>
    public static void Fill(Span<int> order, ulong seed, int epoch) => Permute(order, new CounterRandom(seed, Stream ^ (uint)epoch));

    internal static void Permute(Span<int> order, in CounterRandom random)
    {
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        for (int i = order.Length - 1; i > 0; i--)
        {
            int j = random.Int32((ulong)i, i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }
}
