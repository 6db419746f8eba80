using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>A gate's function, after a clamp of what goes in; its slope follows from its value.</summary>
internal readonly struct GateFunction
{
    private readonly RecurrentFunction _function;
    private readonly float _alpha;
    private readonly float _beta;
    private readonly float _clip;
    private readonly float _low;
    private readonly float _high;

    /// <summary>Makes a function.</summary>
    /// <param name="activation">Which one.</param>
    /// <param name="usual">What is usual in the place.</param>
    /// <param name="clip">Bound of what goes in, or 0.</param>
    internal GateFunction(RecurrentActivation activation, RecurrentFunction usual, float clip = 0)
    {
        _function = activation.Function == RecurrentFunction.Usual ? usual : activation.Function;
        _alpha = activation.Alpha;
        _beta = activation.Beta;
        _clip = clip;
        _low = Value(new Vector<float>(-clip))[0];
        _high = Value(new Vector<float>(clip))[0];
    }

    /// <summary>f(x).</summary>
    internal Vector<float> Value(Vector<float> x)
    {
        if (_clip > 0)
        {
            x = Clamp(x, _clip);
        }

        Vector<float> zero = Vector<float>.Zero, one = Vector<float>.One;
        switch (_function)
        {
            case RecurrentFunction.Sigmoid: return VectorMath.Sigmoid(x);
            case RecurrentFunction.Tanh: return VectorMath.Tanh(x);
            case RecurrentFunction.Relu: return Select(Vector.LessThan(x, zero), zero, x);
            case RecurrentFunction.Relu6: return Between(x, zero, new Vector<float>(6));
            case RecurrentFunction.Affine: return (x * new Vector<float>(_alpha)) + new Vector<float>(_beta);
            case RecurrentFunction.HardSigmoid: return Between((x * new Vector<float>(_alpha)) + new Vector<float>(_beta), zero, one);
            case RecurrentFunction.LeakyRelu: return Select(Vector.GreaterThan(x, zero), x, x * new Vector<float>(_alpha));
            case RecurrentFunction.ThresholdedRelu: return Select(Vector.GreaterThan(x, new Vector<float>(_alpha)), x, zero);
            case RecurrentFunction.ScaledTanh: return VectorMath.Tanh(x * new Vector<float>(_beta)) * new Vector<float>(_alpha);
            case RecurrentFunction.Elu: return Select(Vector.GreaterThan(x, zero), x, (VectorMath.Exp(x) - one) * new Vector<float>(_alpha));
            case RecurrentFunction.Softsign: return x / (one + Vector.Abs(x));
            default: return Select(Vector.GreaterThan(x, zero), x, zero) + VectorMath.LogOnePlus(VectorMath.Exp(-Vector.Abs(x)));
        }
    }

    /// <summary>f'(x), given y = f(x). At a kink, and where x was clamped, the slope of the flat side.</summary>
    internal Vector<float> Slope(Vector<float> y)
    {
        Vector<float> zero = Vector<float>.Zero, one = Vector<float>.One, alpha = new(_alpha);
        Vector<float> slope = _function switch
        {
            RecurrentFunction.Sigmoid => y * (one - y),
            RecurrentFunction.Tanh => one - (y * y),
            RecurrentFunction.Relu or RecurrentFunction.ThresholdedRelu => Select(Vector.GreaterThan(y, zero), one, zero),
            RecurrentFunction.Relu6 => Inside(y, zero, new Vector<float>(6), one),
            RecurrentFunction.Affine => alpha,
            RecurrentFunction.HardSigmoid => Inside(y, zero, one, alpha),
            RecurrentFunction.LeakyRelu => Select(Vector.GreaterThan(y, zero), one, alpha),
            RecurrentFunction.ScaledTanh => new Vector<float>(_beta) * (alpha - (y * y / alpha)),
            RecurrentFunction.Elu => Select(Vector.GreaterThan(y, zero), one, y + alpha),
            RecurrentFunction.Softsign => (one - Vector.Abs(y)) * (one - Vector.Abs(y)),
            _ => one - VectorMath.Exp(-y),
        };
        return _clip > 0 ? Inside(y, new Vector<float>(Math.Min(_low, _high)), new Vector<float>(Math.Max(_low, _high)), slope) : slope;
    }

    /// <summary>x within −bound … bound; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Clamp(Vector<float> x, float bound) => Between(x, new Vector<float>(-bound), new Vector<float>(bound));

    /// <summary>The value where low &lt; y &lt; high, elsewhere 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Inside(Vector<float> y, Vector<float> low, Vector<float> high, Vector<float> value) =>
        Select(Vector.GreaterThan(y, low), Select(Vector.LessThan(y, high), value, Vector<float>.Zero), Vector<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Between(Vector<float> x, Vector<float> low, Vector<float> high)
    {
        x = Select(Vector.LessThan(x, low), low, x);
        return Select(Vector.GreaterThan(x, high), high, x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Select(Vector<int> condition, Vector<float> yes, Vector<float> no) => Vector.ConditionalSelect(condition, yes, no);
}

/// <summary>A vector of a row: whole, or as many elements as are left.</summary>
internal static unsafe class RowVector
{
    /// <summary>Elements from <paramref name="i"/> on that one vector takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Count(int i, int length) => Math.Min(Vector<float>.Count, length - i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Load(float* source, int count) => count == Vector<float>.Count ? Vector.Load(source) : Elementwise.LoadPart(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(Vector<float> value, float* destination, int count)
    {
        if (count == Vector<float>.Count)
        {
            value.Store(destination);
        }
        else
        {
            Elementwise.StorePart(value, destination, count);
        }
    }
}
