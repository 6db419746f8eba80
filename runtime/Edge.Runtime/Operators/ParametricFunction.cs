namespace Edge.Runtime.Operators;

/// <summary>The functions of <see cref="ParametricUnary"/>; A and B are its attributes. The numbers are stored in files.</summary>
public enum ParametricFunction : byte
{
    /// <summary>x where x &gt; 0, elsewhere A · (eˣ − 1).</summary>
    Elu = 0,

    /// <summary>B · x where x &gt; 0, elsewhere B · A · (eˣ − 1). Usually A = 1.67326319, B = 1.05070102.</summary>
    Selu = 1,

    /// <summary>x where x &gt; 0, elsewhere A · (exp(x / A) − 1). A is not 0.</summary>
    Celu = 2,

    /// <summary>min(max(A · x + B, 0), 1). ONNX: A = 0.2, B = 0.5; PyTorch and HardSwish: A = 1/6, B = 0.5.</summary>
    HardSigmoid = 3,

    /// <summary>x where x &gt; A, elsewhere 0.</summary>
    ThresholdedRelu = 4,

    /// <summary>x + B where x &lt; −A, x − B where x &gt; A, elsewhere 0.</summary>
    Shrink = 5,

    /// <summary>x · tanh(ln(1 + eˣ)).</summary>
    Mish = 6,

    /// <summary>x / (1 + exp(−A · x)): SiLU with A = 1.</summary>
    Swish = 7,

    /// <summary>A · x + B.</summary>
    Affine = 8,
}
