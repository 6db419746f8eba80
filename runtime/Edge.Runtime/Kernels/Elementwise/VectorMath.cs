using System.Numerics;
using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>Elementary functions on vectors of float32, within a few units in the last place over the whole range.</summary>
/// <remarks>
/// Only + − × ÷ and bit operations, unfused, so a value's bits do not depend on the vector width or the instruction set.
/// Polynomials of exp and tanh: Moshier, Cephes library, expf and tanhf.
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
        Vector<float> p = new(1.9875691500e-4f);
        p = (p * r) + new Vector<float>(1.3981999507e-3f);
        p = (p * r) + new Vector<float>(8.3334519073e-3f);
        p = (p * r) + new Vector<float>(4.1665795894e-2f);
        p = (p * r) + new Vector<float>(1.6666665459e-1f);
        p = (p * r) + new Vector<float>(5.0000001201e-1f);
        p = (p * r * r) + r + Vector<float>.One;
        Vector<int> exponent = Vector.ConvertToInt32(n);
        Vector<int> half = Vector.ShiftRightArithmetic(exponent, 1);
        return p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
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
