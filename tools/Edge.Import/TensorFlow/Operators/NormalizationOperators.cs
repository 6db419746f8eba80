using Edge.Compiler;
using Edge.Format;
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
        TensorFlowOperator.Same("BatchNormWithGlobalNormalization", "BatchNorm", EarlyBatchNorm),
        TensorFlowOperator.Same("LRN", "LocalResponseNormalization", ResponseNormalization),
        TensorFlowOperator.Same("Softmax", "Softmax", static node => node.Builder.Add(node.Name, new Softmax(), node.Input(0))),
        TensorFlowOperator.Same("LogSoftmax", "LogSoftmax", static node => node.Builder.Add(node.Name, new LogSoftmax(), node.Input(0))),
    ];

    /// <summary>Batch normalization as TensorFlow's: its running variance is unbiased.</summary>
    /// <param name="epsilon">Added to the variance.</param>
    public static BatchNorm BatchNorm(float epsilon) => new(epsilon, Momentum, UnbiasedVariance: true);

    private static IReadOnlyList<TensorFlowValue> FusedBatchNorm(TensorFlowNode node)
    {
        Tensor x = node.Input(0), mean = node.Input(3), variance = node.Input(4);
        bool isVolume = x.Shape.Rank == 5;
        Tensor y = node.Builder.Add(
            node.Name, BatchNorm(node.Float("epsilon", DefaultEpsilon)), isVolume ? VolumeOperators.ToLast(node, x) : ImageLayout.ToLast(node, x), node.Input(1), node.Input(2), mean, variance);
        return [new TensorFlowValue(isVolume ? VolumeOperators.FromLast(node, y) : ImageLayout.FromLast(node, y)), new TensorFlowValue(mean), new TensorFlowValue(variance)];
    }

    /// <summary>The operator of graphs from before FusedBatchNorm: image, mean, variance, beta, gamma, which may be there without being used.</summary>
    private static Tensor EarlyBatchNorm(TensorFlowNode node)
    {
        Tensor gamma = node.Input(4);
        if (!node.Flag("scale_after_normalization"))
        {
            float[] ones = new float[gamma.Shape.ElementCount];
            Array.Fill(ones, 1);
            gamma = node.Builder.Constant<float>(node.Name + "/gamma", gamma.Shape, ones);
        }

        return node.Builder.Add(node.Name, BatchNorm(node.Float("variance_epsilon", 0)), node.Input(0), gamma, node.Input(3), node.Input(1), node.Input(2));
    }

    /// <summary>y = x · (bias + alpha · Σ x²)^−beta with the sum over neighbouring channels; alpha weighs the sum itself, as the runtime's does.</summary>
    private static Tensor ResponseNormalization(TensorFlowNode node)
    {
        Tensor x = node.Input(0);
        int radius = node.Int32("depth_radius", 5);
        node.Require(x.Shape.Rank == 4 && radius is >= 0 and <= short.MaxValue - 1, $"the input is {x} and depth_radius {radius}; four axes and 0 … {short.MaxValue - 1} are allowed.");
        return node.Builder.Add(node.Name, new LocalResponseNormalization((2 * radius) + 1, node.Float("alpha", 1), node.Float("beta", 0.5f), node.Float("bias", 1)), x);
    }

    private static string? RefuseTraining(FlatNode node) => node.Attribute("is_training")?.Integer is 0
        ? null
        : "normalizes with the statistics of the batch (is_training); save the model for inference";
}
