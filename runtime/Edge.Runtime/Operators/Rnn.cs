using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// A simple recurrent layer over a sequence, in one direction: h' = function(x · Wᵀ + b + h · Rᵀ + br). Input [batch, time, in], weights [hidden, in], recurrent weights
/// [hidden, hidden], optional biases b and br [hidden], lengths int32 [batch], first h [batch, hidden] → all h [batch, time, hidden], last h [batch, hidden]; float32.
/// </summary>
/// <param name="Reverse">Whether it runs from the last step to the first. Outputs stay at the steps that they belong to.</param>
/// <param name="Function">What is applied; usual: tanh.</param>
/// <param name="Clip">Bound of what goes into the function, or 0.</param>
/// <remarks>
/// A sample's steps from its length on give 0 and leave its state as it was. Trained by back-propagation through time. Source: Elman 1990; ONNX RNN-14; Keras SimpleRNN;
/// TFLite UNIDIRECTIONAL_SEQUENCE_RNN.
/// </remarks>
public readonly record struct Rnn(bool Reverse = false, RecurrentActivation Function = default, float Clip = 0) : IOperator<Rnn>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = RecurrentRule.Info("Rnn", 80, inputs: 7, outputs: 2);

    /// <inheritdoc/>
    public static Rnn Read(ref AttributeReader attributes) => new(attributes.Bool("reverse"), RecurrentActivation.Read(ref attributes, "function"), attributes.Single("clip", 0));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Bool(Reverse);
        Function.Write(attributes);
        attributes.Single(Clip);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        RecurrentShape shape = RecurrentRule.Check(shapes, gates: 1, out TensorSpec sequence, out TensorSpec state);
        Function.Require(shapes, "function");
        RecurrentRule.RequireClip(shapes, Clip, "the clip");
        return new OperatorPlan(sequence, state)
        {
            OverwritesGradients = true,
            ScratchBytes = checked(shape.ChunkFloats * sizeof(float)),
            SavedBytes = checked(shape.Rows * 2 * shape.Hidden * sizeof(float)),
            BackwardScratchBytes = checked(shape.Width * sizeof(float)),
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => RnnKernel.Forward(this, io);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => RecurrentRule.Keeps(wanted);

    /// <inheritdoc/>
    public void Backward(in Gradients io) => RnnKernel.Backward(this, io);
}
