using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>The functions that recurrent operators apply to gates and states; a and b are the numbers of <see cref="RecurrentActivation"/>.</summary>
public enum RecurrentFunction : byte
{
    /// <summary>What is usual in the place: 1 / (1 + exp(−x)) for gates, tanh for candidates and states.</summary>
    Usual = 0,

    /// <summary>1 / (1 + exp(−x)).</summary>
    Sigmoid = 1,

    /// <summary>tanh(x).</summary>
    Tanh = 2,

    /// <summary>max(x, 0).</summary>
    Relu = 3,

    /// <summary>min(max(x, 0), 6).</summary>
    Relu6 = 4,

    /// <summary>a · x + b. The identity is a = 1, b = 0.</summary>
    Affine = 5,

    /// <summary>min(max(a · x + b, 0), 1). ONNX and Keras 2: a = 0.2, b = 0.5; Keras 3: a = 1/6.</summary>
    HardSigmoid = 6,

    /// <summary>x where x &gt; 0, elsewhere a · x; a is at least 0.</summary>
    LeakyRelu = 7,

    /// <summary>x where x &gt; a, elsewhere 0; a is at least 0.</summary>
    ThresholdedRelu = 8,

    /// <summary>a · tanh(b · x); a is not 0.</summary>
    ScaledTanh = 9,

    /// <summary>x where x &gt; 0, elsewhere a · (exp(x) − 1); a is at least 0.</summary>
    Elu = 10,

    /// <summary>x / (1 + |x|).</summary>
    Softsign = 11,

    /// <summary>ln(1 + exp(x)).</summary>
    Softplus = 12,
}

/// <summary>A function that a recurrent operator applies. The default is the one that is usual in its place.</summary>
/// <param name="Function">Which one.</param>
/// <param name="Alpha">The number a of <see cref="RecurrentFunction"/>; 0 where it has none.</param>
/// <param name="Beta">The number b of <see cref="RecurrentFunction"/>; 0 where it has none.</param>
/// <remarks>Source: the activation functions of ONNX RNN-14, LSTM-14 and GRU-14.</remarks>
public readonly record struct RecurrentActivation(RecurrentFunction Function, float Alpha = 0, float Beta = 0)
{
    /// <summary>1 / (1 + exp(−x)).</summary>
    public static RecurrentActivation Sigmoid => new(RecurrentFunction.Sigmoid);

    /// <summary>tanh(x).</summary>
    public static RecurrentActivation Tanh => new(RecurrentFunction.Tanh);

    /// <summary>max(x, 0).</summary>
    public static RecurrentActivation Relu => new(RecurrentFunction.Relu);

    /// <summary>x itself.</summary>
    public static RecurrentActivation Identity => new(RecurrentFunction.Affine, 1);

    /// <summary>min(max(a · x + b, 0), 1).</summary>
    /// <param name="alpha">The number a.</param>
    /// <param name="beta">The number b.</param>
    public static RecurrentActivation HardSigmoid(float alpha = 0.2f, float beta = 0.5f) => new(RecurrentFunction.HardSigmoid, alpha, beta);

    internal static RecurrentActivation Read(ref AttributeReader attributes, string name) =>
        new((RecurrentFunction)attributes.Byte(name, (byte)RecurrentFunction.Softplus), attributes.Single(name + " alpha"), attributes.Single(name + " beta"));

    internal void Write(AttributeWriter attributes)
    {
        attributes.Byte((byte)Function);
        attributes.Single(Alpha);
        attributes.Single(Beta);
    }

    internal void Require(in Shapes shapes, string name)
    {
        shapes.Require(Function <= RecurrentFunction.Softplus, $"the {name} is {(byte)Function}; 0 … {(byte)RecurrentFunction.Softplus} is allowed.");
        shapes.Require(float.IsFinite(Alpha) && float.IsFinite(Beta), $"the {name} has a = {Alpha} and b = {Beta}; finite numbers are allowed.");
        shapes.Require(
            Function is not (RecurrentFunction.LeakyRelu or RecurrentFunction.ThresholdedRelu or RecurrentFunction.Elu) || Alpha >= 0, $"the {name} {Function} has a = {Alpha}; at least 0 is allowed.");
        shapes.Require(Function != RecurrentFunction.ScaledTanh || Alpha != 0, $"the {name} {Function} has a = 0; another number is needed.");
    }
}
