using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>The work of <see cref="QuantizedFusion"/>: every quantized tensor of the source is known as int8, as what it is, or as both.</summary>
internal sealed class QuantizedRewriter(Graph source) : GraphRewriter(source)
{
    private const int Shift = 128;

    private readonly Dictionary<Tensor, Tensor> _plain = [];
    private readonly Dictionary<Tensor, Tensor> _int8 = [];

    /// <summary>Operators that became int8.</summary>
    public int Fused { get; private set; }

    /// <inheritdoc/>
    protected override void AddInput(Tensor source, Tensor input) => _plain.Add(source, input);

    /// <inheritdoc/>
    protected override Tensor Plain(Tensor source)
    {
        if (_plain.TryGetValue(source, out Tensor? plain))
        {
            return plain;
        }

        plain = source.IsConstant ? Constant(source)
            : source.Type == DataType.Int8 ? _int8[source]
            : Target.Add(source.Name, new Requantize(), source.Spec, _int8[source]);
        _plain.Add(source, plain);
        return plain;
    }

    /// <inheritdoc/>
    protected override void Visit(Node node)
    {
        if (node.Outputs.Count == 1 && _int8.ContainsKey(node.Output))
        {
            return;                              // the Quantize of an operator that became int8
        }

        if (node.Outputs.Count == 1 && Wanted(node) is { } wanted && Fuse(node, wanted) is { } result)
        {
            foreach (Node quantize in node.Output.Consumers.Distinct())
            {
                _int8.Add(quantize.Output, result);
            }

            Fused++;
            return;
        }

        if (node.Operator is Quantize && node.Output is { Type: DataType.UInt8, Quantization: { } parameters } && !Source.IsOutput(node.Output))
        {
            _int8.Add(node.Output, Target.Add(node.Output.Name, new Quantize(), node.Output.Spec with { Type = DataType.Int8, Quantization = Shifted(parameters) }, Plain(node.Inputs[0]!)));
            return;
        }

        Node copy = Copy(node, node.Operator, [.. node.Inputs.Select(input =>
            input is null ? null : node.Operator is Dequantize && _int8.TryGetValue(input, out Tensor? stored) ? stored : Plain(input))]);
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            _plain.Add(node.Outputs[i], copy.Outputs[i]);
        }
    }

    private static Quantization Shifted(Quantization parameters) => new(parameters.Scale, parameters.ZeroPoint - Shift);

    /// <summary>The parameters, as int8, that everything which reads a float result quantizes it to; null where something else reads it.</summary>
    private Quantization? Wanted(Node node)
    {
        Tensor output = node.Output;
        if (output.Type != DataType.Float32 || output.Consumers.Count == 0 || Source.IsOutput(output))
        {
            return null;
        }

        TensorSpec first = output.Consumers[0].Output.Spec;
        return first.Type is DataType.Int8 or DataType.UInt8 && output.Consumers.All(consumer =>
                consumer.Operator is Quantize && consumer.Output.Type == first.Type && Quantization.Same(consumer.Output.Quantization, first.Quantization))
            ? first.Type == DataType.Int8 ? first.Quantization : Shifted(first.Quantization!)
            : null;
    }

    /// <summary>The int8 tensor behind a dequantized one, also where it was brought into another order or shape since; null where there is none.</summary>
    private Tensor? Stored(Tensor? real)
    {
        if (real?.Producer is not { Operator: Transpose or Reshape } move)
        {
            return Dequantized(real);
        }

        if (!_int8.TryGetValue(real, out Tensor? moved) && Dequantized(move.Inputs[0]) is { } source)
        {
            moved = Target.AddNode(move.Info, move.Operator, move.Name, [source]).Output;
            _int8.Add(real, moved);
        }

        return moved;
    }

    private Tensor? Dequantized(Tensor? real)
    {
        if (real?.Producer is not { Operator: Dequantize } producer || producer.Inputs[0] is not { Quantization: { Axis: < 0 } parameters } tensor ||
            tensor.Type is not (DataType.Int8 or DataType.UInt8))
        {
            return null;
        }

        if (_int8.TryGetValue(tensor, out Tensor? known))
        {
            return known;
        }

        known = tensor.Type == DataType.Int8 ? Plain(tensor)
            : tensor.IsConstant ? Signed(tensor)
            : Target.Add(tensor.Name, new Requantize(), tensor.Spec with { Type = DataType.Int8, Quantization = Shifted(parameters) }, Plain(tensor));
        _int8.Add(tensor, known);
        return known;
    }

    /// <summary>A uint8 constant as int8.</summary>
    private Tensor Signed(Tensor constant)
    {
        byte[] data = constant.Data.ToArray();
        for (int i = 0; i < data.Length; i++)
        {
            data[i] ^= Shift;
        }

        Quantization old = constant.Quantization!;
        int[] zeros = [.. old.ZeroPoints];
        return Target.Constant(
            constant.Name, new TensorSpec(DataType.Int8, constant.Shape, new Quantization(old.Scales, [.. zeros.Select(static zero => zero - Shift)], old.Axis)), data);
    }

    /// <summary>The int8 form of a node, or null where there is none.</summary>
    private Tensor? Fuse(Node node, Quantization wanted)
    {
        int dataInputs = Fusable.ChannelAxis(node) is null ? node.Inputs.Count : 1;
        Tensor?[] inputs = new Tensor?[node.Inputs.Count];
        for (int i = 0; i < dataInputs; i++)
        {
            if (Stored(node.Inputs[i]) is not { } stored)
            {
                return null;
            }

            inputs[i] = stored;
        }

        if (Fusable.ChannelAxis(node) is { } axis && !Layer(node, axis, inputs))
        {
            return null;
        }

        return node.Operator switch
        {
            // Their results have a scale of their own.
            Sigmoid or Softmax => Fixed(node, inputs, wanted, 1f / 256, -Shift),
            Tanh => Fixed(node, inputs, wanted, 1f / Shift, 0),

            // They move elements or choose among them, so the scale stays; a mean has a form that changes it.
            MaxPool2D or Reshape or Transpose or Slice or Pad => Kept(node, node.Operator, inputs, wanted),
            AveragePool2D { CountIncludePad: false } => Kept(node, node.Operator, inputs, wanted),
            GlobalAveragePool pool => Quantization.Same(inputs[0]!.Quantization, wanted)
                ? Try(node, pool, inputs, wanted)
                : Try(node, new ReduceMean([1, 2], pool.KeepDims), inputs, wanted, ReduceMean.Info),
            Conv2D or DepthwiseConv2D or ConvTranspose2D or Dense or Add or Subtract or Multiply or Concat or ReduceMean or ReduceSum or Relu or Relu6 or LeakyRelu or HardSwish or PRelu or Unary or
                ParametricUnary or Clip or Binary or Gelu or MatMul => Try(node, node.Operator, inputs, wanted),
            _ when node.Inputs.Count == 1 && node.StateId is null && QuantizationRules.IsLinked(node, 0) => Kept(node, node.Operator, inputs, wanted),
            _ => null,
        };
    }

    private Tensor? Fixed(Node node, Tensor?[] inputs, Quantization wanted, float scale, int zeroPoint)
    {
        if (wanted.Scale < scale)
        {
            return null;                         // the wanted scale is finer than the one that the operator has: float keeps what it asks for
        }

        Quantization own = new(scale, zeroPoint);
        return Try(node, node.Operator, inputs, own) is { } result ? Requantized(result, wanted) : null;
    }

    private Tensor? Kept(Node node, IOperator op, Tensor?[] inputs, Quantization wanted) =>
        Try(node, op, inputs, inputs[0]!.Quantization!) is { } result ? Requantized(result, wanted) : null;

    private Tensor Requantized(Tensor tensor, Quantization wanted) => Quantization.Same(tensor.Quantization, wanted)
        ? tensor
        : Target.Add(tensor.Name, new Requantize(), tensor.Spec with { Quantization = wanted }, tensor);

    /// <summary>Adds the int8 form of a node where its shape rule knows one.</summary>
    private Tensor? Try(Node node, IOperator op, Tensor?[] inputs, Quantization parameters, OperatorInfo? info = null)
    {
        try
        {
            return Target.AddNode(info ?? node.Info, op, node.Name, inputs, [new TensorSpec(DataType.Int8, node.Output.Shape, parameters)], [node.Output.Name]).Output;
        }
        catch (ShapeException)
        {
            return null;
        }
    }

    /// <summary>Weights as int8 and the bias in steps of input scale times weight scale; false where they are none.</summary>
    private bool Layer(Node node, int axis, Tensor?[] inputs)
    {
        Tensor weights = node.Inputs[1]!;
        Tensor? stored = weights.IsConstant ? weights : weights.Producer is { Operator: Dequantize } producer && producer.Inputs[0] is { IsConstant: true } constant ? constant : null;
        if (stored is not { Type: DataType.Int8 or DataType.UInt8, Quantization: { } parameters } || (parameters.Axis >= 0 && parameters.Axis != axis) ||
            (parameters.Axis >= 0 && parameters.ZeroPoints.IndexOfAnyExcept(stored.Type == DataType.Int8 ? 0 : Shift) >= 0))
        {
            return false;
        }

        if (node.Input(2) is { } bias)
        {
            if (bias is not { IsConstant: true, Type: DataType.Float32 })
            {
                return false;
            }

            ReadOnlySpan<float> real = bias.Values<float>();
            int[] steps = new int[real.Length];
            float[] scales = new float[real.Length];
            float input = inputs[0]!.Quantization!.Scale;
            for (int i = 0; i < steps.Length; i++)
            {
                // The product in float32: so do converters, and so an int32 bias that was made real comes back as it was.
                scales[i] = input * parameters.Scales[parameters.Axis < 0 ? 0 : i];
                double value = Math.Round(real[i] / (double)scales[i], MidpointRounding.AwayFromZero);
                if (!(Math.Abs(value) <= int.MaxValue))
                {
                    return false;
                }

                steps[i] = (int)value;
            }

            inputs[2] = Target.Constant<int>(bias.Name, bias.Shape, steps, parameters.Axis < 0 ? new Quantization(scales[0], 0) : new Quantization(scales, [], 0));
        }

        inputs[1] = stored.Type == DataType.Int8 ? Constant(stored) : Signed(stored);
        return true;
    }
}
