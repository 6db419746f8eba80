using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>What the TFLite 8-bit specification asks of an operator.</summary>
internal enum QuantizationRule
{
    /// <summary>It has no int8 form.</summary>
    None,

    /// <summary>Int8 weights with a scale for each channel, int32 bias (int64 beside int16 data); the output has parameters of its own.</summary>
    Layer,

    /// <summary>The output, where it is float32, has parameters of its own.</summary>
    Free,

    /// <summary>The first output and the inputs of <see cref="QuantizationRules.Linked"/> have the same parameters.</summary>
    Linked,

    /// <summary>The output's range is known: <see cref="QuantizationRules.Fixed"/>.</summary>
    Fixed,

    /// <summary>It turns one type into another and stays as it is: neither int8 nor arithmetic in float32.</summary>
    Conversion,
}

/// <summary>Which rule each operator follows. Whether its int8 form exists for given shapes is for its own shape rule to say.</summary>
/// <remarks>Source: TFLite 8-bit quantization specification.</remarks>
internal static class QuantizationRules
{
    private const uint First = 1 << 0;
    private const uint Second = 1 << 1;
    private const uint Third = 1 << 2;

    private static readonly Quantization Probability = new(1f / 256, sbyte.MinValue);
    private static readonly Quantization Symmetric = new(1f / 128, 0);
    private static readonly Quantization Unit16 = new(1f / 32768, 0);
    private static readonly Quantization LogProbability = new(1f / 16, sbyte.MaxValue);

    public static QuantizationRule Of(IOperator op) => op switch
    {
        Dense or Conv2D or DepthwiseConv2D or ConvTranspose2D => QuantizationRule.Layer,
        _ when Linked(op) != 0 => QuantizationRule.Linked,
        Softmax or Sigmoid or Tanh or LogSoftmax or L2Normalization => QuantizationRule.Fixed,
        Add or Subtract or Multiply or MatMul or Relu or Relu6 or LeakyRelu or HardSwish or Gelu or PRelu or Clip or ParametricUnary or ReduceMean or ReduceSum or CumulativeSum or
            Unary { Function: not (UnaryFunction.Not or UnaryFunction.IsNaN or UnaryFunction.IsInfinity) } or
            Binary { Function: BinaryFunction.Divide or BinaryFunction.SquaredDifference } or
            Reduce { Kind: Reduction.Product } or Compare or ArgMax => QuantizationRule.Free,
        Cast => QuantizationRule.Conversion,
        _ => QuantizationRule.None,
    };

    /// <summary>The inputs, a bit each, whose values an operator moves or chooses among: they have the parameters of its first output.</summary>
    public static uint Linked(IOperator op) => op switch
    {
        MaxPool2D or AveragePool2D or GlobalAveragePool or Reshape or Transpose or Pad or MirrorPad or Slice or StridedSlice or Tile or BroadcastTo or Resize or SpaceToDepth or DepthToSpace or
            SpaceToBatch or BatchToSpace or ReverseSequence or Gather or GatherNd or GatherElements or TopK or ReadState or WriteState or Reduce { Kind: Reduction.Maximum or Reduction.Minimum } => First,
        Embedding => Second,
        Binary { Function: BinaryFunction.Minimum or BinaryFunction.Maximum } => First | Second,
        Select or OneHot => Second | Third,
        ScatterNd { Scattering: Scattering.Replace } or ScatterElements { Scattering: Scattering.Replace } => First | Third,
        Concat => uint.MaxValue,
        _ => 0,
    };

    /// <summary>Whether an input of a node has the parameters of its first output.</summary>
    public static bool IsLinked(Node node, int input) => (Linked(node.Operator) & (1u << input)) != 0 && node.Input(input) is { Type: DataType.Float32 };

    /// <summary>The parameters of an output whose range is known: probabilities [0, 1), their logarithms (−16, 0], the hyperbolic tangent and unit vectors [−1, 1).</summary>
    public static Quantization Fixed(IOperator op, DataType type) => op switch
    {
        _ when type == DataType.Int16 => Unit16,
        Tanh or L2Normalization => Symmetric,
        LogSoftmax => LogProbability,
        _ => Probability,
    };
}
