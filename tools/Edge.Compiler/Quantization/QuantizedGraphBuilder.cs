using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using QuantizeOperator = Edge.Runtime.Operators.Quantize;

namespace Edge.Compiler;

/// <summary>Builds the int8 graph node by node. A tensor may exist as int8, as it was, or both; each form is made once, where it is first needed.</summary>
internal sealed class QuantizedGraphBuilder(
    Graph source, ParameterPlan plan, Dictionary<Node, LayerParameters> layers, Dictionary<Node, string> reasons, QuantizedInterface surface)
{
    private readonly Graph _target = new();
    private readonly Dictionary<Tensor, Tensor> _plain = [];
    private readonly Dictionary<Tensor, Tensor> _int8 = [];

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

    /// <summary>Adds a node as int8, or says why that is impossible.</summary>
    private string? TryInt8(Node node)
    {
        // What only moves or combines values gains nothing by being int8 between float32 neighbours.
        QuantizationRule rule = QuantizationRules.Of(node.Operator);
        if (rule != QuantizationRule.Layer && !node.Inputs.Any(input => input is not null && (_int8.ContainsKey(input) || source.IsInput(input))))
        {
            return "its inputs are float32.";
        }

        try
        {
            AddInt8(node, rule);
            return null;
        }
        catch (ShapeException error)
        {
            return $"{node.Info.Name} has no int8 form for this case: {error.Message}";
        }
    }

    private void AddInt8(Node node, QuantizationRule rule)
    {
        Tensor?[] inputs = new Tensor?[node.Inputs.Count];
        long before = 0;
        long after = 0;
        LayerParameters? layer = layers.GetValueOrDefault(node);
        if (layer is not null)
        {
            inputs = new Tensor?[3];
            inputs[0] = Int8(node.Inputs[0]!);
            inputs[1] = _target.Constant(node.Inputs[1]!.Name, layer.Weights.Spec, layer.Weights.Data);
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
                Tensor? input = node.Inputs[i];
                inputs[i] = input is null ? null : Int8(input);
                if (rule == QuantizationRule.SameForAll && !Quantization.Same(inputs[i]!.Quantization, plan.Parameters(node.Output)))
                {
                    inputs[i] = Convert(default(Requantize), input!.Name + "_requantized", plan.Spec(node.Output) with { Shape = input.Shape }, inputs[i]!);
                }
            }
        }

        // As an output of a float32 interface the dequantized tensor is the one that keeps the name.
        bool inner = source.IsOutput(node.Output) && surface == QuantizedInterface.Float32;
        Node made = _target.AddNode(node.Info, node.Operator, node.Name, inputs, [plan.Spec(node.Output)], [inner ? node.Output.Name + "_int8" : node.Output.Name]);
        _int8.Add(node.Output, made.Output);
        Quantization parameters = plan.Parameters(node.Output);
        Quantized.Add(new QuantizedOperator(
            node.Name, node.Info.Name, plan.Range(node.Output), parameters.Scale, parameters.ZeroPoint, layer?.Weights.Snr ?? double.NaN, before, after, layer?.LargestCorrection ?? 0));
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

    private Tensor Int8(Tensor tensor)
    {
        if (_int8.TryGetValue(tensor, out Tensor? made))
        {
            return made;
        }

        bool outer = source.IsOutput(tensor) && surface == QuantizedInterface.Int8;
        made = tensor.IsConstant
            ? _target.Constant(tensor.Name, plan.Spec(tensor), Round(tensor.Values<float>(), plan.Parameters(tensor)))
            : Convert(default(QuantizeOperator), outer ? tensor.Name : tensor.Name + "_int8", plan.Spec(tensor), Plain(tensor));
        _int8.Add(tensor, made);
        return made;
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

    private static byte[] Round(ReadOnlySpan<float> values, Quantization parameters)
    {
        sbyte[] rounded = new sbyte[values.Length];
        for (int i = 0; i < rounded.Length; i++)
        {
            double steps = Math.Round((double)values[i] / parameters.Scale, MidpointRounding.AwayFromZero) + parameters.ZeroPoint;
            rounded[i] = (sbyte)Math.Clamp(steps, sbyte.MinValue, sbyte.MaxValue);
        }

        return MemoryMarshal.AsBytes<sbyte>(rounded).ToArray();
    }
}
