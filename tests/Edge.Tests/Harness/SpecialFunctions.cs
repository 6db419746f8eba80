namespace Edge.Tests.Harness;

/// <summary>Functions that the base library lacks, in double, for oracles.</summary>
internal static class SpecialFunctions
{
    /// <summary>erfc(x) = 2/√π ∫ₓ^∞ exp(−t²) dt, relative error below 1e-12.</summary>
    /// <remarks>Below 2.5 the series erf(x) = 2/√π exp(−x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)!!, beyond it Laplace's continued fraction (DLMF 7.6.2, 7.9.1).</remarks>
    public static double ComplementaryError(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        double z = Math.Abs(x);
        double tail;
        if (z < 2.5)
        {
            double term = z;
            double sum = z;
            for (int n = 1; n < 100; n++)
            {
                term *= 2 * z * z / ((2 * n) + 1);
                sum += term;
            }

            tail = 1 - (2 / Math.Sqrt(Math.PI) * Math.Exp(-z * z) * sum);
        }
        else
        {
            double fraction = z;
            for (int n = 200; n > 0; n--)
            {
                fraction = z + (n / 2.0 / fraction);
            }

            tail = double.IsInfinity(z) ? 0 : Math.Exp(-z * z) / (fraction * Math.Sqrt(Math.PI));
        }

        return x < 0 ? 2 - tail : tail;
    }
}
