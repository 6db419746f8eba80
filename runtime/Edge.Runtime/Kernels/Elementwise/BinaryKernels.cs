using System.Numerics;
using System.Numerics.Tensors;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>The functions of <see cref="Binary"/> on float32 and on plain integers, and their partial derivatives.</summary>
internal static class BinaryKernels
{
    internal static void Forward(BinaryFunction function, WorkerTeam team, in BroadcastShape shape, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
    {
        switch (function)
        {
            case BinaryFunction.Divide:
                Broadcast.Zip(team, default(Quotient), shape, a, b, y);
                break;
            case BinaryFunction.Minimum:
                Broadcast.Zip(team, default(Smaller), shape, a, b, y);
                break;
            case BinaryFunction.Maximum:
                Broadcast.Zip(team, default(Larger), shape, a, b, y);
                break;
            case BinaryFunction.Power:
                Broadcast.Zip(team, default(LanewisePair<Power>), shape, a, b, y);
                break;
            case BinaryFunction.FloorDivide:
                Broadcast.Zip(team, default(LanewisePair<FloorQuotient>), shape, a, b, y);
                break;
            case BinaryFunction.FloorModulo:
                Broadcast.Zip(team, default(LanewisePair<FloorModulo>), shape, a, b, y);
                break;
            case BinaryFunction.Remainder:
                Broadcast.Zip(team, default(LanewisePair<Remainder>), shape, a, b, y);
                break;
            case BinaryFunction.SquaredDifference:
                Broadcast.Zip(team, default(SquaredDifference), shape, a, b, y);
                break;
            default:
                Broadcast.Zip(team, default(LanewisePair<Atan2>), shape, a, b, y);
                break;
        }
    }

    /// <summary>Whether a partial derivative is the constant 1 or 0 wherever it exists.</summary>
    internal static bool IsConstant(BinaryFunction function, int input, out float slope)
    {
        slope = function == BinaryFunction.FloorDivide ? 0 : 1;
        return function == BinaryFunction.FloorDivide || (input == 0 && function is BinaryFunction.FloorModulo or BinaryFunction.Remainder);
    }

    /// <summary>slope = the partial derivative with respect to an input.</summary>
    internal static void Slope(
        BinaryFunction function, int input, WorkerTeam team, in BroadcastShape shape, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> slope)
    {
        switch (function, input)
        {
            case (BinaryFunction.Divide, 0):
                Broadcast.Zip(team, default(QuotientSlope0), shape, a, b, slope);
                break;
            case (BinaryFunction.Divide, _):
                Broadcast.Zip(team, default(QuotientSlope1), shape, a, b, slope);
                break;
            case (BinaryFunction.Minimum, 0):
                Broadcast.Zip(team, new Chosen(1, 0), shape, a, b, slope);
                break;
            case (BinaryFunction.Minimum, _):
                Broadcast.Zip(team, new Chosen(0, 1), shape, a, b, slope);
                break;
            case (BinaryFunction.Maximum, 0):
                Broadcast.Zip(team, new ChosenLarger(1, 0), shape, a, b, slope);
                break;
            case (BinaryFunction.Maximum, _):
                Broadcast.Zip(team, new ChosenLarger(0, 1), shape, a, b, slope);
                break;
            case (BinaryFunction.Power, 0):
                Broadcast.Zip(team, default(LanewisePair<PowerSlope0>), shape, a, b, slope);
                break;
            case (BinaryFunction.Power, _):
                Broadcast.Zip(team, default(LanewisePair<PowerSlope1>), shape, a, b, slope);
                break;
            case (BinaryFunction.FloorModulo, _):
                Broadcast.Zip(team, default(LanewisePair<FloorModuloSlope1>), shape, a, b, slope);
                break;
            case (BinaryFunction.Remainder, _):
                Broadcast.Zip(team, default(LanewisePair<RemainderSlope1>), shape, a, b, slope);
                break;
            case (BinaryFunction.SquaredDifference, 0):
                Broadcast.Zip(team, new DifferenceSlope(2), shape, a, b, slope);
                break;
            case (BinaryFunction.SquaredDifference, _):
                Broadcast.Zip(team, new DifferenceSlope(-2), shape, a, b, slope);
                break;
            case (_, 0):
                Broadcast.Zip(team, default(Atan2Slope0), shape, a, b, slope);
                break;
            default:
                Broadcast.Zip(team, default(Atan2Slope1), shape, a, b, slope);
                break;
        }
    }

    internal static void Integers<T>(BinaryFunction function, WorkerTeam team, in BroadcastShape shape, ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y)
        where T : unmanaged, IBinaryInteger<T>
    {
        switch (function)
        {
            // Without repetition the base library's vectors do.
            case BinaryFunction.Minimum when a.Length == y.Length && b.Length == y.Length:
                TensorPrimitives.Min(a, b, y);
                break;
            case BinaryFunction.Maximum when a.Length == y.Length && b.Length == y.Length:
                TensorPrimitives.Max(a, b, y);
                break;
            case BinaryFunction.Divide:
                Scalars.Zip(team, default(IntegerQuotient<T>), shape, a, b, y);
                break;
            case BinaryFunction.Minimum:
                Scalars.Zip(team, default(IntegerMin<T>), shape, a, b, y);
                break;
            case BinaryFunction.Maximum:
                Scalars.Zip(team, default(IntegerMax<T>), shape, a, b, y);
                break;
            case BinaryFunction.Power:
                Scalars.Zip(team, default(IntegerPower<T>), shape, a, b, y);
                break;
            case BinaryFunction.FloorDivide:
                Scalars.Zip(team, default(IntegerFloorQuotient<T>), shape, a, b, y);
                break;
            case BinaryFunction.FloorModulo:
                Scalars.Zip(team, default(IntegerFloorModulo<T>), shape, a, b, y);
                break;
            case BinaryFunction.Remainder:
                Scalars.Zip(team, default(IntegerRemainder<T>), shape, a, b, y);
                break;
            case BinaryFunction.SquaredDifference:
                Scalars.Zip(team, default(IntegerSquaredDifference<T>), shape, a, b, y);
                break;
            case BinaryFunction.ShiftLeft:
                Scalars.Zip(team, default(IntegerShiftLeft<T>), shape, a, b, y);
                break;
            default:
                Scalars.Zip(team, default(IntegerShiftRight<T>), shape, a, b, y);
                break;
        }
    }

    private readonly struct Quotient : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => left / right;
    }

    // A NaN on the left stays because it does not equal itself, one on the right because nothing is below it.
    private readonly struct Smaller : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) =>
            Vector.ConditionalSelect(Vector.LessThan(left, right) | ~Vector.Equals(left, left), left, right);
    }

    private readonly struct Larger : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) =>
            Vector.ConditionalSelect(Vector.GreaterThan(left, right) | ~Vector.Equals(left, left), left, right);
    }

    private readonly struct SquaredDifference : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right)
        {
            Vector<float> difference = left - right;
            return difference * difference;
        }
    }

    private readonly struct Power : IPairFunction
    {
        public static float Value(float left, float right) => MathF.Pow(left, right);
    }

    // In double, as TensorFlow Lite kernels/floor_div.cc: a float32 quotient may round up to the next integer.
    private readonly struct FloorQuotient : IPairFunction
    {
        public static float Value(float left, float right) => (float)Math.Floor((double)left / right);
    }

    private readonly struct FloorModulo : IPairFunction
    {
        public static float Value(float left, float right)
        {
            float rest = left % right;
            return rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest;
        }
    }

    private readonly struct Remainder : IPairFunction
    {
        public static float Value(float left, float right) => left % right;
    }

    private readonly struct Atan2 : IPairFunction
    {
        public static float Value(float left, float right) => MathF.Atan2(left, right);
    }

    private readonly struct QuotientSlope0 : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => Vector<float>.One / right;
    }

    private readonly struct QuotientSlope1 : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => -left / right / right;
    }

    // Equal values: the gradient goes to the first.
    private readonly struct Chosen(float ifLeft, float ifRight) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) =>
            Vector.ConditionalSelect(Vector.LessThanOrEqual(left, right), new Vector<float>(ifLeft), new Vector<float>(ifRight));
    }

    private readonly struct ChosenLarger(float ifLeft, float ifRight) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) =>
            Vector.ConditionalSelect(Vector.GreaterThanOrEqual(left, right), new Vector<float>(ifLeft), new Vector<float>(ifRight));
    }

    private readonly struct PowerSlope0 : IPairFunction
    {
        public static float Value(float left, float right) => right == 0 ? 0 : right * MathF.Pow(left, right - 1);
    }

    // aᵇ ln a: 0 at a = 0 for a positive exponent, where the limit is 0.
    private readonly struct PowerSlope1 : IPairFunction
    {
        public static float Value(float left, float right) => left == 0 && right >= 0 ? 0 : MathF.Pow(left, right) * MathF.Log(left);
    }

    private readonly struct FloorModuloSlope1 : IPairFunction
    {
        public static float Value(float left, float right) => -FloorQuotient.Value(left, right);
    }

    private readonly struct RemainderSlope1 : IPairFunction
    {
        public static float Value(float left, float right) => -(float)Math.Truncate((double)left / right);
    }

    private readonly struct DifferenceSlope(float factor) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => (left - right) * new Vector<float>(factor);
    }

    private readonly struct Atan2Slope0 : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => right / ((left * left) + (right * right));
    }

    private readonly struct Atan2Slope1 : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => -left / ((left * left) + (right * right));
    }

    // Processors trap on a division by 0 and on the smallest number divided by −1; here the former gives 0, the latter wraps.
    private static T Divide<T>(T left, T right) where T : unmanaged, IBinaryInteger<T> =>
        T.IsZero(right) ? right : right == T.Zero - T.One && T.IsNegative(right) ? T.Zero - left : left / right;

    private readonly struct IntegerQuotient<T> : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right) => Divide(left, right);
    }

    private readonly struct IntegerMin<T> : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right) => T.Min(left, right);
    }

    private readonly struct IntegerMax<T> : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right) => T.Max(left, right);
    }

    private readonly struct IntegerPower<T> : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right)
        {
            if (T.IsNegative(right))
            {
                T minusOne = T.Zero - T.One;
                return left == T.One ? left : left == minusOne ? (T.IsEvenInteger(right) ? T.One : left) : T.Zero;
            }

            T result = T.One;
            for (; !T.IsZero(right); right >>= 1)
            {
                if (T.IsOddInteger(right))
                {
                    result *= left;
                }

                left *= left;
            }

            return result;
        }
    }

    private readonly struct IntegerFloorQuotient<T> : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right)
        {
            T quotient = Divide(left, right);
            T rest = left - (quotient * right);
            return !T.IsZero(rest) && !T.IsZero(right) && T.IsNegative(rest) != T.IsNegative(right) ? quotient - T.One : quotient;
        }
    }

    private readonly struct IntegerFloorModulo<T> : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right)
        {
            T rest = T.IsZero(right) ? right : left - (Divide(left, right) * right);
            return !T.IsZero(rest) && T.IsNegative(rest) != T.IsNegative(right) ? rest + right : rest;
        }
    }

    private readonly struct IntegerRemainder<T> : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right) => T.IsZero(right) ? right : left - (Divide(left, right) * right);
    }

    private readonly struct IntegerSquaredDifference<T> : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right) => (left - right) * (left - right);
    }

    private readonly struct IntegerShiftLeft<T> : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right) => TooFar(right) ? T.Zero : left << int.CreateTruncating(right);
    }

    private readonly struct IntegerShiftRight<T> : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right) => !TooFar(right) ? left >> int.CreateTruncating(right) : T.IsNegative(left) ? T.Zero - T.One : T.Zero;
    }

    private static unsafe bool TooFar<T>(T bits) where T : unmanaged, IBinaryInteger<T> => T.IsNegative(bits) || bits >= T.CreateTruncating(8 * sizeof(T));
}
