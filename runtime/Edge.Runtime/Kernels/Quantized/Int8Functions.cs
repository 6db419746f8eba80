using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>The functions of <see cref="Unary"/> and <see cref="ParametricUnary"/> as int8 tables.</summary>
internal static class Int8Functions
{
    /// <summary>Fills the table of a function.</summary>
    /// <param name="function">A function of real numbers.</param>
    /// <param name="from">Parameters of the input.</param>
    /// <param name="to">Parameters of the output.</param>
    /// <param name="table">Receives 256 results.</param>
    internal static void Fill(UnaryFunction function, Quantization from, Quantization to, Span<byte> table)
    {
        switch (function)
        {
            case UnaryFunction.Abs:
                FillAbs(from, to, table);
                break;
            case UnaryFunction.Sqrt:
                FillSqrt(from, to, table);
                break;
            case UnaryFunction.Rsqrt:
                FillRsqrt(from, to, table);
                break;
            default:
                Fill(x => Value(function, x), from, to, table);
                break;
        }
    }

    /// <summary>Fills the table of a function with parameters.</summary>
    /// <param name="op">The function.</param>
    /// <param name="from">Parameters of the input.</param>
    /// <param name="to">Parameters of the output.</param>
    /// <param name="table">Receives 256 results.</param>
    internal static void Fill(ParametricUnary op, Quantization from, Quantization to, Span<byte> table) => Fill(x => Value(op, x), from, to, table);

    /// <summary>Fills the table of x · Φ(x).</summary>
    /// <remarks>Source: GeluTransform and GeluTransformApproximate, TensorFlow Lite kernels/internal/reference/gelu.h, in float32 in their order of operations.</remarks>
    internal static void FillGelu(bool approximate, Quantization from, Quantization to, Span<byte> table) => Fill(
        approximate ? static x => ApproximateGelu((float)x) : static x => Gelu((float)x), from, to, table);

    private static float Gelu(float x) => 0.5f * x * (float)(1 - ErrorFunction(x * -0.70710678f));

    private static float ApproximateGelu(float x) => 0.5f * x * (1 + MathF.Tanh(0.79788456f * (x + (0.044715f * x * x * x))));

    /// <summary>Any function by way of float32: dequantize, f, times 1 / scale, round half away from zero, saturate. What is not a number becomes −128.</summary>
    /// <remarks>Source: LUTPopulateInt8, TensorFlow Lite kernels/internal/common.h; the function is computed in double and rounded.</remarks>
    internal static void Fill(Func<double, double> function, Quantization from, Quantization to, Span<byte> table)
    {
        float inverse = 1 / to.Scale;
        for (int i = 0; i < Int8Table.Bytes; i++)
        {
            float x = from.Scale * ((sbyte)i - from.ZeroPoint);
            float rescaled = MathF.Round((float)function(x) * inverse, MidpointRounding.AwayFromZero) + to.ZeroPoint;
            table[i] = (byte)(sbyte)(rescaled >= sbyte.MinValue ? Math.Min(rescaled, sbyte.MaxValue) : sbyte.MinValue);
        }
    }

    /// <remarks>Source: AbsEvalQuantized, TensorFlow Lite Micro kernels/elementwise.cc.</remarks>
    private static void FillAbs(Quantization from, Quantization to, Span<byte> table)
    {
        (int multiplier, int shift) = FixedPoint.QuantizeMultiplier((double)from.Scale / to.Scale);
        for (int i = 0; i < Int8Table.Bytes; i++)
        {
            int value = Math.Abs((sbyte)i - from.ZeroPoint);
            int scaled = from.Scale == to.Scale ? value : FixedPoint.Multiply(value, multiplier, shift);
            table[i] = (byte)Math.Clamp(scaled + to.ZeroPoint, sbyte.MinValue, sbyte.MaxValue);
        }
    }

    /// <remarks>Source: SqrtEvalQuantized, TensorFlow Lite kernels/elementwise.cc: truncates, and refuses negative values, which here count as 0.</remarks>
    private static void FillSqrt(Quantization from, Quantization to, Span<byte> table)
    {
        for (int i = 0; i < Int8Table.Bytes; i++)
        {
            float x = from.Scale * Math.Max((sbyte)i - from.ZeroPoint, 0);
            float steps = Math.Min(MathF.Sqrt(x) / to.Scale, 1 << 20);
            table[i] = (byte)Math.Clamp((int)steps + to.ZeroPoint, sbyte.MinValue, sbyte.MaxValue);
        }
    }

    /// <remarks>Source: RsqrtEvalQuantized, TensorFlow Lite Micro kernels/elementwise.cc: 127 at 0; it refuses negative values, which here count as 0.</remarks>
    private static void FillRsqrt(Quantization from, Quantization to, Span<byte> table)
    {
        const int Shift = 20;
        (int multiplier, int shift) = FixedPoint.QuantizeMultiplier(1.0 / (Math.Sqrt(from.Scale) * to.Scale));
        for (int i = 0; i < Int8Table.Bytes; i++)
        {
            int value = (sbyte)i - from.ZeroPoint;
            int result = sbyte.MaxValue;
            if (value > 0)
            {
                (int inverse, int inverseShift) = FixedPointFunctions.InverseSquareRoot(value);
                int data = FixedPoint.Multiply(1, inverse, inverseShift + Shift);
                result = FixedPoint.Multiply(data, multiplier, shift - Shift) + to.ZeroPoint;
            }

            table[i] = (byte)Math.Clamp(result, sbyte.MinValue, sbyte.MaxValue);
        }
    }

    private static double Value(UnaryFunction function, double x) => function switch
    {
        UnaryFunction.Negate => -x,
        UnaryFunction.Exp => Math.Exp(x),
        UnaryFunction.Log => Math.Log(x),
        UnaryFunction.Square => x * x,
        UnaryFunction.Reciprocal => 1 / x,
        UnaryFunction.Sin => Math.Sin(x),
        UnaryFunction.Cos => Math.Cos(x),
        UnaryFunction.Tan => Math.Tan(x),
        UnaryFunction.Asin => Math.Asin(x),
        UnaryFunction.Acos => Math.Acos(x),
        UnaryFunction.Atan => Math.Atan(x),
        UnaryFunction.Sinh => Math.Sinh(x),
        UnaryFunction.Cosh => Math.Cosh(x),
        UnaryFunction.Asinh => Math.Asinh(x),
        UnaryFunction.Acosh => Math.Acosh(x),
        UnaryFunction.Atanh => Math.Atanh(x),
        UnaryFunction.Erf => ErrorFunction(x),
        UnaryFunction.Floor => Math.Floor(x),
        UnaryFunction.Ceiling => Math.Ceiling(x),
        UnaryFunction.Round => Math.Round(x, MidpointRounding.ToEven),
        UnaryFunction.Sign => Math.Sign(x),
        UnaryFunction.Softplus => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x))),
        _ => x / (1 + Math.Abs(x)),
    };

    private static double Value(in ParametricUnary op, double x) => op.Function switch
    {
        ParametricFunction.Elu => x > 0 ? x : op.A * ExpMinusOne(x),
        ParametricFunction.Selu => op.B * (x > 0 ? x : op.A * ExpMinusOne(x)),
        ParametricFunction.Celu => x > 0 ? x : op.A * ExpMinusOne(x / op.A),
        ParametricFunction.HardSigmoid => Math.Clamp((op.A * x) + op.B, 0, 1),
        ParametricFunction.ThresholdedRelu => x > op.A ? x : 0,
        ParametricFunction.Shrink => x < -op.A ? x + op.B : x > op.A ? x - op.B : 0,
        ParametricFunction.Mish => x * Math.Tanh(Value(UnaryFunction.Softplus, x)),
        ParametricFunction.Swish => x / (1 + Math.Exp(-op.A * x)),
        _ => (op.A * x) + op.B,
    };

    // exp(x) − 1: by the first terms of its series where the difference would cancel.
    private static double ExpMinusOne(double x) => Math.Abs(x) < 1e-5 ? x + (x * x / 2) + (x * x * x / 6) : Math.Exp(x) - 1;

    // erf x = 2/√π exp(−x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)!!, DLMF 7.6.2: all terms have one sign. ±1 in double from 6 on.
    private static double ErrorFunction(double x)
    {
        double z = Math.Min(Math.Abs(x), 6), term = z, sum = z;
        for (int n = 1; n < 200; n++)
        {
            term *= 2 * z * z / ((2 * n) + 1);
            sum += term;
        }

        return double.IsNaN(x) ? x : Math.CopySign(Math.Min(2 / Math.Sqrt(Math.PI) * Math.Exp(-z * z) * sum, 1), x);
    }
}
