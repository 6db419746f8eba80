using System.Numerics;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>The functions of <see cref="Unary"/> on float32, and their gradients.</summary>
internal static class UnaryKernels
{
    internal static void Forward(UnaryFunction function, WorkerTeam team, ReadOnlySpan<float> x, Span<float> y)
    {
        switch (function)
        {
            case UnaryFunction.Abs:
                Elementwise.Map(team, default(Abs), x, y);
                break;
            case UnaryFunction.Negate:
                Elementwise.Map(team, new Scaled(-1), x, y);
                break;
            case UnaryFunction.Exp:
                Elementwise.Map(team, default(Exp), x, y);
                break;
            case UnaryFunction.Log:
                Elementwise.Map(team, default(Log), x, y);
                break;
            case UnaryFunction.Sqrt:
                Elementwise.Map(team, default(Sqrt), x, y);
                break;
            case UnaryFunction.Rsqrt:
                Elementwise.Map(team, default(Rsqrt), x, y);
                break;
            case UnaryFunction.Square:
                Elementwise.Map(team, default(Square), x, y);
                break;
            case UnaryFunction.Reciprocal:
                Elementwise.Map(team, default(Reciprocal), x, y);
                break;
            case UnaryFunction.Sin:
                Elementwise.Map(team, new Sine(0), x, y);
                break;
            case UnaryFunction.Cos:
                Elementwise.Map(team, new Sine(1), x, y);
                break;
            case UnaryFunction.Tan:
                Elementwise.Map(team, default(Lanewise<Tan>), x, y);
                break;
            case UnaryFunction.Asin:
                Elementwise.Map(team, default(Lanewise<Asin>), x, y);
                break;
            case UnaryFunction.Acos:
                Elementwise.Map(team, default(Lanewise<Acos>), x, y);
                break;
            case UnaryFunction.Atan:
                Elementwise.Map(team, default(Lanewise<Atan>), x, y);
                break;
            case UnaryFunction.Sinh:
                Elementwise.Map(team, default(Lanewise<Sinh>), x, y);
                break;
            case UnaryFunction.Cosh:
                Elementwise.Map(team, default(Lanewise<Cosh>), x, y);
                break;
            case UnaryFunction.Asinh:
                Elementwise.Map(team, default(Lanewise<Asinh>), x, y);
                break;
            case UnaryFunction.Acosh:
                Elementwise.Map(team, default(Lanewise<Acosh>), x, y);
                break;
            case UnaryFunction.Atanh:
                Elementwise.Map(team, default(Lanewise<Atanh>), x, y);
                break;
            case UnaryFunction.Erf:
                Elementwise.Map(team, default(Erf), x, y);
                break;
            case UnaryFunction.Floor:
                Elementwise.Map(team, default(Floor), x, y);
                break;
            case UnaryFunction.Ceiling:
                Elementwise.Map(team, default(Ceiling), x, y);
                break;
            case UnaryFunction.Round:
                Elementwise.Map(team, default(Round), x, y);
                break;
            case UnaryFunction.Sign:
                Elementwise.Map(team, default(Sign), x, y);
                break;
            case UnaryFunction.Softplus:
                Elementwise.Map(team, default(Softplus), x, y);
                break;
            default:
                Elementwise.Map(team, default(Softsign), x, y);
                break;
        }
    }

    /// <summary>Whether the derivative follows from the output alone.</summary>
    internal static bool SlopeOfOutput(UnaryFunction function) =>
        function is UnaryFunction.Exp or UnaryFunction.Sqrt or UnaryFunction.Rsqrt or UnaryFunction.Reciprocal or UnaryFunction.Tan;

    /// <summary>Whether the derivative is a constant.</summary>
    internal static bool SlopeIsConstant(UnaryFunction function) =>
        function is UnaryFunction.Negate or UnaryFunction.Floor or UnaryFunction.Ceiling or UnaryFunction.Round or UnaryFunction.Sign;

    /// <summary>dx = f'(x) · dy, or adds that.</summary>
    /// <param name="function">The function.</param>
    /// <param name="team">The threads.</param>
    /// <param name="v">The output where <see cref="SlopeOfOutput"/>; empty where <see cref="SlopeIsConstant"/>; else the input.</param>
    /// <param name="dy">Gradient of the output.</param>
    /// <param name="dx">Gradient of the input; may be dy.</param>
    /// <param name="add">Whether to add.</param>
    internal static void Backward(UnaryFunction function, WorkerTeam team, ReadOnlySpan<float> v, ReadOnlySpan<float> dy, Span<float> dx, bool add)
    {
        switch (function)
        {
            case UnaryFunction.Negate:
                Elementwise.CopyScaled(team, -1, dy, dx, add);
                break;
            case UnaryFunction.Floor or UnaryFunction.Ceiling or UnaryFunction.Round or UnaryFunction.Sign:
                if (!add)
                {
                    dx.Clear();
                }

                break;
            case UnaryFunction.Abs:
                Elementwise.Zip(team, default(AbsSlope), v, dy, dx, add);
                break;
            case UnaryFunction.Exp:
                Elementwise.Zip(team, default(ExpSlope), v, dy, dx, add);
                break;
            case UnaryFunction.Log:
                Elementwise.Zip(team, default(LogSlope), v, dy, dx, add);
                break;
            case UnaryFunction.Sqrt:
                Elementwise.Zip(team, default(SqrtSlope), v, dy, dx, add);
                break;
            case UnaryFunction.Rsqrt:
                Elementwise.Zip(team, default(RsqrtSlope), v, dy, dx, add);
                break;
            case UnaryFunction.Square:
                Elementwise.Zip(team, default(SquareSlope), v, dy, dx, add);
                break;
            case UnaryFunction.Reciprocal:
                Elementwise.Zip(team, default(ReciprocalSlope), v, dy, dx, add);
                break;
            case UnaryFunction.Sin:
                Elementwise.Zip(team, new SineSlope(1), v, dy, dx, add);
                break;
            case UnaryFunction.Cos:
                Elementwise.Zip(team, new SineSlope(2), v, dy, dx, add);
                break;
            case UnaryFunction.Tan:
                Elementwise.Zip(team, default(TanSlope), v, dy, dx, add);
                break;
            case UnaryFunction.Asin:
                Elementwise.Zip(team, new AsinSlope(1), v, dy, dx, add);
                break;
            case UnaryFunction.Acos:
                Elementwise.Zip(team, new AsinSlope(-1), v, dy, dx, add);
                break;
            case UnaryFunction.Atan:
                Elementwise.Zip(team, new QuotientSlope(1), v, dy, dx, add);
                break;
            case UnaryFunction.Sinh:
                Elementwise.Zip(team, default(LanewisePair<SinhSlope>), v, dy, dx, add);
                break;
            case UnaryFunction.Cosh:
                Elementwise.Zip(team, default(LanewisePair<CoshSlope>), v, dy, dx, add);
                break;
            case UnaryFunction.Asinh:
                Elementwise.Zip(team, new RootSlope(1), v, dy, dx, add);
                break;
            case UnaryFunction.Acosh:
                Elementwise.Zip(team, new RootSlope(-1), v, dy, dx, add);
                break;
            case UnaryFunction.Atanh:
                Elementwise.Zip(team, new QuotientSlope(-1), v, dy, dx, add);
                break;
            case UnaryFunction.Erf:
                Elementwise.Zip(team, default(ErfSlope), v, dy, dx, add);
                break;
            case UnaryFunction.Softplus:
                Elementwise.Zip(team, default(SoftplusSlope), v, dy, dx, add);
                break;
            default:
                Elementwise.Zip(team, default(SoftsignSlope), v, dy, dx, add);
                break;
        }
    }

    private readonly struct Abs : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x) => Vector.Abs(x);
    }

    private readonly struct Exp : IUnaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x) => VectorMath.Exp(x);
    }

    private readonly struct Log : IUnaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x) => VectorMath.Log(x);
    }

    private readonly struct Sqrt : IUnaryKernel
    {
        public static int Cost => 2;

        public Vector<float> Value(Vector<float> x) => Vector.SquareRoot(x);
    }

    private readonly struct Rsqrt : IUnaryKernel
    {
        public static int Cost => 3;

        public Vector<float> Value(Vector<float> x) => Vector<float>.One / Vector.SquareRoot(x);
    }

    private readonly struct Square : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x) => x * x;
    }

    private readonly struct Reciprocal : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x) => Vector<float>.One / x;
    }

    private readonly struct Sine(int quarters) : IUnaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x) => VectorMath.Sin(x, quarters);
    }

    private readonly struct Erf : IUnaryKernel
    {
        public static int Cost => 6;

        public Vector<float> Value(Vector<float> x) => VectorMath.Erf(x);
    }

    private readonly struct Floor : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x) => Vector.Floor(x);
    }

    private readonly struct Ceiling : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x) => Vector.Ceiling(x);
    }

    private readonly struct Round : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x) => VectorMath.Round(x);
    }

    // 0 and NaN are neither above nor below 0 and stay what they are.
    private readonly struct Sign : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x)
        {
            x = Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), Vector<float>.One, x);
            return Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), -Vector<float>.One, x);
        }
    }

    private readonly struct Softplus : IUnaryKernel
    {
        public static int Cost => 6;

        public Vector<float> Value(Vector<float> x) => VectorMath.Softplus(x);
    }

    // ±∞ / ∞ would be NaN: from 2²⁴ on the quotient is ±1 in float32.
    private readonly struct Softsign : IUnaryKernel
    {
        public Vector<float> Value(Vector<float> x)
        {
            Vector<float> limit = new(33554432f);
            Vector<float> near = Vector.ConditionalSelect(Vector.GreaterThan(x, limit), limit, x);
            near = Vector.ConditionalSelect(Vector.LessThan(near, -limit), -limit, near);
            return near / (Vector<float>.One + Vector.Abs(near));
        }
    }

    private readonly struct Tan : IFunction
    {
        public static float Value(float x) => MathF.Tan(x);
    }

    private readonly struct Asin : IFunction
    {
        public static float Value(float x) => MathF.Asin(x);
    }

    private readonly struct Acos : IFunction
    {
        public static float Value(float x) => MathF.Acos(x);
    }

    private readonly struct Atan : IFunction
    {
        public static float Value(float x) => MathF.Atan(x);
    }

    private readonly struct Sinh : IFunction
    {
        public static float Value(float x) => MathF.Sinh(x);
    }

    private readonly struct Cosh : IFunction
    {
        public static float Value(float x) => MathF.Cosh(x);
    }

    private readonly struct Asinh : IFunction
    {
        public static float Value(float x) => MathF.Asinh(x);
    }

    private readonly struct Acosh : IFunction
    {
        public static float Value(float x) => MathF.Acosh(x);
    }

    private readonly struct Atanh : IFunction
    {
        public static float Value(float x) => MathF.Atanh(x);
    }

    private readonly struct AbsSlope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> x, Vector<float> dy)
        {
            Vector<float> slope = Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), dy, Vector<float>.Zero);
            return Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), -dy, slope);
        }
    }

    private readonly struct ExpSlope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> y, Vector<float> dy) => dy * y;
    }

    private readonly struct LogSlope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> x, Vector<float> dy) => dy / x;
    }

    private readonly struct SqrtSlope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> y, Vector<float> dy) => dy / (y + y);
    }

    private readonly struct RsqrtSlope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> y, Vector<float> dy) => dy * y * y * y * new Vector<float>(-0.5f);
    }

    private readonly struct SquareSlope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> x, Vector<float> dy) => dy * (x + x);
    }

    private readonly struct ReciprocalSlope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> y, Vector<float> dy) => -dy * y * y;
    }

    private readonly struct SineSlope(int quarters) : IBinaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x, Vector<float> dy) => dy * VectorMath.Sin(x, quarters);
    }

    private readonly struct TanSlope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> y, Vector<float> dy) => dy * (Vector<float>.One + (y * y));
    }

    // ±1 / √(1 − x²).
    private readonly struct AsinSlope(float sign) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> x, Vector<float> dy) =>
            dy * new Vector<float>(sign) / Vector.SquareRoot((Vector<float>.One - x) * (Vector<float>.One + x));
    }

    // 1 / (1 ± x²).
    private readonly struct QuotientSlope(float sign) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> x, Vector<float> dy) => dy / (Vector<float>.One + (x * x * new Vector<float>(sign)));
    }

    // 1 / √(x² ± 1).
    private readonly struct RootSlope(float sign) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> x, Vector<float> dy) => dy / Vector.SquareRoot((x * x) + new Vector<float>(sign));
    }

    private readonly struct SinhSlope : IPairFunction
    {
        public static float Value(float left, float right) => MathF.Cosh(left) * right;
    }

    private readonly struct CoshSlope : IPairFunction
    {
        public static float Value(float left, float right) => MathF.Sinh(left) * right;
    }

    // 2/√π exp(−x²).
    private readonly struct ErfSlope : IBinaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x, Vector<float> dy) => dy * VectorMath.Exp(-x * x) * new Vector<float>(1.12837917f);
    }

    private readonly struct SoftplusSlope : IBinaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> x, Vector<float> dy) => dy * VectorMath.Sigmoid(x);
    }

    private readonly struct SoftsignSlope : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> x, Vector<float> dy)
        {
            Vector<float> one = Vector<float>.One + Vector.Abs(x);
            return dy / one / one;
        }
    }
}
