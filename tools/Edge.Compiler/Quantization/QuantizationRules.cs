using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>What the TFLite 8-bit specification asks of an operator.</summary>
internal enum QuantizationRule
{
    /// <summary>It has no int8 form.</summary>
    None,

    /// <summary>Int8 weights with a scale for each channel, int32 bias; the output has parameters of its own.</summary>
    Layer,

    /// <summary>The output has parameters of its own.</summary>
    Free,

    /// <summary>The output has the parameters of input 0.</summary>
    SameAsInput,

    /// <summary>All inputs have the parameters of the output.</summary>
    SameForAll,

    /// <summary>The output's range is known: <see cref="QuantizationRules.Fixed"/>.</summary>
    Fixed,
}

/// <summary>Which rule each operator follows. Whether its int8 form exists for given shapes is for its own shape rule to say.</summary>
/// <remarks>Source: TFLite 8-bit quantization specification.</remarks>
internal static class QuantizationRules
{
    private static readonly Quantization Probability = new(1f / 256, sbyte.MinValue);
    private static readonly Quantization Symmetric = new(1f / 128, 0);

    public static QuantizationRule Of(IOperator op) => op switch
    {
        Dense or Conv2D or DepthwiseConv2D => QuantizationRule.Layer,
        MaxPool2D or AveragePool2D or GlobalAveragePool or Reshape or Transpose or Pad or Slice => QuantizationRule.SameAsInput,
        Concat => QuantizationRule.SameForAll,
        Softmax or Sigmoid or Tanh => QuantizationRule.Fixed,
        Add or Subtract or Multiply or Relu or Relu6 or LeakyRelu or HardSwish or ReduceMean or ReduceSum => QuantizationRule.Free,
        _ => QuantizationRule.None,
    };

    /// <summary>The parameters of an output whose range is known: probabilities [0, 1), the hyperbolic tangent [−1, 1).</summary>
    public static Quantization Fixed(IOperator op) => op is Tanh ? Symmetric : Probability;
}
