using System.Diagnostics;
using System.Numerics;

namespace Edge.Runtime.Kernels;

/// <summary>exp, logistic and tanh in int32 fixed point: integer bits before the point, the rest after it, Q(m.31−m).</summary>
/// <remarks>
/// Source: gemmlowp fixedpoint/fixedpoint.h, reproduced operation by operation because every rounding shows in the result. Multiplying
/// Qa by Qb with SaturatingRoundingDoublingHighMul gives Q(a+b). Constants are round(c · 2^31) unless noted.
/// </remarks>
internal static class FixedPointFunctions
{
    /// <summary>e^x for x ≤ 0.</summary>
    /// <param name="x">Input with <paramref name="integerBits"/> integer bits, not positive.</param>
    /// <param name="integerBits">2 … 5.</param>
    /// <returns>Q0.31; e^0 is the largest value, 1 − 2^-31.</returns>
    public static int ExpOnNegative(int x, int integerBits)
    {
        Debug.Assert(x <= 0 && integerBits is >= 2 and <= 5);
        if (x == 0)
        {
            return int.MaxValue;
        }

        // x = −k/4 + r with r in [−1/4, 0): e^r by a Taylor polynomial, e^(−k/4) by one factor for each set bit of k.
        int fractionalBits = 31 - integerBits;
        int quarter = 1 << (fractionalBits - 2);
        int r = (x & (quarter - 1)) - quarter;
        int result = ExpOnLastQuarter(FixedPoint.SaturatingShiftLeft(r, integerBits));
        int remainder = unchecked(r - x);
        for (int i = 0; i < PowersOfE.Length; i++)                       // bit i stands for 2^(i − 2)
        {
            if (i - 2 < integerBits && (remainder & (1 << (fractionalBits + i - 2))) != 0)
            {
                result = FixedPoint.SaturatingRoundingDoublingHighMul(result, PowersOfE[i]);
            }
        }

        return result;
    }

    /// <summary>1 / (1 + e^−x).</summary>
    /// <param name="x">Input with <paramref name="integerBits"/> integer bits.</param>
    /// <param name="integerBits">2 … 5.</param>
    /// <returns>Q0.31.</returns>
    public static int Logistic(int x, int integerBits)
    {
        if (x == 0)
        {
            return 1 << 30;
        }

        int positive = OneOverOnePlus(ExpOnNegative(x > 0 ? -x : x, integerBits));
        return x > 0 ? positive : int.MaxValue - positive;
    }

    /// <summary>tanh x = (1 − e^−2x) / (1 + e^−2x).</summary>
    /// <param name="x">Input with <paramref name="integerBits"/> integer bits.</param>
    /// <param name="integerBits">1 … 4: doubling x moves the point by one.</param>
    /// <returns>Q0.31.</returns>
    public static int Tanh(int x, int integerBits)
    {
        if (x == 0)
        {
            return 0;
        }

        int e = ExpOnNegative(x < 0 ? x : -x, integerBits + 1);
        int t = FixedPoint.SaturatingShiftLeft(unchecked(Reciprocal(e) - OneInQ2), 2);
        return x < 0 ? -t : t;
    }

    /// <summary>1 / x of a positive fixed-point number: result · 2^−bits with the result in Q0.31.</summary>
    /// <param name="x">Positive, with <paramref name="integerBits"/> integer bits.</param>
    /// <param name="integerBits">Integer bits of <paramref name="x"/>.</param>
    /// <returns>1 / (x scaled into [1, 2)) and the number of bits that x reaches above one.</returns>
    /// <remarks>Source: GetReciprocal, TensorFlow Lite kernels/internal/common.h.</remarks>
    public static (int Scale, int BitsOverUnit) Invert(int x, int integerBits)
    {
        Debug.Assert(x > 0);
        int headroom = BitOperations.LeadingZeroCount((uint)x);
        int minusOne = (int)(((uint)x << headroom) - (1u << 31));
        return (OneOverOnePlus(minusOne), integerBits - headroom);
    }

    /// <summary>1 / √x of a positive integer as a multiplier: multiplier · 2^(shift − 31), for <see cref="FixedPoint.Multiply"/>.</summary>
    /// <param name="x">At least 0; 0 counts as 1.</param>
    /// <remarks>Source: GetInvSqrtQuantizedMultiplierExp, TensorFlow Lite kernels/internal/common.h: five Newton-Raphson steps in Q3.28 on x scaled into [1/4, 1).</remarks>
    public static (int Multiplier, int Shift) InverseSquareRoot(int x)
    {
        if (x <= 1)
        {
            return (int.MaxValue, 0);
        }

        int rightShift = 11;
        while (x >= 1 << 29)
        {
            x /= 4;
            rightShift++;
        }

        int pairs = ((BitOperations.LeadingZeroCount((uint)x) - 1) / 2) - 1;
        rightShift -= pairs;
        x <<= 2 * pairs;
        const int HalfThree = (1 << 28) + (1 << 27);
        const int HalfRootOfTwo = 1518500250;
        int half = FixedPoint.RoundingDivideByPowerOfTwo(x >> 1, 1);
        int y = 1 << 28;
        for (int i = 0; i < 5; i++)
        {
            int cube = FixedPoint.SaturatingShiftLeft(
                FixedPoint.SaturatingRoundingDoublingHighMul(FixedPoint.SaturatingRoundingDoublingHighMul(y, y), y), 6);
            y = FixedPoint.SaturatingShiftLeft(
                unchecked(FixedPoint.SaturatingRoundingDoublingHighMul(HalfThree, y) - FixedPoint.SaturatingRoundingDoublingHighMul(half, cube)), 3);
        }

        y = FixedPoint.SaturatingRoundingDoublingHighMul(y, HalfRootOfTwo);
        return rightShift < 0 ? (y << -rightShift, 0) : (y, -rightShift);
    }

    /// <summary>ln x for x ≥ 1 in Q12.19, as Q5.26; in practice also for x ≥ 2^-12.</summary>
    /// <param name="x">Positive, with 12 integer bits.</param>
    /// <remarks>
    /// Source: log_x_for_x_greater_than_or_equal_to_1, TensorFlow Lite kernels/internal/common.h. x = 2^n · r with r near √½ or near 1, whichever is the better side of two
    /// candidates; ln r by a rational approximation around ⁴√½.
    /// </remarks>
    public static int Log(int x)
    {
        const int InputIntegerBits = 12;
        const int SumIntegerBits = 6;                                    // one more than the result has
        const int LogOf2 = 1488522236;
        const int RootOfHalf = 1518500250;
        const int FourthRootOfHalf = 1805811301;
        const int AlphaN = 117049297;                                    // 11/240 · ⁴√2
        const int AlphaD = 127690142;                                    // 1/20 · ⁴√2
        const int AlphaI = 1057819769;                                   // 2/⁴√2 − ⁴√2
        const int AlphaF = 638450708;                                    // 1/4 · ⁴√2
        int quarter = FixedPoint.RoundingDivideByPowerOfTwo(536870912, SumIntegerBits);

        int headroomA = BitOperations.LeadingZeroCount((uint)x);
        int scaledA = ShiftLeftOrKeep(x, headroomA - 1);
        int rA = FixedPoint.SaturatingShiftLeft(FixedPoint.SaturatingRoundingDoublingHighMul(scaledA, RootOfHalf), 1);
        int powerA = Sum(ShiftLeftOrKeep(InputIntegerBits - headroomA, 31 - SumIntegerBits), quarter);

        int b = FixedPoint.SaturatingRoundingDoublingHighMul(x, RootOfHalf);
        int headroomB = BitOperations.LeadingZeroCount((uint)b) - 1;
        int rB = ShiftLeftOrKeep(x, headroomB);
        int powerB = Sum(ShiftLeftOrKeep(InputIntegerBits - headroomB, 31 - SumIntegerBits), -quarter);

        int r = Math.Min(rA, rB);
        int power = Math.Max(powerA, powerB);
        int p = RoundingHalfSum(r, FourthRootOfHalf);
        int q = unchecked(r - FourthRootOfHalf);
        q = unchecked(q + q);
        int square = FixedPoint.SaturatingRoundingDoublingHighMul(q, q);
        int numerator = unchecked(FixedPoint.SaturatingRoundingDoublingHighMul(q, r) +
            FixedPoint.SaturatingRoundingDoublingHighMul(FixedPoint.SaturatingRoundingDoublingHighMul(q, square), AlphaN));
        int denominator = unchecked(
            FixedPoint.SaturatingRoundingDoublingHighMul(p, AlphaI + q + FixedPoint.SaturatingRoundingDoublingHighMul(AlphaD, square)) +
            FixedPoint.SaturatingRoundingDoublingHighMul(AlphaF, q));
        int reciprocal = OneOverOnePlus(denominator);
        int scaled = FixedPoint.RoundingDivideByPowerOfTwo(numerator, SumIntegerBits);
        int sum = unchecked(FixedPoint.SaturatingRoundingDoublingHighMul(power, LogOf2) + FixedPoint.SaturatingRoundingDoublingHighMul(scaled, reciprocal));
        return FixedPoint.SaturatingShiftLeft(sum, 1);
    }

    private static int ShiftLeftOrKeep(int x, int exponent) => exponent == 0 ? x : FixedPoint.SaturatingShiftLeft(x, exponent);

    private static int Sum(int a, int b) => (int)Math.Clamp((long)a + b, int.MinValue, int.MaxValue);

    /// <summary>(a + b) / 2, halves away from zero; gemmlowp's RoundingHalfSum.</summary>
    private static int RoundingHalfSum(int a, int b)
    {
        long sum = (long)a + b;
        return (int)((sum + (sum >= 0 ? 1 : -1)) / 2);
    }

    /// <summary>1 / (1 + a) for a in [0, 1): half of 2 / (1 + a), brought from Q1 to Q0.</summary>
    private static int OneOverOnePlus(int a) => FixedPoint.SaturatingShiftLeft(Reciprocal(a), 1);

    /// <summary>2 / (1 + a) in Q2 for a in Q0, by three Newton-Raphson steps on d = (1 + a) / 2, starting from 48/17 − 32/17 · d.</summary>
    private static int Reciprocal(int a)
    {
        int halfDenominator = (int)(((long)a + int.MaxValue + 1) / 2);   // RoundingHalfSum of non-negative values
        int x = 1515870810 + FixedPoint.SaturatingRoundingDoublingHighMul(halfDenominator, -1010580540);   // 48/17, −32/17 in Q2.29
        for (int i = 0; i < 3; i++)
        {
            int error = OneInQ2 - FixedPoint.SaturatingRoundingDoublingHighMul(halfDenominator, x);
            x = unchecked(x + FixedPoint.SaturatingShiftLeft(FixedPoint.SaturatingRoundingDoublingHighMul(x, error), 2));
        }

        return x;
    }

    /// <summary>e^a for a in [−1/4, 0), Q0: Taylor around −1/8, e^(−1/8) · (1 + x + x²/2 + x³/6 + x⁴/24) with x = a + 1/8.</summary>
    private static int ExpOnLastQuarter(int a)
    {
        const int ExpOfMinusEighth = 1895147668;
        const int Third = 715827883;
        int x = a + (1 << 28);
        int x2 = FixedPoint.SaturatingRoundingDoublingHighMul(x, x);
        int x3 = FixedPoint.SaturatingRoundingDoublingHighMul(x2, x);
        int x4 = FixedPoint.SaturatingRoundingDoublingHighMul(x2, x2);
        int tail = FixedPoint.SaturatingRoundingDoublingHighMul(FixedPoint.RoundingDivideByPowerOfTwo(x4, 2) + x3, Third) + x2;
        int series = x + FixedPoint.RoundingDivideByPowerOfTwo(tail, 1);
        return ExpOfMinusEighth + FixedPoint.SaturatingRoundingDoublingHighMul(ExpOfMinusEighth, series);
    }

    private const int OneInQ2 = 1 << 29;

    /// <summary>e^(−2^(i−2)) in Q0.31 for i = 0 … 6.</summary>
    private static ReadOnlySpan<int> PowersOfE => [1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242];
}
