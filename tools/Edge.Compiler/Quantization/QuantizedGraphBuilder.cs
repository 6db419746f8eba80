using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using QuantizeOperator = Edge.Runtime.Operators.Quantize;

namespace Edge.Compiler;

/// <summary>Builds the graph of integers node by node. A tensor may exist as int8 (or int16), as it was, or both; each form is made once, where it is first needed.</summary>
internal sealed class QuantizedGraphBuilder(
    Graph source, ParameterPlan plan, Dictionary<Node, LayerParameters> layers, Dictionary<Node, string> reasons, QuantizedInterface surface)
{
    private readonly Graph _target = new();
    private readonly Dictionary<Tensor, Tensor> _plain = [];
    private readonly Dictionary<Tensor, Tensor> _int8 = [];
    private readonly Dictionary<Tensor, List<Tensor>> _constants = [];

    public List<QuantizedOperator> Quantized { get; } = [];

    public List<FloatOperator> Float { get; } = [];

    public Graph Build()
    {
        foreach (Tensor input in source.Inputs)
        {
            if (surface == QuantizedInterface.Int8 && input.Type == DataType.Float32)
            {
                _int8.Add(input, _target.AddInput(input.Name, plan.Spec(input)));
            }
            else
            {
                _plain.Add(input, _target.AddInput(input.Name, input.Spec));
            }
        }

        foreach (Node node in source.Nodes)
        {
            if (!ComputesReals(node))
            {
                AddPlain(node);
                continue;
            }

            string? reason = reasons.GetValueOrDefault(node) ?? TryInt8(node);
            if (reason is not null)
            {
                AddPlain(node);
                Float.Add(new FloatOperator(node.Name, node.Info.Name, reason));
            }
        }

        foreach (Tensor output in source.Outputs)
        {
            bool int8 = surface == QuantizedInterface.Int8 && output.Type == DataType.Float32;
            _target.AddOutput(int8 ? Int8(output) : Plain(output));
        }

        foreach ((string key, string value) in source.Metadata)
        {
            _target.Metadata.Add(key, value);
        }

        new DeadNodeRemoval().Run(_target);
        return _target;
    }

    /// <summary>Whether float32 values are computed or read: indices, conditions, shapes and conversions stay what they are.</summary>
    private static bool ComputesReals(Node node) =>
        QuantizationRules.Of(node.Operator) != QuantizationRule.Conversion && node.Inputs.Concat(node.Outputs).Any(static tensor => tensor is { Type: DataType.Float32 });

    /// <summary>Adds a node as int8, or says why that is impossible.</summary>
    private string? TryInt8(Node node)
    {
        // What only moves or combines values gains nothing by being int8 between float32 neighbours.
        bool heavy = QuantizationRules.Of(node.Operator) == QuantizationRule.Layer || node.Operator is MatMul || node.StateId is not null;
        Tensor[] computed = [.. node.Inputs.OfType<Tensor>().Where(static input => input.Type == DataType.Float32 && !input.IsConstant)];
        if (!heavy && computed.Length > 0 && !computed.Any(input => _int8.ContainsKey(input) || source.IsInput(input) || input.Producer?.Operator is Cast))
        {
            return "its inputs are float32.";
        }

        try
        {
            AddInt8(node);
            return null;
        }
        catch (ShapeException error)
        {
            return $"{node.Info.Name} has no {plan.Type.Name()} form for this case: {error.Message}";
        }
    }

    private void AddInt8(Node node)
    {
        Tensor?[] inputs = new Tensor?[node.Inputs.Count];
        long before = 0;
        long after = 0;
        LayerParameters? layer = layers.GetValueOrDefault(node);
        if (layer is not null)
        {
            inputs = new Tensor?[3];
            inputs[0] = Int8(node.Inputs[0]!);
            inputs[1] = Constant(node.Inputs[1]!, node.Inputs[1]!.Name, layer.Weights.Spec, layer.Weights.Data);
            before = node.Inputs[1]!.Spec.Bytes + (node.Input(2)?.Spec.Bytes ?? 0);
            after = layer.Weights.Bytes;
            if (layer.Bias is not null)
            {
                (TensorSpec spec, byte[] data) = layer.Weights.Bias(layer.Bias, plan.Parameters(node.Inputs[0]!).Scale);
                inputs[2] = _target.Constant(node.Input(2)?.Name ?? node.Name + "_bias", spec, data);
                after += data.Length;
            }
        }
        else
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i] = node.Inputs[i] switch
                {
                    null => null,
                    { Type: not DataType.Float32 } input => Plain(input),
                    { } input when QuantizationRules.IsLinked(node, i) => Int8(input, plan.Parameters(node.Output)),
                    { } input when node.Operator is CumulativeSum => Int8(input, Symmetric(input, node)),
                    { } input => Int8(input),
                };
                if (node.Info.Role(i) == InputRole.Weight && inputs[i] is { IsConstant: true } table)
                {
                    before += node.Inputs[i]!.Spec.Bytes;
                    after += table.Spec.Bytes;
                }
            }
        }

        // As an output of a float32 interface the dequantized tensor is the one that keeps the name.
        TensorSpec[] specs = [.. node.Outputs.Select(output => output.Type == DataType.Float32 ? plan.Spec(output) : output.Spec)];
        string[] names = [.. node.Outputs.Select(output => output.Type == DataType.Float32 && source.IsOutput(output) && surface == QuantizedInterface.Float32 ? output.Name + Suffix : output.Name)];
        Node made = _target.AddNode(node.Info, node.Operator, node.Name, inputs, specs, names);
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            (node.Outputs[i].Type == DataType.Float32 ? _int8 : _plain).Add(node.Outputs[i], made.Outputs[i]);
        }

        // What has no real output, such as a comparison, shows the parameters of what it reads.
        Tensor shown = node.Outputs.Concat(node.Inputs.OfType<Tensor>()).First(static tensor => tensor.Type == DataType.Float32);
        Quantization parameters = plan.Parameters(shown);
        Quantized.Add(new QuantizedOperator(
            node.Name, node.Info.Name, plan.Range(shown), parameters.Scale, parameters.ZeroPoint, layer?.Weights.Snr ?? double.NaN, before, after, layer?.LargestCorrection ?? 0));
    }

    /// <summary>
    /// Parameters with zero point 0: TFLite's cumulative sum starts at minus the zero point of its input, so it is right for no other. It holds sums of up to 2^12 steps of the input.
    /// </summary>
    private Quantization Symmetric(Tensor input, Node node)
    {
        const int MostSteps = 1 << 12;
        ValueRange range = plan.Range(input), sums = plan.Range(node.Output);
        Quantization parameters = new(Math.Max(plan.Parameters(input).Scale, Math.Max(-range.Min, range.Max) / sbyte.MaxValue), 0);
        float most = Math.Max(-sums.Min, sums.Max);
        return most / parameters.Scale < MostSteps - sbyte.MaxValue ? parameters : throw new ShapeException(
            $"its sums reach {most}, {most / parameters.Scale:F0} steps of {parameters.Scale}; fewer than {MostSteps - sbyte.MaxValue} fit the integers of TFLite's form.");
    }

    private void AddPlain(Node node)
    {
        Tensor?[] inputs = [.. node.Inputs.Select(input => input is null ? null : Plain(input))];
        TensorSpec[] specs = [.. node.Outputs.Select(static output => output.Spec)];
        Node made = _target.AddNode(node.Info, node.Operator, node.Name, inputs, specs, [.. node.Outputs.Select(OutputName)]);
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            _plain.Add(node.Outputs[i], made.Outputs[i]);
        }

        string OutputName(Tensor output) => source.IsOutput(output) && surface == QuantizedInterface.Int8 ? output.Name + "_float" : output.Name;
    }

    /// <summary>A tensor as int8 with the parameters that a reader asks for.</summary>
    private Tensor Int8(Tensor tensor, Quantization wanted)
    {
        TensorSpec spec = plan.Spec(tensor) with { Quantization = wanted };
        if (tensor.IsConstant)
        {
            return Constant(tensor, tensor.Name, spec, Round(tensor.Values<float>(), spec));
        }

        Tensor made = Int8(tensor);
        return Quantization.Same(made.Quantization, wanted) ? made : Convert(default(Requantize), tensor.Name + "_requantized", spec, made);
    }

    private Tensor Int8(Tensor tensor)
    {
        if (tensor.IsConstant)
        {
            return Int8(tensor, plan.Parameters(tensor));
        }

        if (_int8.TryGetValue(tensor, out Tensor? made))
        {
            return made;
        }

        bool outer = source.IsOutput(tensor) && surface == QuantizedInterface.Int8;
        made = Convert(default(QuantizeOperator), outer ? tensor.Name : tensor.Name + Suffix, plan.Spec(tensor), Plain(tensor));
        _int8.Add(tensor, made);
        return made;
    }

    /// <summary>A constant made of one of the source: once, however many nodes read it in this form.</summary>
    private Tensor Constant(Tensor origin, string name, TensorSpec spec, byte[] data)
    {
        ref List<Tensor>? forms = ref CollectionsMarshal.GetValueRefOrAddDefault(_constants, origin, out _);
        forms ??= [];
        Tensor? known = forms.Find(form => form.Type == spec.Type && Quantization.Same(form.Quantization, spec.Quantization) && form.Data.Span.SequenceEqual(data));
        if (known is null)
        {
            forms.Add(known = _target.Constant(name, spec, data));
        }

        return known;
    }

    private Tensor Plain(Tensor tensor)
    {
        if (_plain.TryGetValue(tensor, out Tensor? made))
        {
            return made;
        }

        bool outer = source.IsOutput(tensor) && surface == QuantizedInterface.Float32;
        made = tensor.IsConstant
            ? _target.Constant(tensor.Name, tensor.Spec, tensor.Data)
            : Convert(default(Dequantize), outer ? tensor.Name : tensor.Name + "_float", tensor.Spec, _int8[tensor]);
        _plain.Add(tensor, made);
        return made;
    }

    // The tensor gets the name, which may be that of an output; the node's own name must not take it away.
    private Tensor Convert<TOperator>(TOperator op, string name, TensorSpec spec, Tensor input) where TOperator : struct, IOperator<TOperator> =>
        _target.AddNode(TOperator.Info, op, name + "/" + TOperator.Info.Name.ToLowerInvariant(), [input], [spec], [name]).Output;

    private string Suffix => "_" + plan.Type.Name();

    private static byte[] Round(ReadOnlySpan<float> values, TensorSpec spec)
    {
        Quantization parameters = spec.Quantization!;
        if (spec.Type == DataType.Int16)
        {
            short[] wide = new short[values.Length];
            AffineQuantization.Quantize(values, parameters.Scale, 0, wide);
            return MemoryMarshal.AsBytes<short>(wide).ToArray();
        }

        sbyte[] rounded = new sbyte[values.Length];
        for (int i = 0; i < rounded.Length; i++)
        {
            double steps = Math.Round((double)values[i] / parameters.Scale, MidpointRounding.AwayFromZero) + parameters.ZeroPoint;
            rounded[i] = (sbyte)Math.Clamp(steps, sbyte.MinValue, sbyte.MaxValue);
        }

        return MemoryMarshal.AsBytes<sbyte>(rounded).ToArray();
    }
}
