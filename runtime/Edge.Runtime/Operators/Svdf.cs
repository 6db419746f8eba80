using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// A dense layer factored into features and time, run frame by frame: each filter remembers its last values, y[u] = activation(bias[u] + Σ over the filters of unit u and the values it
/// remembers of value · time weight). Input [batch, in], feature weights [units · rank, in], time weights [units · rank, memory], state [batch, units · rank · memory], optional bias [units]
/// → y [batch, units], the state with the new values in it; float32 or int8.
/// </summary>
/// <param name="Rank">Filters of a unit, 1 or more.</param>
/// <param name="Activation">The clamp applied to the result; in int8 the range of the output is the clamp, and it must be none.</param>
/// <remarks>
/// The state holds for each filter its last values, oldest first. It is an input and an output: <see cref="ReadState"/> and <see cref="WriteState"/> carry it from run to run.
/// int8 gives the bits of TensorFlow Lite Micro: constant symmetric feature weights of int8 and time weights of the state's type, int8 or int16, with one scale each, and an int32 bias of scale
/// state · time weights. Source: Nakkiran et al. 2015, "Compressing deep neural networks using a rank-constrained topology"; TFLite SVDF (kernels/svdf_common.cc).
/// </remarks>
public readonly record struct Svdf(int Rank, Activation Activation = Activation.None) : IOperator<Svdf>, IDifferentiable, IPreparable
{
    internal const int Features = 1;
    internal const int Time = 2;
    internal const int State = 3;
    internal const int Bias = 4;

    /// <inheritdoc/>
    public static OperatorInfo Info { get; } =
        new("Svdf", 83, [InputRole.Data, InputRole.Weight, InputRole.Weight, InputRole.Data, InputRole.Bias], MinInputs: 4, Outputs: 2);

    /// <inheritdoc/>
    public static Svdf Read(ref AttributeReader attributes) => new(attributes.Int32("rank", 1), ShapeRules.ReadActivation(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(Rank);
        attributes.Byte((byte)Activation);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec x = shapes.Input(0), features = shapes.Input(Features), time = shapes.Input(Time), state = shapes.Input(State);
        ShapeRules.Known(shapes, Activation);
        shapes.Require(x.Shape.Rank == 2, $"the input is {x}; [batch, in] is allowed.");
        shapes.Require(features.Shape.Rank == 2 && features.Shape[1] == x.Shape[1], $"the feature weights are {features}; for the input {x} [filters, {x.Shape[1]}] is allowed.");
        int filters = features.Shape[0];
        shapes.Require(Rank >= 1 && filters % Rank == 0, $"the rank is {Rank} for {filters} filters; a number of filters that divides them is allowed.");
        shapes.Require(time.Shape.Rank == 2 && time.Shape[0] == filters, $"the time weights are {time}; [{filters}, memory] is allowed.");
        Shape stateShape = new(x.Shape[0], checked(filters * time.Shape[1]));
        shapes.Require(state.Shape == stateShape, $"the state is {state}; {stateShape} is allowed.");
        RecurrentRule.Optional(shapes, Bias, "the bias is", new Shape(filters / Rank));
        Shape output = new(x.Shape[0], filters / Rank);
        if (x.Type == DataType.Int8)
        {
            return new OperatorPlan(new TensorSpec(DataType.Int8, output, Int8(shapes)), state);
        }

        for (int i = 0; i < shapes.Count; i++)
        {
            if (shapes.Has(i))
            {
                shapes.RequireType(i, DataType.Float32);
            }
        }

        int scratch = checked(x.Shape[0] * filters * sizeof(float));
        return new OperatorPlan(new TensorSpec(DataType.Float32, output), state) { OverwritesGradients = true, ScratchBytes = scratch, BackwardScratchBytes = scratch };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        (int batch, int inputs, int filters, int memory) = Sizes(io.InputShape(0), io.InputShape(Time));
        Span<float> values = io.Scratch<float>()[..(batch * filters)];
        Gemm.Multiply(batch, filters, inputs, io.Input(0), inputs, 1, io.Input(Features), 1, inputs, values, filters, false, default, Activation.None, io.Team);
        SvdfKernel.Forward(Rank, filters, memory, values, io.Input(Time), io.Input(State), io.Input(Bias), Activation, io.Output(0), io.Output(1));
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) =>
        ((wanted & (1u << Features)) != 0 ? Keep.Input0 : Keep.None) | ((wanted & (1u << Time)) != 0 ? Keep.Output1 : Keep.None) | (Activation != Activation.None ? Keep.Output0 : Keep.None);

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        (int batch, int inputs, int filters, int memory) = Sizes(io.InputShape(0), io.InputShape(Time));
        Span<float> dy = io.OutputGradient(0), dState = io.OutputGradient(1), dValues = io.Scratch<float>()[..(batch * filters)];
        if (Activation != Activation.None)
        {
            ActivationKernels.MaskGradient(Activation, io.Output(0), dy, io.Team);
        }

        SvdfKernel.Backward(Rank, filters, memory, dy, io.Input(Time), dState, dValues);
        if (io.Wants(0))
        {
            Gemm.Multiply(batch, inputs, filters, dValues, filters, 1, io.Input(Features), inputs, 1, io.InputGradient(0), inputs, io.Accumulate(0), default, Activation.None, io.Team);
        }

        if (io.Wants(Features))
        {
            Gemm.Multiply(filters, inputs, batch, dValues, 1, filters, io.Input(0), inputs, 1, io.InputGradient(Features), inputs, io.Accumulate(Features), default, Activation.None, io.Team);
        }

        if (io.Wants(Time))
        {
            SvdfKernel.TimeGradient(Rank, filters, memory, dy, io.Output(1), io.InputGradient(Time), io.Accumulate(Time));
        }

        if (io.Wants(State))
        {
            SvdfKernel.StateGradient(memory, dState, io.InputGradient(State), io.Accumulate(State));
        }

        if (io.Wants(Bias))
        {
            ColumnSums.Run(batch, filters / Rank, dy, io.InputGradient(Bias), io.Accumulate(Bias), io.Team);
        }
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => preparation.Input(0).Type == DataType.Int8 ? new Int8SvdfKernel(preparation, Rank) : null;

    internal static (int Batch, int Inputs, int Filters, int Memory) Sizes(in Shape input, in Shape time) => (input[0], input[1], time[0], time[1]);

    private Quantization Int8(in Shapes shapes)
    {
        TensorSpec x = shapes.Input(0), time = shapes.Input(Time), state = shapes.Input(State);
        shapes.Require(Activation == Activation.None, $"the activation is {Activation} on int8; none is allowed, the output's scale and zero point are the clamp.");
        ShapeRules.Quantized(shapes, x, "the input");
        shapes.Require(state.Type is DataType.Int8 or DataType.Int16 && time.Type == state.Type, $"the state is {state} and the time weights are {time}; both int8 or both int16 is allowed.");
        ShapeRules.Quantized(shapes, state, "the state");
        ShapeRules.Quantized(shapes, time, "the time weights");
        ShapeRules.Symmetric(shapes, time.Quantization!, "the time weights have");
        shapes.Require(state.Type == DataType.Int8 || state.Quantization!.ZeroPoint == 0, $"the int16 state has zero point {state.Quantization!.ZeroPoint}; 0 is allowed.");
        RecurrentRule.Int8Weights(shapes, Features, "the feature weights", x.Quantization!.Scale);
        shapes.Require(shapes.Input(Features).Quantization!.Axis < 0, "the feature weights have a scale for each row; one for the whole tensor is allowed.");
        Quantization output = ShapeRules.DeclaredInt8(shapes);
        float first = x.Quantization!.Scale * shapes.Input(Features).Quantization!.Scale / state.Quantization!.Scale, second = state.Quantization.Scale * time.Quantization!.Scale;
        shapes.Require(float.IsFinite(first) && float.IsFinite(second / output.Scale), $"the scales give the multipliers {first} and {second / output.Scale}; they must be finite in float32.");
        if (shapes.Has(Bias))
        {
            TensorSpec bias = shapes.Input(Bias);
            shapes.RequireType(Bias, DataType.Int32);
            shapes.Require(shapes.IsConstant(Bias), "the int32 bias is computed by the model; it must be a constant.");
            shapes.Require(
                bias.Quantization is { Axis: < 0 } scale && scale.ZeroPoint == 0 && Math.Abs((double)scale.Scale - second) < 1e-5,
                $"the bias {bias} has scale {bias.Quantization?.Scale}; that of the state times that of the time weights, {second}, is needed.");
        }

        return output;
    }
}
