using System.Runtime.CompilerServices;

namespace Edge.Runtime;

/// <summary>Random numbers without state: the value at (seed, stream, index) is a pure function of the three.</summary>
/// <remarks>
/// <para>Any thread can draw any number in any order, and a run can be resumed in the middle by its index alone. Same bits on every
/// platform: only integer operations and IEEE-exact + − × ÷ √ are used, never a library's log or sin.</para>
/// <para>A stream is the SplitMix64 sequence started at a key hashed from seed and stream. Sources: Steele, Lea, Flood 2014, "Fast
/// splittable pseudorandom number generators"; finalizer constants "Mix13" by Stafford 2011, "Better bit mixing". Not for secrets.</para>
/// </remarks>
public readonly struct CounterRandom
{
    // 2^64 / golden ratio, odd: SplitMix64's increment.
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    private readonly ulong _key;

    /// <summary>The numbers of one stream.</summary>
    /// <param name="seed">Any value; what a user sets.</param>
    /// <param name="stream">Any value; one per purpose (an operator, an epoch, a sample), so purposes never share numbers.</param>
    public CounterRandom(ulong seed, ulong stream = 0) => _key = Mix(Mix(seed + Gamma) + (stream * Gamma));

    /// <summary>64 uniform bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong UInt64(ulong index) => Mix(_key + ((index + 1) * Gamma));

    /// <summary>32 uniform bits (the upper half of <see cref="UInt64"/>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint UInt32(ulong index) => (uint)(UInt64(index) >> 32);

    /// <summary>Uniform in [0, 1), a multiple of 2⁻²⁴.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Single(ulong index) => (UInt64(index) >> 40) * (1f / (1 << 24));

    /// <summary>Uniform in [0, 1), a multiple of 2⁻⁵³.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Double(ulong index) => (UInt64(index) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>]; rounding can reach the upper end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Uniform(ulong index, float low, float high) => low + ((high - low) * Single(index));

    /// <summary>Uniform in 0 .. <paramref name="exclusiveMax"/> − 1.</summary>
    /// <remarks>The product's high half (Lemire 2019, arXiv:1805.10941) without rejection: the bias is below exclusiveMax / 2⁶⁴.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="exclusiveMax"/> is not positive.</exception>
    public int Int32(ulong index, int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMax);
        return (int)Math.BigMul(UInt64(index), (ulong)exclusiveMax, out _);
    }

    /// <summary>Standard normal (mean 0, deviation 1), at most about ±8.3.</summary>
    /// <remarks>Inverse of the distribution function, so one index costs one draw and neighbours are independent.</remarks>
    public float Gaussian(ulong index) => (float)InverseNormal(((UInt64(index) >> 11) + 0.5) * (1.0 / (1UL << 53)));

    /// <summary>Stafford's Mix13 finalizer: a bijection of 64 bits in which every input bit flips each output bit about half the time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    // Acklam 2003, "An algorithm for computing the inverse normal cumulative distribution function": rational minimax
    // approximations, relative error below 1.15e-9, so below half a float's unit in the last place (6e-8).
    private static double InverseNormal(double p)
    {
        const double Tail = 0.02425;
        if (p < Tail)
        {
            return InverseTail(p);
        }

        if (p > 1 - Tail)
        {
            return -InverseTail(1 - p);
        }

        double q = p - 0.5;
        double r = q * q;
        return ((((((((((-3.969683028665376e+01 * r) + 2.209460984245205e+02) * r) - 2.759285104469687e+02) * r) + 1.383577518672690e+02) * r)
                - 3.066479806614716e+01) * r) + 2.506628277459239e+00) * q
            / ((((((((((-5.447609879822406e+01 * r) + 1.615858368580409e+02) * r) - 1.556989798598866e+02) * r) + 6.680131188771972e+01) * r)
                - 1.328068155288572e+01) * r) + 1);
    }

    private static double InverseTail(double p)
    {
        double q = Math.Sqrt(-2 * Log(p));
        return ((((((((((-7.784894002430293e-03 * q) - 3.223964580411365e-01) * q) - 2.400758277161838e+00) * q) - 2.549732539343734e+00) * q)
                + 4.374664141464968e+00) * q) + 2.938163982698783e+00)
            / ((((((((7.784695709041462e-03 * q) + 3.224671290700398e-01) * q) + 2.445134137142996e+00) * q) + 3.754408661907416e+00) * q) + 1);
    }

    // ln x for normal x > 0. x = m · 2^e with m in [√½, √2); ln m = 2 artanh z, z = (m − 1) / (m + 1), |z| < 0.1716, so the
    // series' first omitted term z^21 · 2/21 is below 1e-17. Math.Log differs in the last bit between platforms.
    private static double Log(double x)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(x);
        int exponent = (int)(bits >> 52) - 1023;
        double mantissa = BitConverter.UInt64BitsToDouble((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
        if (mantissa > 1.4142135623730951)
        {
            mantissa *= 0.5;
            exponent++;
        }

        double z = (mantissa - 1) / (mantissa + 1);
        double square = z * z;
        double sum = 0;
        for (int k = 19; k >= 1; k -= 2)
        {
            sum = (sum * square) + (1.0 / k);
        }

        return (2 * z * sum) + (exponent * 0.6931471805599453);
    }
}
