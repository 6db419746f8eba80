using System.Numerics;
using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>Elementary functions on vectors of float32, within a few units in the last place over the whole range.</summary>
/// <remarks>
/// Only + − × ÷ and bit operations, unfused, so a value's bits do not depend on the vector width or the instruction set.
/// Polynomials of exp, tanh, log, sin, cos and erf: Moshier, Cephes library, expf, tanhf, logf, sinf and ndtrf.
/// </remarks>
internal static class VectorMath
{
    // Adding and subtracting 1.5 · 2²³ rounds to the nearest integer, to even in ties.
    private const float Rounder = 12582912f;

    /// <summary>exp(x): infinity above 88.72, subnormal below −87.33, 0 below −104; NaN stays NaN.</summary>
    /// <remarks>x = n · ln 2 + r with |r| ≤ ln 2 / 2, ln 2 in two parts of which the first has few bits; exp(r) by a polynomial. 2ⁿ in two factors, since n
    /// runs from −150 to 128 and one exponent field from −126 to 127.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Exp(Vector<float> x)
    {
        Vector<float> low = new(-104f);
        Vector<float> high = new(89f);
        x = Vector.ConditionalSelect(Vector.LessThan(x, low), low, x);
        x = Vector.ConditionalSelect(Vector.GreaterThan(x, high), high, x);
        Vector<float> n = (x * new Vector<float>(1.44269504f)) + new Vector<float>(Rounder) - new Vector<float>(Rounder);
        Vector<float> r = x - (n * new Vector<float>(0.693359375f)) - (n * new Vector<float>(-2.12194440e-4f));
        Vector<float> p = (ExpSeries(r) * r * r) + r + Vector<float>.One;
        Vector<int> exponent = Vector.ConvertToInt32(n);
        Vector<int> half = Vector.ShiftRightArithmetic(exponent, 1);
        return p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>exp(x) − 1, without cancellation near 0; −1 below −104, infinity above 88.72, NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> ExpMinusOne(Vector<float> x)
    {
        Vector<float> small = (ExpSeries(x) * x * x) + x;
        return Vector.ConditionalSelect(Vector.LessThan(Vector.Abs(x), new Vector<float>(0.34657359f)), small, Exp(x) - Vector<float>.One);
    }

    /// <summary>ln x: −∞ at 0, NaN below it; infinity and NaN stay.</summary>
    /// <remarks>x = 2ⁿ · m with √½ ≤ m &lt; √2; ln m by a polynomial in m − 1. Subnormal numbers are brought into the normal range first.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Log(Vector<float> x)
    {
        Vector<int> tiny = Vector.LessThan(x, new Vector<float>(1.17549435e-38f));
        Vector<float> normal = Vector.ConditionalSelect(tiny, x * new Vector<float>(8388608f), x);
        Vector<int> bits = Vector.AsVectorInt32(normal) - new Vector<int>(0x3F3504F3);          // √½ becomes 0
        Vector<int> exponent = Vector.ShiftRightArithmetic(bits, 23);
        Vector<float> m = Vector.AsVectorSingle((bits & new Vector<int>(0x007FFFFF)) + new Vector<int>(0x3F3504F3)) - Vector<float>.One;
        Vector<float> n = Vector.ConvertToSingle(exponent) - Vector.ConditionalSelect(tiny, new Vector<float>(23f), Vector<float>.Zero);
        Vector<float> square = m * m;
        Vector<float> p = new(7.0376836292e-2f);
        p = (p * m) + new Vector<float>(-1.1514610310e-1f);
        p = (p * m) + new Vector<float>(1.1676998740e-1f);
        p = (p * m) + new Vector<float>(-1.2420140846e-1f);
        p = (p * m) + new Vector<float>(1.4249322787e-1f);
        p = (p * m) + new Vector<float>(-1.6668057665e-1f);
        p = (p * m) + new Vector<float>(2.0000714765e-1f);
        p = (p * m) + new Vector<float>(-2.4999993993e-1f);
        p = (p * m) + new Vector<float>(3.3333331174e-1f);
        Vector<float> y = (p * m * square) + (n * new Vector<float>(-2.12194440e-4f)) - (square * new Vector<float>(0.5f));
        y = m + y + (n * new Vector<float>(0.693359375f));

        // Infinity and NaN pass; 0 and what lies below it have no finite logarithm.
        y = Vector.ConditionalSelect(Vector.LessThan(x, new Vector<float>(float.PositiveInfinity)), y, x);
        y = Vector.ConditionalSelect(Vector.Equals(x, Vector<float>.Zero), new Vector<float>(float.NegativeInfinity), y);
        return Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), new Vector<float>(float.NaN), y);
    }

    /// <summary>sin x, or with <paramref name="quarters"/> = 1 cos x: the sine of x + quarters · π/2.</summary>
    /// <remarks>x = n · π/2 + r with |r| ≤ π/4, π/2 in three parts of few bits. Above |x| = 8192 that loses digits: such lanes come from <see cref="MathF"/>.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Sin(Vector<float> x, int quarters)
    {
        Vector<float> n = (x * new Vector<float>(0.63661977f)) + new Vector<float>(Rounder) - new Vector<float>(Rounder);
        Vector<float> r = x - (n * new Vector<float>(1.5703125f)) - (n * new Vector<float>(4.837512969970703125e-4f)) - (n * new Vector<float>(7.54978995489188216e-8f));
        Vector<float> z = r * r;
        Vector<float> sine = (((((new Vector<float>(-1.9515295891e-4f) * z) + new Vector<float>(8.3321608736e-3f)) * z) + new Vector<float>(-1.6666654611e-1f)) * z * r) + r;
        Vector<float> cosine = (((((new Vector<float>(2.443315711809948e-5f) * z) + new Vector<float>(-1.388731625493765e-3f)) * z) + new Vector<float>(4.166664568298827e-2f)) * z * z)
            - (z * new Vector<float>(0.5f)) + Vector<float>.One;
        Vector<int> quadrant = Vector.ConvertToInt32(n) + new Vector<int>(quarters);
        Vector<float> y = Vector.ConditionalSelect(Vector.Equals(quadrant & Vector<int>.One, Vector<int>.Zero), sine, cosine);
        y = Vector.ConditionalSelect(Vector.Equals(quadrant & new Vector<int>(2), Vector<int>.Zero), y, -y);
        return Vector.LessThanAll(Vector.Abs(x), new Vector<float>(8192f)) ? y : Far(x, y, quarters);
    }

    private static Vector<float> Far(Vector<float> x, Vector<float> y, int quarters)
    {
        for (int i = 0; i < Vector<float>.Count; i++)
        {
            if (!(MathF.Abs(x[i]) < 8192f))
            {
                y = y.WithElement(i, quarters == 0 ? MathF.Sin(x[i]) : MathF.Cos(x[i]));
            }
        }

        return y;
    }

    /// <summary>erf(x) = 2/√π ∫₀ˣ exp(−t²) dt: a polynomial below 1, beyond it 1 − 2 Φ(−x√2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Erf(Vector<float> x)
    {
        Vector<float> z = x * x;
        Vector<float> p = new(7.853861353153693e-5f);
        p = (p * z) + new Vector<float>(-8.010193625184903e-4f);
        p = (p * z) + new Vector<float>(5.188327685732524e-3f);
        p = (p * z) + new Vector<float>(-2.685381193529856e-2f);
        p = (p * z) + new Vector<float>(1.128358514861418e-1f);
        p = (p * z) + new Vector<float>(-3.761262582423300e-1f);
        p = (p * z) + new Vector<float>(1.128379165726710f);
        Vector<float> magnitude = Vector.Abs(x);
        Vector<float> normal = magnitude * new Vector<float>(-1.41421356f);
        Vector<float> large = Vector<float>.One - (new Vector<float>(2f) * NormalDistribution(normal, Bell(normal)));
        large = Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), -large, large);
        return Vector.ConditionalSelect(Vector.LessThan(magnitude, Vector<float>.One), p * x, large);
    }

    /// <summary>log(1 + exp(x)), without overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Softplus(Vector<float> x) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), x, Vector<float>.Zero) + LogOnePlus(Exp(-Vector.Abs(x)));

    /// <summary>The nearest integer, halves to the even one; from 2²³ on every number is one already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Round(Vector<float> x)
    {
        Vector<float> limit = new(8388608f);
        Vector<float> magnitude = Vector.Abs(x);
        Vector<float> rounded = magnitude + limit - limit;
        rounded = Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), -rounded, rounded);
        return Vector.ConditionalSelect(Vector.LessThan(magnitude, limit), rounded, x);
    }

    // (exp(r) − 1 − r) / r² for |r| ≤ ln 2 / 2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> ExpSeries(Vector<float> r)
    {
        Vector<float> p = new(1.9875691500e-4f);
        p = (p * r) + new Vector<float>(1.3981999507e-3f);
        p = (p * r) + new Vector<float>(8.3334519073e-3f);
        p = (p * r) + new Vector<float>(4.1665795894e-2f);
        p = (p * r) + new Vector<float>(1.6666665459e-1f);
        return (p * r) + new Vector<float>(5.0000001201e-1f);
    }

    /// <summary>1 / (1 + exp(−x)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Sigmoid(Vector<float> x) => Vector<float>.One / (Vector<float>.One + Exp(-x));

    /// <summary>tanh(x): a polynomial below 0.625, where 1 − 2 / (exp(2x) + 1) would cancel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Tanh(Vector<float> x)
    {
        Vector<float> z = x * x;
        Vector<float> p = new(-5.70498872745e-3f);
        p = (p * z) + new Vector<float>(2.06390887954e-2f);
        p = (p * z) + new Vector<float>(-5.37397155531e-2f);
        p = (p * z) + new Vector<float>(1.33314422036e-1f);
        p = (p * z) + new Vector<float>(-3.33332819422e-1f);
        Vector<float> small = (p * z * x) + x;
        Vector<float> magnitude = Vector.Abs(x);
        Vector<float> large = Vector<float>.One - (new Vector<float>(2f) / (Exp(magnitude + magnitude) + Vector<float>.One));
        large = Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), -large, large);
        return Vector.ConditionalSelect(Vector.LessThan(magnitude, new Vector<float>(0.625f)), small, large);
    }

    /// <summary>exp(−x²/2): the density of the normal distribution but for its factor 1 / √(2π).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Bell(Vector<float> x) => Exp(x * x * new Vector<float>(-0.5f));

    /// <summary>Φ(x), the distribution function of the normal distribution, given <see cref="Bell"/> of x.</summary>
    /// <remarks>
    /// Φ(−z√2) = erfc(z) / 2 = exp(−z²) · t · P(t) with t = 1 / (1 + z/2), z ≥ 0. P interpolates at the 9 Chebyshev nodes of t for 0 ≤ z ≤ 9.5: relative
    /// error 5.1e-8, evaluated in float32 2.6e-7. The substitution is that of Press et al., Numerical Recipes, §6.2 (erfcc).
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> NormalDistribution(Vector<float> x, Vector<float> bell)
    {
        Vector<float> t = Vector<float>.One / (Vector<float>.One + (Vector.Abs(x) * new Vector<float>(0.35355339f)));
        Vector<float> p = new(-0.029669063f);
        p = (p * t) + new Vector<float>(0.14298983f);
        p = (p * t) + new Vector<float>(-0.24513802f);
        p = (p * t) + new Vector<float>(0.14087109f);
        p = (p * t) + new Vector<float>(-0.014615549f);
        p = (p * t) + new Vector<float>(0.10190113f);
        p = (p * t) + new Vector<float>(0.12141205f);
        p = (p * t) + new Vector<float>(0.14120631f);
        p = (p * t) + new Vector<float>(0.1410422f);
        Vector<float> tail = bell * t * p;
        return Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), Vector<float>.One - tail, tail);
    }

    /// <summary>log(1 + x) for 0 ≤ x ≤ 1.</summary>
    /// <remarks>2 artanh(s), s = x / (2 + x) ≤ 1/3, by its series Σ s²ᵏ⁺¹ / (2k + 1); what follows the eighth term is below 9e-10 of it.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> LogOnePlus(Vector<float> x)
    {
        Vector<float> s = x / (x + new Vector<float>(2f));
        Vector<float> z = s * s;
        Vector<float> p = new(1f / 15);
        p = (p * z) + new Vector<float>(1f / 13);
        p = (p * z) + new Vector<float>(1f / 11);
        p = (p * z) + new Vector<float>(1f / 9);
        p = (p * z) + new Vector<float>(1f / 7);
        p = (p * z) + new Vector<float>(1f / 5);
        p = (p * z) + new Vector<float>(1f / 3);
        p = (p * z) + Vector<float>.One;
        return (s + s) * p;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> PowerOfTwo(Vector<int> exponent) => Vector.AsVectorSingle(Vector.ShiftLeft(exponent + new Vector<int>(127), 23));
}
