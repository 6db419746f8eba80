using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Long short-term memory over a sequence, in one direction: i, f, o = gate(z), g = candidate(z), c' = f · c + i · g, h' = o · output(c') with z = x · Wᵀ + b + h · Rᵀ + br.
/// Input [batch, time, in], weights [4 · hidden, in], recurrent weights [4 · hidden, hidden], optional biases b and br [4 · hidden], lengths int32 [batch], first h and c
/// [batch, hidden], peepholes [3, hidden] → all h [batch, time, hidden], last h, last c [batch, hidden]; float32. The gates stand in the order input, forget, candidate, output.
/// </summary>
/// <param name="Reverse">Whether it runs from the last step to the first. Outputs stay at the steps that they belong to.</param>
/// <param name="Gate">Function of the input, forget and output gates; usual: sigmoid.</param>
/// <param name="Candidate">Function of the candidate; usual: tanh.</param>
/// <param name="Output">Function of the cell before it is put out; usual: tanh.</param>
/// <param name="Clip">Bound of what goes into the gates' functions, or 0.</param>
/// <param name="CellClip">Bound of the cell, or 0.</param>
/// <param name="CoupledForget">Whether f = 1 − i; the forget gate's weights are not used.</param>
/// <remarks>
/// The gate order is that of PyTorch, Keras and TFLite; ONNX has input, output, forget, candidate. Peepholes add p · c to what goes into input and forget gate, p · c' to what
/// goes into the output gate, in the order input, forget, output (ONNX: input, output, forget). A sample's steps from its length on give 0 and leave its state as it was.
/// Keras has b alone, PyTorch and ONNX both biases. Trained by back-propagation through time. Source: Hochreiter, Schmidhuber 1997; Gers, Schmidhuber 2000 (peepholes); ONNX LSTM-14;
/// TFLite UNIDIRECTIONAL_SEQUENCE_LSTM.
/// </remarks>
public readonly record struct Lstm(
    bool Reverse = false,
    RecurrentActivation Gate = default,
    RecurrentActivation Candidate = default,
    RecurrentActivation Output = default,
    float Clip = 0,
    float CellClip = 0,
    bool CoupledForget = false) : IOperator<Lstm>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = RecurrentRule.Info("Lstm", 81, inputs: 9, outputs: 3);

    /// <inheritdoc/>
    public static Lstm Read(ref AttributeReader attributes) => new(
        attributes.Bool("reverse"),
        RecurrentActivation.Read(ref attributes, "gate"),
        RecurrentActivation.Read(ref attributes, "candidate"),
        RecurrentActivation.Read(ref attributes, "output"),
        attributes.Single("clip", 0),
        attributes.Single("cellClip", 0),
        attributes.Bool("coupledForget"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Bool(Reverse);
        Gate.Write(attributes);
        Candidate.Write(attributes);
        Output.Write(attributes);
        attributes.Single(Clip);
        attributes.Single(CellClip);
        attributes.Bool(CoupledForget);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        RecurrentShape shape = RecurrentRule.Check(shapes, gates: 4, out TensorSpec sequence, out TensorSpec state);
        RecurrentRule.Optional(shapes, RecurrentRule.Cell, "the first cell is", state.Shape);
        RecurrentRule.Optional(shapes, RecurrentRule.Peephole, "the peepholes are", new Shape(3, shape.Hidden));
        Gate.Require(shapes, "gate function");
        Candidate.Require(shapes, "candidate function");
        Output.Require(shapes, "output function");
        RecurrentRule.RequireClip(shapes, Clip, "the clip");
        RecurrentRule.RequireClip(shapes, CellClip, "the cell clip");
        return new OperatorPlan(sequence, state, state)
        {
            OverwritesGradients = true,
            ScratchBytes = checked(shape.ChunkFloats * sizeof(float)),
            SavedBytes = checked(shape.Rows * (shape.Width + (3 * shape.Hidden)) * sizeof(float)),
            BackwardScratchBytes = checked(shape.Width * sizeof(float)),
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => LstmKernel.Forward(this, io);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => RecurrentRule.Keeps(wanted);

    /// <inheritdoc/>
    public void Backward(in Gradients io) => LstmKernel.Backward(this, io);
}
