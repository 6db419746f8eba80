namespace Edge.Runtime.Training;

/// <summary>What a trainer minimizes.</summary>
public enum Loss
{
    /// <summary>
    /// The model's metadata key <c>training.loss</c>; else cross-entropy where the model ends in Softmax, binary cross-entropy where it ends in Sigmoid.
    /// </summary>
    Auto = 0,

    /// <summary>Softmax and cross-entropy on logits; integer labels.</summary>
    SoftmaxCrossEntropy = 64,

    /// <summary>Sigmoid and binary cross-entropy on logits; targets between 0 and 1.</summary>
    BinaryCrossEntropy = 65,

    /// <summary>Mean of squared differences.</summary>
    MeanSquaredError = 66,
}
