using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Gated recurrent units over a sequence, in one direction: r, u = gate(x · Wᵀ + b + h · Rᵀ + br), n = candidate(x · Wᵀ + b + r · (h · Rᵀ + br)), h' = (1 − u) · n + u · h.
/// Input [batch, time, in], weights [3 · hidden, in], recurrent weights [3 · hidden, hidden], optional biases b and br [3 · hidden], lengths int32 [batch], first h
/// [batch, hidden] → all h [batch, time, hidden], last h [batch, hidden]; float32. The gates stand in the order reset, update, candidate.
/// </summary>
/// <param name="Reverse">Whether it runs from the last step to the first. Outputs stay at the steps that they belong to.</param>
/// <param name="ResetAfter">
/// Whether the reset gate is applied behind the recurrent product, as above (PyTorch, Keras reset_after, ONNX linear_before_reset); else n = candidate(x · Wᵀ + b + (r · h) · Rᵀ + br).
/// </param>
/// <param name="Gate">Function of the reset and update gates; usual: sigmoid.</param>
/// <param name="Candidate">Function of the candidate; usual: tanh.</param>
/// <param name="Clip">Bound of what goes into the functions, or 0.</param>
/// <remarks>
/// The gate order is that of PyTorch; Keras and ONNX have update, reset, candidate. A sample's steps from its length on give 0 and leave its state as it was.
/// Trained by back-propagation through time. Source: Cho et al. 2014, arXiv:1406.1078; ONNX GRU-14.
/// </remarks>
public readonly record struct Gru(bool Reverse, bool ResetAfter, RecurrentActivation Gate = default, RecurrentActivation Candidate = default, float Clip = 0)
    : IOperator<Gru>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = RecurrentRule.Info("Gru", 82, inputs: 7, outputs: 2);

    /// <inheritdoc/>
    public static Gru Read(ref AttributeReader attributes) => new(
        attributes.Bool("reverse"),
        attributes.Bool("resetAfter"),
        RecurrentActivation.Read(ref attributes, "gate"),
        RecurrentActivation.Read(ref attributes, "candidate"),
        attributes.Single("clip", 0));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Bool(Reverse);
        attributes.Bool(ResetAfter);
        Gate.Write(attributes);
        Candidate.Write(attributes);
        attributes.Single(Clip);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        RecurrentShape shape = RecurrentRule.Check(shapes, gates: 3, out TensorSpec sequence, out TensorSpec state);
        Gate.Require(shapes, "gate function");
        Candidate.Require(shapes, "candidate function");
        RecurrentRule.RequireClip(shapes, Clip, "the clip");

        // Besides the input's products: the recurrent ones of a step, or r · h.
        return new OperatorPlan(sequence, state)
        {
            OverwritesGradients = true,
            ScratchBytes = checked((shape.ChunkFloats + (shape.Batch * shape.Width)) * sizeof(float)),
            SavedBytes = checked(shape.Rows * (shape.Width + (2 * shape.Hidden)) * sizeof(float)),
            BackwardScratchBytes = checked((shape.Width + (shape.Batch * shape.Hidden)) * sizeof(float)),
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => GruKernel.Forward(this, io);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => RecurrentRule.Keeps(wanted);

    /// <inheritdoc/>
    public void Backward(in Gradients io) => GruKernel.Backward(this, io);
}
