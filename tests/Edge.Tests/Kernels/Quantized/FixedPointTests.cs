using System.Runtime.Intrinsics.X86;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;

namespace Edge.Tests.Kernels.Quantized;

public sealed class FixedPointTests
{
    // mantissa = round(fraction · 2^31): around 1/2 the exponent changes and rounding up to 2^31 must carry; then edges of the format.
    [Theory]
    [InlineData(0.25, 0x40000000, -1)]
    [InlineData(0.50 - 5e-9, 0x7fffffeb, -1)]                           // 2^31 − 21.5
    [InlineData(0.50 - 1e-10, 0x40000000, 0)]
    [InlineData(0.50, 0x40000000, 0)]
    [InlineData(0.75, 0x60000000, 0)]
    [InlineData(1 - 1e-9, 0x7ffffffe, 0)]
    [InlineData(1.0, 0x40000000, 1)]
    [InlineData(1.25, 0x50000000, 1)]
    [InlineData(0.1, 1717986918, -3)]
    [InlineData(-0.75, -0x60000000, 0)]
    [InlineData(0.0, 0, 0)]
    [InlineData(1.0 / (1L << 32), 0x40000000, -31)]
    [InlineData(0.99 / (1L << 32), 0, 0)]
    [InlineData(double.Epsilon, 0, 0)]
    [InlineData((double)(1 << 29), 0x40000000, 30)]
    [InlineData((double)(1 << 30), int.MaxValue, 30)]
    [InlineData(-1e300, int.MinValue, 30)]
    public void A_real_multiplier_becomes_mantissa_and_shift(double value, int multiplier, int shift) =>
        Assert.Equal((multiplier, shift), FixedPoint.QuantizeMultiplier(value));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_multiplier_that_is_not_finite_is_refused(double value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FixedPoint.QuantizeMultiplier(value));

    [Fact]
    public void Random_multipliers_equal_the_reference()
    {
        Random random = new(1);
        for (int i = 0; i < 20_000; i++)
        {
            double value = (random.Next(2) == 0 ? -1 : 1) * Math.Pow(2, random.NextDouble() * 70 - 40);
            (int Multiplier, int Shift) expected = TfliteReference.QuantizeMultiplier(value);
            if (expected.Shift <= 30)
            {
                Assert.Equal(expected, FixedPoint.QuantizeMultiplier(value));
            }

            Assert.Equal(expected, FixedPoint.Decompose(value));
        }
    }

    [Theory]
    [InlineData(1 << 30, 1 << 30, 1 << 29)]
    [InlineData(int.MinValue, int.MinValue, int.MaxValue)]
    [InlineData(int.MinValue, int.MaxValue, -int.MaxValue)]
    [InlineData(-1, 1 << 30, 0)]                                         // −1/2 goes up
    [InlineData(1, 1 << 30, 1)]
    [InlineData(-3, 1 << 30, -1)]
    public void High_multiplication_rounds_halves_up(int a, int b, int expected)
    {
        Assert.Equal(expected, FixedPoint.SaturatingRoundingDoublingHighMul(a, b));
        Assert.Equal(expected, TfliteReference.HighMul(a, b));
    }

    [Theory]
    [InlineData(3, 1, 2)]
    [InlineData(-3, 1, -2)]
    [InlineData(5, 2, 1)]
    [InlineData(6, 2, 2)]
    [InlineData(-6, 2, -2)]
    [InlineData(-5, 2, -1)]
    [InlineData(int.MaxValue, 31, 1)]
    [InlineData(1 << 30, 31, 1)]
    [InlineData((1 << 30) - 1, 31, 0)]
    [InlineData(int.MinValue, 31, -1)]
    [InlineData(-1, 0, -1)]
    public void Division_by_a_power_of_two_rounds_halves_away_from_zero(int x, int exponent, int expected) =>
        Assert.Equal(expected, FixedPoint.RoundingDivideByPowerOfTwo(x, exponent));

    // CalculateInputRadius in quantization_util_test.cc.
    [Theory]
    [InlineData(4, 27, 15)]
    [InlineData(3, 27, 14)]
    [InlineData(4, 23, 240)]
    [InlineData(4, 31, 0)]
    [InlineData(4, 200, 0)]
    [InlineData(4, -100, int.MaxValue)]
    public void The_input_radius_is_where_a_rescaled_value_fills_its_integer_bits(int integerBits, int shift, int radius) =>
        Assert.Equal(radius, FixedPoint.InputRadius(integerBits, shift));

    [Fact]
    public void Scalar_arithmetic_equals_the_reference()
    {
        Random random = new(2);
        for (int i = 0; i < 200_000; i++)
        {
            int x = Number(random);
            int multiplier = Number(random);
            int shift = random.Next(-31, 31);
            Assert.Equal(TfliteReference.HighMul(x, multiplier), FixedPoint.SaturatingRoundingDoublingHighMul(x, multiplier));
            Assert.Equal(TfliteReference.Multiply(x, multiplier, shift), FixedPoint.Multiply(x, multiplier, shift));
        }
    }

    [Fact]
    public void Vectors_multiply_like_the_scalar()
    {
        if (Int32Lanes16.IsSupported)
        {
            CheckLanes<Int32Lanes16>();
        }

        if (Int32Lanes8.IsSupported)
        {
            CheckLanes<Int32Lanes8>();
        }

        if (Int32Lanes4.IsSupported)
        {
            CheckLanes<Int32Lanes4>();
        }

        Assert.Equal(Avx2.IsSupported, Int32Lanes8.IsSupported);
    }

    [Fact]
    public void Exp_logistic_and_tanh_equal_the_reference_and_the_real_functions()
    {
        Random random = new(3);
        for (int i = 0; i < 50_000; i++)
        {
            int bits = random.Next(2, 6);
            int x = random.Next(int.MinValue + 1, 1);
            Assert.Equal(TfliteReference.ExpOnNegative(x, bits), FixedPointFunctions.ExpOnNegative(x, bits));
            Assert.Equal(Math.Exp(Math.ScaleB(x, bits - 31)), Math.ScaleB(FixedPointFunctions.ExpOnNegative(x, bits), -31), 1e-6);

            int signed = random.Next(2) == 0 ? x : -x;
            Assert.Equal(TfliteReference.LogisticQ(signed, bits), FixedPointFunctions.Logistic(signed, bits));
            Assert.Equal(1 / (1 + Math.Exp(-Math.ScaleB(signed, bits - 31))), Math.ScaleB(FixedPointFunctions.Logistic(signed, bits), -31), 1e-6);

            bits = Math.Min(bits, 4);
            Assert.Equal(TfliteReference.TanhQ(signed, bits), FixedPointFunctions.Tanh(signed, bits));
            Assert.Equal(Math.Tanh(Math.ScaleB(signed, bits - 31)), Math.ScaleB(FixedPointFunctions.Tanh(signed, bits), -31), 1e-6);
        }

        Assert.Equal(int.MaxValue, FixedPointFunctions.ExpOnNegative(0, 5));
        Assert.Equal(1 << 30, FixedPointFunctions.Logistic(0, 4));
        Assert.Equal(0, FixedPointFunctions.Tanh(0, 4));
    }

    [Fact]
    public void A_reciprocal_is_scaled_into_the_unit_interval()
    {
        Random random = new(4);
        for (int i = 0; i < 10_000; i++)
        {
            int x = random.Next(1, int.MaxValue) >> random.Next(12);
            if (x == 0)
            {
                continue;
            }

            (int scale, int bits) = FixedPointFunctions.Invert(x, 12);
            Assert.Equal(1 / Math.ScaleB(x, -19), Math.ScaleB(scale, -31 - bits), 1e-6 * Math.ScaleB(1, -bits) + 1e-12);
        }
    }

    [Theory]
    [InlineData(Activation.None, 0.1f, 3, -128, 127)]
    [InlineData(Activation.Relu, 0.1f, 3, 3, 127)]
    [InlineData(Activation.Relu6, 0.1f, 3, 3, 63)]
    [InlineData(Activation.Relu6, 6f / 255f, -128, -128, 127)]
    [InlineData(Activation.Relu6, 1e-30f, 0, 0, 127)]
    [InlineData(Activation.ReluN1To1, 0.1f, 3, -7, 13)]
    public void An_activation_is_an_interval(Activation activation, float scale, int zeroPoint, int min, int max) =>
        Assert.Equal((min, max), FixedPoint.ActivationRange(activation, scale, zeroPoint));

    private static unsafe void CheckLanes<TLanes>() where TLanes : struct, IInt32Lanes<TLanes>
    {
        Random random = new(5);
        int* x = stackalloc int[16];
        int* multipliers = stackalloc int[16];
        int* shifts = stackalloc int[16];
        int* y = stackalloc int[16];
        sbyte* bytes = stackalloc sbyte[16];
        for (int i = 0; i < 20_000; i++)
        {
            for (int lane = 0; lane < TLanes.Count; lane++)
            {
                x[lane] = Number(random);
                multipliers[lane] = Number(random) & int.MaxValue;
                shifts[lane] = random.Next(-31, 31);
            }

            TLanes.Store(TLanes.Multiply(TLanes.Load(x), TLanes.Load(multipliers), TLanes.Load(shifts)), y);
            TLanes.StoreInt8(TLanes.Min(TLanes.Max(TLanes.Load(x), TLanes.Broadcast(-128)), TLanes.Broadcast(127)), bytes);
            for (int lane = 0; lane < TLanes.Count; lane++)
            {
                Assert.Equal(FixedPoint.Multiply(x[lane], multipliers[lane], shifts[lane]), y[lane]);
                Assert.Equal(Math.Clamp(x[lane], -128, 127), bytes[lane]);
            }

            TLanes.Store(((TLanes.LoadInt8(bytes) << 3) - TLanes.Load(x)) * TLanes.Load(y) + TLanes.Load(shifts), multipliers);
            for (int lane = 0; lane < TLanes.Count; lane++)
            {
                Assert.Equal(unchecked(((bytes[lane] << 3) - x[lane]) * y[lane] + shifts[lane]), multipliers[lane]);
            }
        }
    }

    private static int Number(Random random) => random.Next(8) switch
    {
        0 => int.MinValue,
        1 => int.MaxValue,
        2 => random.Next(-3, 4),
        3 => 1 << random.Next(31),
        4 => random.Next(-100_000, 100_000),
        _ => (int)random.NextInt64(int.MinValue, 1L + int.MaxValue),
    };
}
