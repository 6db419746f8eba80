namespace Edge.Runtime.Training;

/// <summary>xⁿ by squaring: multiplications only, so every platform gives the same bits; Math.Pow's last bit differs between them.</summary>
internal static class IntegerPower
{
    /// <summary><paramref name="value"/> to the power <paramref name="exponent"/>, 0 or above; relative error below about 2⁻⁵³ · exponent.</summary>
    internal static double Of(double value, long exponent)
    {
        double result = 1;
        for (double square = value; exponent > 0; exponent >>= 1, square *= square)
        {
            if ((exponent & 1) != 0)
            {
                result *= square;
            }
        }

        return result;
    }
}
