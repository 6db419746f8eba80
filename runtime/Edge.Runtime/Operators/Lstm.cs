using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Long short-term memory over a sequence, in one direction: i, f, o = gate(z), g = candidate(z), c' = f · c + i · g, h' = o · output(c') with z = x · Wᵀ + b + h · Rᵀ + br.
/// Input [batch, time, in], weights [4 · hidden, in], recurrent weights [4 · hidden, hidden], optional biases b and br [4 · hidden], lengths int32 [batch], first h and c
/// [batch, hidden], peepholes [3, hidden], projection [width, hidden] and its bias [width] → all h [batch, time, hidden], last h, last c [batch, hidden]; float32, or int8 with an int16 cell. The gates stand in the order input, forget, candidate, output.
/// </summary>
/// <param name="Reverse">Whether it runs from the last step to the first. Outputs stay at the steps that they belong to.</param>
/// <param name="Gate">Function of the input, forget and output gates; usual: sigmoid.</param>
/// <param name="Candidate">Function of the candidate; usual: tanh.</param>
/// <param name="Output">Function of the cell before it is put out; usual: tanh.</param>
/// <param name="Clip">Bound of what goes into the gates' functions, or 0.</param>
/// <param name="CellClip">Bound of the cell, or 0.</param>
/// <param name="CoupledForget">Whether f = 1 − i; the forget gate's weights are not used.</param>
/// <param name="ProjectionClip">Bound of what a projection gives, or 0.</param>
/// <remarks>
/// The gate order is that of PyTorch, Keras and TFLite; ONNX has input, output, forget, candidate. Peepholes add p · c to what goes into input and forget gate, p · c' to what
/// goes into the output gate, in the order input, forget, output (ONNX: input, output, forget). With a projection P and its bias p, h' = P · (o · output(c')) + p, and all widths of h are the
/// projection's. A sample's steps from its length on give 0 and leave its state as it was.
/// Keras has b alone, PyTorch and ONNX both biases. Trained by back-propagation through time. Source: Hochreiter, Schmidhuber 1997; Gers, Schmidhuber 2000 (peepholes); ONNX LSTM-14;
/// TFLite UNIDIRECTIONAL_SEQUENCE_LSTM.
/// int8 gives the bits of TensorFlow Lite Micro: constant symmetric weights with a scale for each row, int32 bias b; first h (int8) and first c (int16, its scale a power of two) must be
/// there, and the outputs have their scales. Neither br, lengths and peepholes nor other functions than sigmoid and tanh are then allowed.
/// </remarks>
public readonly record struct Lstm(
    bool Reverse = false,
    RecurrentActivation Gate = default,
    RecurrentActivation Candidate = default,
    RecurrentActivation Output = default,
    float Clip = 0,
    float CellClip = 0,
    bool CoupledForget = false,
    float ProjectionClip = 0) : IOperator<Lstm>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = RecurrentRule.Info("Lstm", 81, inputs: 11, outputs: 3);

    /// <inheritdoc/>
    public static Lstm Read(ref AttributeReader attributes) => new(
        attributes.Bool("reverse"),
        RecurrentActivation.Read(ref attributes, "gate"),
        RecurrentActivation.Read(ref attributes, "candidate"),
        RecurrentActivation.Read(ref attributes, "output"),
        attributes.Single("clip", 0),
        attributes.Single("cellClip", 0),
        attributes.Bool("coupledForget"),
        attributes.Single("projectionClip", 0));

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
        attributes.Single(ProjectionClip);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        if (shapes.Type(RecurrentRule.Input) == DataType.Int8)
        {
            return InferInt8(shapes);
        }

        RecurrentShape shape = RecurrentRule.Check(shapes, gates: 4, out TensorSpec sequence, out TensorSpec state);
        RecurrentRule.Optional(shapes, RecurrentRule.Peephole, "the peepholes are", new Shape(3, shape.Hidden));
        Gate.Require(shapes, "gate function");
        Candidate.Require(shapes, "candidate function");
        Output.Require(shapes, "output function");
        RecurrentRule.RequireClip(shapes, Clip, "the clip");
        RecurrentRule.RequireClip(shapes, CellClip, "the cell clip");
        RecurrentRule.RequireClip(shapes, ProjectionClip, "the clip of the projection");
        bool projected = shapes.Has(RecurrentRule.Projection);
        return new OperatorPlan(sequence, state, new TensorSpec(DataType.Float32, new Shape(shape.Batch, shape.Hidden)))
        {
            OverwritesGradients = true,
            ScratchBytes = checked((shape.ChunkFloats + (projected ? shape.Batch * (shape.Hidden + shape.State) : 0)) * sizeof(float)),
            SavedBytes = checked(shape.Rows * (shape.Width + shape.State + (2 * shape.Hidden) + (projected ? shape.Hidden + shape.State : 0)) * sizeof(float)),
            BackwardScratchBytes = checked((shape.Width + (projected ? shape.Batch * shape.Hidden : 0)) * sizeof(float)),
        };
    }

    private OperatorPlan InferInt8(in Shapes shapes)
    {
        shapes.Require(shapes.Count == RecurrentRule.Cell + 1 && shapes.Has(RecurrentRule.Hidden) && shapes.Has(RecurrentRule.Cell), $"an int8 input needs the first h and the first c as inputs {RecurrentRule.Hidden} and {RecurrentRule.Cell}, and neither peepholes nor a projection.");
        shapes.Require(!shapes.Has(RecurrentRule.RecurrentBias) && !shapes.Has(RecurrentRule.Lengths), "an int8 input allows neither a recurrent bias nor lengths. Add the biases in the file that is imported.");
        shapes.Require(
            Gate.Function is RecurrentFunction.Usual or RecurrentFunction.Sigmoid && Candidate.Function is RecurrentFunction.Usual or RecurrentFunction.Tanh or RecurrentFunction.Sigmoid &&
            Output.Function is RecurrentFunction.Usual or RecurrentFunction.Tanh && Clip == 0 && !CoupledForget,
            "an int8 input allows sigmoid gates, a candidate of tanh or sigmoid, an output of tanh, no clip of the gates and no coupled forget gate.");
        RecurrentRule.RequireClip(shapes, CellClip, "the cell clip");
        RecurrentShape shape = RecurrentRule.CheckSizes(shapes, gates: 4, out TensorSpec sequence, out _);
        TensorSpec input = shapes.Input(RecurrentRule.Input), hidden = shapes.Input(RecurrentRule.Hidden), cell = shapes.Input(RecurrentRule.Cell);
        shapes.RequireType(RecurrentRule.Hidden, DataType.Int8);
        shapes.RequireType(RecurrentRule.Cell, DataType.Int16);
        ShapeRules.Quantized(shapes, input, "the input");
        ShapeRules.Quantized(shapes, hidden, "the first state");
        ShapeRules.Quantized(shapes, cell, "the first cell");
        RecurrentRule.Int8Weights(shapes, RecurrentRule.Weights, "the weights", input.Quantization!.Scale);
        RecurrentRule.Int8Weights(shapes, RecurrentRule.Recurrent, "the recurrent weights", hidden.Quantization!.Scale);
        if (shapes.Has(RecurrentRule.Bias))
        {
            shapes.RequireType(RecurrentRule.Bias, DataType.Int32);
            shapes.Require(shapes.IsConstant(RecurrentRule.Bias), "the int32 bias is computed by the model; it must be a constant.");
        }

        float scale = cell.Quantization!.Scale;
        shapes.Require(
            cell.Quantization.ZeroPoint == 0 && scale >= MathF.ScaleB(1, Int16Functions.LeastPower) && scale <= MathF.ScaleB(1, Int16Functions.MostPower) && MathF.ScaleB(1, MathF.ILogB(scale)) == scale,
            $"the first cell has scale {scale} and zero point {cell.Quantization.ZeroPoint}; a power of two from 2^{Int16Functions.LeastPower} to 2^{Int16Functions.MostPower} and 0 are allowed.");
        shapes.Require(
            shapes.Declared(0).Type == DataType.Int8 && Quantization.Same(shapes.Declared(0).Quantization, hidden.Quantization),
            $"the output is declared as {shapes.Declared(0)}; int8 with scale and zero point of the first state is allowed.");
        return new OperatorPlan(new TensorSpec(DataType.Int8, sequence.Shape, hidden.Quantization), hidden, cell) { ScratchBytes = Int8Lstm.ScratchBytes(shape) };
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => preparation.Input(RecurrentRule.Input).Type == DataType.Int8 ? new Int8LstmKernel(preparation, this) : null;

    /// <inheritdoc/>
    public void Forward(in Buffers io) => LstmKernel.Forward(this, io);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => RecurrentRule.Keeps(wanted);

    /// <inheritdoc/>
    public void Backward(in Gradients io) => LstmKernel.Backward(this, io);
}
