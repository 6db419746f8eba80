namespace Edge.Fuzz;

/// <summary>Random numbers of one case: they follow from seed and case number alone, so any case can be replayed by itself.</summary>
/// <remarks>Source: SplitMix64, Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".</remarks>
public sealed class FuzzRandom
{
    private ulong _state;

    /// <summary>Starts the numbers of a case.</summary>
    public FuzzRandom(ulong seed, long index) => _state = Mix(seed + 0x9E3779B97F4A7C15) ^ Mix((ulong)index);

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        return Mix(_state);
    }

    /// <summary>0 ≤ result &lt; <paramref name="count"/>.</summary>
    public int Below(int count) => (int)(((UInt128)Next() * (ulong)count) >> 64);

    /// <summary>True in one of <paramref name="n"/> cases.</summary>
    public bool OneIn(int n) => Below(n) == 0;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
