using System.Numerics;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>The functions of <see cref="ParametricUnary"/> on float32, and their gradients.</summary>
internal static class ParametricKernels
{
    internal static void Forward(in ParametricUnary op, WorkerTeam team, ReadOnlySpan<float> x, Span<float> y)
    {
        switch (op.Function)
        {
            case ParametricFunction.Elu:
                Elementwise.Map(team, new ExponentialUnit(op.A, 1, 1), x, y);
                break;
            case ParametricFunction.Selu:
                Elementwise.Map(team, new ExponentialUnit(op.A * op.B, op.B, 1), x, y);
                break;
            case ParametricFunction.Celu:
                Elementwise.Map(team, new ExponentialUnit(op.A, 1, 1 / op.A), x, y);
                break;
            case ParametricFunction.HardSigmoid:
                Elementwise.Map(team, new HardSigmoid(op.A, op.B), x, y);
                break;
            case ParametricFunction.ThresholdedRelu:
                Elementwise.Map(team, new Threshold(op.A), x, y);
                break;
            case ParametricFunction.Shrink:
                Elementwise.Map(team, new Shrink(op.A, op.B), x, y);
                break;
            case ParametricFunction.Mish:
                Elementwise.Map(team, default(Mish), x, y);
                break;
            case ParametricFunction.Swish:
                Elementwise.Map(team, new Swish(op.A), x, y);
                break;
            default:
                Elementwise.Map(team, new Affine(op.A, op.B), x, y);
                break;
        }
    }

    /// <summary>dx = f'(x) · dy, or adds that. dx may be dy.</summary>
    internal static void Backward(in ParametricUnary op, WorkerTeam team, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx, bool add)
    {
        switch (op.Function)
        {
            case ParametricFunction.Elu:
                Elementwise.Zip(team, new ExponentialUnitSlope(op.A, 1, 1), x, dy, dx, add);
                break;
            case ParametricFunction.Selu:
                Elementwise.Zip(team, new ExponentialUnitSlope(op.A * op.B, op.B, 1), x, dy, dx, add);
                break;
            case ParametricFunction.Celu:
                Elementwise.Zip(team, new ExponentialUnitSlope(1, 1, 1 / op.A), x, dy, dx, add);
                break;
            case ParametricFunction.HardSigmoid:
                Elementwise.Zip(team, new HardSigmoidSlope(op.A, op.B), x, dy, dx, add);
                break;
            case ParametricFunction.ThresholdedRelu:
                Elementwise.Zip(team, new ThresholdSlope(op.A), x, dy, dx, add);
                break;
            case ParametricFunction.Shrink:
                Elementwise.Zip(team, new ShrinkSlope(op.A), x, dy, dx, add);
                break;
            case ParametricFunction.Mish:
                Elementwise.Zip(team, default(MishSlope), x, dy, dx, add);
                break;
            case ParametricFunction.Swish:
                Elementwise.Zip(team, new SwishSlope(op.A), x, dy, dx, add);
                break;
            default:
                Elementwise.CopyScaled(team, op.A, dy, dx, add);
                break;
        }
    }

    // right · x above 0, left · (exp(rate · x) − 1) elsewhere; a NaN is not above 0, and exp keeps it.
    private readonly struct ExponentialUnit(float left, float right, float rate) : IUnaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x) => Vector.ConditionalSelect(
            Vector.GreaterThan(x, Vector<float>.Zero), x * new Vector<float>(right), VectorMath.ExpMinusOne(x * new Vector<float>(rate)) * new Vector<float>(left));
    }

    private readonly struct ExponentialUnitSlope(float left, float right, float rate) : IBinaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x, Vector<float> dy) => dy * Vector.ConditionalSelect(
            Vector.GreaterThan(x, Vector<float>.Zero), new Vector<float>(right), VectorMath.Exp(x * new Vector<float>(rate)) * new Vector<float>(left));
    }

    private readonly struct HardSigmoid(float a, float b) : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x) => Arithmetic.Clamp((x * new Vector<float>(a)) + new Vector<float>(b), 0, 1);
    }

    private readonly struct HardSigmoidSlope(float a, float b) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> x, Vector<float> dy)
        {
            Vector<float> y = (x * new Vector<float>(a)) + new Vector<float>(b);
            return Vector.ConditionalSelect(
                Vector.GreaterThan(y, Vector<float>.Zero) & Vector.LessThan(y, Vector<float>.One), dy * new Vector<float>(a), Vector<float>.Zero);
        }
    }

    private readonly struct Threshold(float a) : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x) =>
            Vector.ConditionalSelect(Vector.LessThanOrEqual(x, new Vector<float>(a)), Vector<float>.Zero, x);
    }

    private readonly struct ThresholdSlope(float a) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> x, Vector<float> dy) =>
            Vector.ConditionalSelect(Vector.GreaterThan(x, new Vector<float>(a)), dy, Vector<float>.Zero);
    }

    // x − x keeps a NaN.
    private readonly struct Shrink(float a, float b) : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x)
        {
            Vector<float> middle = Vector.ConditionalSelect(Vector.Equals(x, x), Vector<float>.Zero, x);
            Vector<float> y = Vector.ConditionalSelect(Vector.GreaterThan(x, new Vector<float>(a)), x - new Vector<float>(b), middle);
            return Vector.ConditionalSelect(Vector.LessThan(x, new Vector<float>(-a)), x + new Vector<float>(b), y);
        }
    }

    private readonly struct ShrinkSlope(float a) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> x, Vector<float> dy) => Vector.ConditionalSelect(
            Vector.GreaterThan(x, new Vector<float>(a)) | Vector.LessThan(x, new Vector<float>(-a)), dy, Vector<float>.Zero);
    }

    // tanh(ln(1 + w)) = w (w + 2) / (w (w + 2) + 2) with w = exp(x): 1 in float32 from x = 10 on.
    private static Vector<float> Gate(Vector<float> x, out Vector<float> w, out Vector<float> denominator)
    {
        Vector<float> limit = new(20f);
        w = VectorMath.Exp(Vector.ConditionalSelect(Vector.GreaterThan(x, limit), limit, x));
        Vector<float> two = new(2f);
        Vector<float> numerator = w * (w + two);
        denominator = numerator + two;
        return numerator / denominator;
    }

    private readonly struct Mish : IUnaryKernel
    {
        public static int Cost => 5;

        public Vector<float> Value(Vector<float> x) => x * Gate(x, out _, out _);
    }

    // gate + x · gate', gate' = 4 w (w + 1) / denominator²; w / denominator first, since w² overflows no sooner than that.
    private readonly struct MishSlope : IBinaryKernel
    {
        public static int Cost => 5;

        public Vector<float> Value(Vector<float> x, Vector<float> dy)
        {
            Vector<float> gate = Gate(x, out Vector<float> w, out Vector<float> denominator);
            return dy * (gate + (x * new Vector<float>(4f) * (w / denominator) * ((w + Vector<float>.One) / denominator)));
        }
    }

    private readonly struct Swish(float a) : IUnaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x) => x * VectorMath.Sigmoid(x * new Vector<float>(a));
    }

    private readonly struct SwishSlope(float a) : IBinaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x, Vector<float> dy)
        {
            Vector<float> scaled = x * new Vector<float>(a);
            Vector<float> s = VectorMath.Sigmoid(scaled);
            return dy * (s + (scaled * s * (Vector<float>.One - s)));
        }
    }

    private readonly struct Affine(float a, float b) : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x) => (x * new Vector<float>(a)) + new Vector<float>(b);
    }
}
