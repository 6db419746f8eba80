using Edge.Compiler;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>Normalization over the batch and over classes.</summary>
internal static class NormalizationOperators
{
    /// <summary>What FusedBatchNorm adds to the variance where nothing is said.</summary>
    public const float DefaultEpsilon = 1e-4f;

    // What Keras keeps of the running statistics where nothing is said; a graph for inference does not say it.
    private const float Momentum = 0.99f;

    /// <summary>The table.</summary>
    public static IEnumerable<TensorFlowOperator> Table =>
    [
        .. new[] { "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3" }.Select(static kind =>
            TensorFlowOperator.Values(kind, OperatorSupport.Supported, "BatchNorm", FusedBatchNorm) with { Refuses = RefuseTraining }),
        TensorFlowOperator.Same("Softmax", "Softmax", static node => node.Builder.Add(node.Name, new Softmax(), node.Input(0))),
        TensorFlowOperator.Same("LogSoftmax", "LogSoftmax", static node => node.Builder.Add(node.Name, new LogSoftmax(), node.Input(0))),
    ];

    /// <summary>Batch normalization as TensorFlow's: its running variance is unbiased.</summary>
    /// <param name="epsilon">Added to the variance.</param>
    public static BatchNorm BatchNorm(float epsilon) => new(epsilon, Momentum, UnbiasedVariance: true);

    private static IReadOnlyList<TensorFlowValue> FusedBatchNorm(TensorFlowNode node)
    {
        Tensor mean = node.Input(3), variance = node.Input(4);
        Tensor y = node.Builder.Add(
            node.Name, BatchNorm(node.Float("epsilon", DefaultEpsilon)), ImageLayout.ToLast(node, node.Input(0)), node.Input(1), node.Input(2), mean, variance);
        return [new TensorFlowValue(ImageLayout.FromLast(node, y)), new TensorFlowValue(mean), new TensorFlowValue(variance)];
    }

    private static string? RefuseTraining(FlatNode node) => node.Attribute("is_training")?.Integer is 0
        ? null
        : "normalizes with the statistics of the batch (is_training); save the model for inference";
}
