using System.Numerics;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>The reductions of <see cref="Reduce"/>.</summary>
internal static class ReduceKernels
{
    internal static void Floats(Reduction kind, in Buffers io, in BroadcastShape shape)
    {
        ReadOnlySpan<float> x = io.Input(0);
        Span<float> y = io.Output(0);
        switch (kind)
        {
            case Reduction.Maximum:
                Folds.Vectors(io.Team, default(Largest), shape, x, y);
                break;
            case Reduction.Minimum:
                Folds.Vectors(io.Team, default(Smallest), shape, x, y);
                break;
            case Reduction.Product:
                Folds.Run<FloatProduct, float, double, float>(io.Team, default, shape, x, y);
                break;
            case Reduction.SumOfSquares:
                SumTo.Run(io.Team, shape, x, x, 1, y, accumulate: false);
                break;
            case Reduction.L1:
                Folds.Run<Magnitudes, float, double, float>(io.Team, default, shape, x, y);
                break;
            case Reduction.L2:
                SumTo.Run(io.Team, shape, x, x, 1, y, accumulate: false);
                UnaryKernels.Forward(UnaryFunction.Sqrt, io.Team, y, y);
                break;
            case Reduction.LogSum:
                SumTo.Run(io.Team, shape, x, default, 1, y, accumulate: false);
                UnaryKernels.Forward(UnaryFunction.Log, io.Team, y, y);
                break;
            default:
                // ln Σ exp(x − m) + m with the largest m; an infinite m is the result, and 0 is subtracted instead.
                Span<float> exponentials = io.Scratch<float>()[..x.Length];
                Span<float> largest = io.Scratch<float>().Slice(x.Length, y.Length);
                Folds.Vectors(io.Team, default(Largest), shape, x, largest);
                Broadcast.Zip(io.Team, default(ExpAbove), shape, largest, x, exponentials);
                SumTo.Run(io.Team, shape, exponentials, default, 1, y, accumulate: false);
                Elementwise.Zip(io.Team, default(LogAndAdd), y, largest, y);
                break;
        }
    }

    internal static void Integers<T>(Reduction kind, in Buffers io, in BroadcastShape shape) where T : unmanaged, IBinaryInteger<T>
    {
        ReadOnlySpan<T> x = io.Input<T>(0);
        Span<T> y = io.Output<T>(0);
        switch (kind)
        {
            case Reduction.Maximum:
                Folds.Vectors(io.Team, default(LargestInteger<T>), shape, x, y);
                break;
            case Reduction.Minimum:
                Folds.Vectors(io.Team, default(SmallestInteger<T>), shape, x, y);
                break;
            case Reduction.Product:
                Folds.Run<IntegerProduct<T>, T, T, T>(io.Team, default, shape, x, y);
                break;
            case Reduction.SumOfSquares:
                Folds.Run<IntegerSquares<T>, T, T, T>(io.Team, default, shape, x, y);
                break;
            default:
                Folds.Run<IntegerMagnitudes<T>, T, T, T>(io.Team, default, shape, x, y);
                break;
        }
    }

    /// <summary>dx = slope(x, y) · dy, y and dy repeated along the reduced axes; or adds that.</summary>
    internal static void Backward(Reduction kind, in Gradients io, in BroadcastShape shape)
    {
        ReadOnlySpan<float> dy = io.OutputGradient(0);
        Span<float> dx = io.InputGradient(0);
        if (kind == Reduction.Product)
        {
            Folds.ProductGradient(shape, io.Input(0), dy, dx, io.Accumulate(0));
            return;
        }

        Span<float> slope = io.Scratch<float>()[..dx.Length];
        Span<float> share = io.Scratch<float>().Slice(dx.Length, dy.Length);
        switch (kind)
        {
            case Reduction.Maximum or Reduction.Minimum:
                Broadcast.Zip(io.Team, default(Equal), shape, io.Output(0), io.Input(0), slope);
                SumTo.Run(io.Team, shape, slope, default, 1, share, accumulate: false);
                Elementwise.Zip(io.Team, default(Quotient), dy, share, share);
                dy = share;
                break;
            case Reduction.SumOfSquares:
                Elementwise.Map(io.Team, new Scaled(2), io.Input(0), slope);
                break;
            case Reduction.L1:
                UnaryKernels.Forward(UnaryFunction.Sign, io.Team, io.Input(0), slope);
                break;
            case Reduction.L2:
                Broadcast.Zip(io.Team, default(Direction), shape, io.Output(0), io.Input(0), slope);
                break;
            case Reduction.LogSum:
                Elementwise.Zip(io.Team, default(DivideByExp), dy, io.Output(0), share);
                dy = share;
                slope.Fill(1);
                break;
            default:
                Broadcast.Zip(io.Team, default(ExpBelow), shape, io.Output(0), io.Input(0), slope);
                break;
        }

        Broadcast.Zip(io.Team, default(Product), shape, dy, slope, slope);
        Elementwise.Copy(io.Team, slope, dx, io.Accumulate(0));
    }

    // NaN wins: whichever side does not equal itself is taken.
    private readonly struct Largest : IVectorFold<float>
    {
        public float First(float x) => x;

        public float Next(float sum, float x) => sum > x || float.IsNaN(sum) ? sum : x;

        public float Finish(float sum) => sum;

        public Vector<float> Next(Vector<float> sum, Vector<float> x) =>
            Vector.ConditionalSelect(Vector.GreaterThan(sum, x) | ~Vector.Equals(sum, sum), sum, x);
    }

    private readonly struct Smallest : IVectorFold<float>
    {
        public float First(float x) => x;

        public float Next(float sum, float x) => sum < x || float.IsNaN(sum) ? sum : x;

        public float Finish(float sum) => sum;

        public Vector<float> Next(Vector<float> sum, Vector<float> x) =>
            Vector.ConditionalSelect(Vector.LessThan(sum, x) | ~Vector.Equals(sum, sum), sum, x);
    }

    private readonly struct FloatProduct : IFold<float, double, float>
    {
        public double First(float x) => x;

        public double Next(double sum, float x) => sum * x;

        public float Finish(double sum) => (float)sum;
    }

    private readonly struct Magnitudes : IFold<float, double, float>
    {
        public double First(float x) => Math.Abs(x);

        public double Next(double sum, float x) => sum + Math.Abs(x);

        public float Finish(double sum) => (float)sum;
    }

    private readonly struct LargestInteger<T> : IVectorFold<T> where T : unmanaged, IBinaryInteger<T>
    {
        public T First(T x) => x;

        public T Next(T sum, T x) => sum > x ? sum : x;

        public T Finish(T sum) => sum;

        public Vector<T> Next(Vector<T> sum, Vector<T> x) => Vector.Max(sum, x);
    }

    private readonly struct SmallestInteger<T> : IVectorFold<T> where T : unmanaged, IBinaryInteger<T>
    {
        public T First(T x) => x;

        public T Next(T sum, T x) => sum < x ? sum : x;

        public T Finish(T sum) => sum;

        public Vector<T> Next(Vector<T> sum, Vector<T> x) => Vector.Min(sum, x);
    }

    private readonly struct IntegerProduct<T> : IFold<T, T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T First(T x) => x;

        public T Next(T sum, T x) => sum * x;

        public T Finish(T sum) => sum;
    }

    private readonly struct IntegerSquares<T> : IFold<T, T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T First(T x) => x * x;

        public T Next(T sum, T x) => sum + (x * x);

        public T Finish(T sum) => sum;
    }

    private readonly struct IntegerMagnitudes<T> : IFold<T, T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T First(T x) => T.IsNegative(x) ? T.Zero - x : x;

        public T Next(T sum, T x) => sum + First(x);

        public T Finish(T sum) => sum;
    }

    private static Vector<float> FiniteOr0(Vector<float> value) =>
        Vector.ConditionalSelect(Vector.LessThan(Vector.Abs(value), new Vector<float>(float.PositiveInfinity)), value, Vector<float>.Zero);

    private readonly struct ExpAbove : IBinaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> left, Vector<float> right) => VectorMath.Exp(right - FiniteOr0(left));
    }

    private readonly struct LogAndAdd : IBinaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> left, Vector<float> right) => VectorMath.Log(left) + FiniteOr0(right);
    }

    private readonly struct Equal : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => Vector.ConditionalSelect(Vector.Equals(left, right), Vector<float>.One, Vector<float>.Zero);
    }

    private readonly struct Quotient : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => left / right;
    }

    // x / y, 0 where the length y is 0.
    private readonly struct Direction : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => Vector.ConditionalSelect(Vector.Equals(left, Vector<float>.Zero), Vector<float>.Zero, right / left);
    }

    // dy · exp(−y): the derivative of ln s is 1 / s = exp(−ln s).
    private readonly struct DivideByExp : IBinaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> left, Vector<float> right) => left * VectorMath.Exp(-right);
    }

    private readonly struct ExpBelow : IBinaryKernel
    {
        public static int Cost => 4;

        public Vector<float> Value(Vector<float> left, Vector<float> right) => VectorMath.Exp(right - left);
    }
}
