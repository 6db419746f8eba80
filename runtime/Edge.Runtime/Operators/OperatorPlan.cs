using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>What an operator needs and makes for given input shapes; stated before anything runs.</summary>
public sealed class OperatorPlan
{
    /// <summary>Makes a plan.</summary>
    /// <param name="outputs">Type, shape and quantization of each output.</param>
    public OperatorPlan(params ReadOnlySpan<TensorSpec> outputs) => Outputs = outputs.ToArray();

    /// <summary>Type, shape and quantization of each output.</summary>
    public TensorSpec[] Outputs { get; }

    /// <summary>Scratch of the forward phase in bytes.</summary>
    public int ScratchBytes { get; init; }

    /// <summary>Scratch of the backward phase in bytes.</summary>
    public int BackwardScratchBytes { get; init; }

    /// <summary>Bytes that the forward phase writes in training for the backward phase to read.</summary>
    public int SavedBytes { get; init; }

    /// <summary>Bit i: output 0 may take the place of input i in memory (same number of bytes), when nobody needs that input any more.</summary>
    public uint InPlaceInputs { get; init; }

    /// <summary>Whether the gradient of input 0 may take the place of the gradient of output 0 in memory (same number of bytes).</summary>
    public bool GradientInPlace { get; init; }

    /// <summary>
    /// Whether Backward asks <see cref="Gradients.Accumulate"/> and overwrites where it is false. Otherwise the runtime clears a gradient before its
    /// first contribution, and Backward always adds.
    /// </summary>
    public bool OverwritesGradients { get; init; }

    /// <summary>The plan of an element-by-element operator: one output like input 0.</summary>
    /// <param name="input">Input 0.</param>
    /// <param name="inPlace">Whether the output may overwrite the input.</param>
    public static OperatorPlan Like(in TensorSpec input, bool inPlace = true) => new(input) { InPlaceInputs = inPlace ? 1u : 0u };

    /// <summary>The plan of an element-by-element operator: <see cref="Like"/>, and its gradient overwrites, also in place.</summary>
    /// <param name="input">Input 0.</param>
    public static OperatorPlan Elementwise(in TensorSpec input) => new(input) { InPlaceInputs = 1, GradientInPlace = true, OverwritesGradients = true };

    /// <summary>A plan with one output.</summary>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Shape.</param>
    /// <param name="quantization">Parameters, or null.</param>
    public static OperatorPlan Single(DataType type, Shape shape, Quantization? quantization = null) => new(new TensorSpec(type, shape, quantization));
}
