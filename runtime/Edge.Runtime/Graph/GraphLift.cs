using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Graph;

/// <summary>Turns the tail of a quantized graph into float32, so that it can be trained; the head stays as it is.</summary>
/// <remarks>
/// From a node on, integer constants are dequantized, integer activations become float32, Quantize and Dequantize fall away, and where a quantized activation of
/// the head enters the tail it is dequantized once. An operator serves both types, so nothing else changes. A float graph comes back as it was.
/// </remarks>
internal sealed class GraphLift
{
    private readonly ModelGraph _source;
    private readonly int _first;
    private readonly IReadOnlyDictionary<int, byte[]> _replaced;
    private readonly OperatorSet _operators;
    private readonly List<GraphTensor> _tensors;
    private readonly List<GraphNode> _nodes = [];
    private readonly Dictionary<int, int> _map = [];
    private readonly Dictionary<int, int> _origin = [];
    private readonly HashSet<int> _gone = [];
    private readonly bool _keepOutputTypes;

    private GraphLift(ModelGraph source, int first, IReadOnlyDictionary<int, byte[]> replaced, OperatorSet operators, bool keepOutputTypes)
    {
        _keepOutputTypes = keepOutputTypes;
        _source = source;
        _operators = operators;
        _first = first;
        _replaced = replaced;
        _tensors = [.. source.Tensors];
    }

    /// <summary>Lifts.</summary>
    /// <param name="source">The graph of a file.</param>
    /// <param name="firstNode">The first node that becomes float32; the number of nodes for none.</param>
    /// <param name="replaced">Constants (by tensor of <paramref name="source"/>) with new float32 contents.</param>
    /// <param name="operators">Where Dequantize and Quantize come from.</param>
    /// <param name="keepOutputTypes">Whether outputs of the model that became float32 are quantized again at the end, so that its interface stays.</param>
    /// <returns>The graph, and for each constant of it that the tail uses the tensor of <paramref name="source"/> it stems from.</returns>
    public static (ModelGraph Graph, IReadOnlyDictionary<int, int> Origin) Apply(ModelGraph source, int firstNode, IReadOnlyDictionary<int, byte[]> replaced, OperatorSet operators, bool keepOutputTypes = false) =>
        new GraphLift(source, firstNode, replaced, operators, keepOutputTypes).Run();

    private (ModelGraph, IReadOnlyDictionary<int, int>) Run()
    {
        for (int i = 0; i < _source.Nodes.Length; i++)
        {
            if (i < _first)
            {
                _nodes.Add(_source.Nodes[i]);
            }
            else
            {
                LiftNode(i, _source.Nodes[i]);
            }
        }

        int[] outputs = (int[])_source.Outputs.Clone();
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = LiftOutput(outputs[i]);
        }

        ModelGraph graph = new() { Tensors = [.. _tensors], Nodes = [.. _nodes], Inputs = _source.Inputs, Outputs = outputs };
        return (graph, _origin);
    }

    private int LiftOutput(int index)
    {
        // What the head computes stays as it is, also where the tail reads a dequantized copy.
        GraphTensor tensor = _source.Tensors[index];
        if (!_gone.Contains(index) && !tensor.IsConstant)
        {
            return index;
        }

        int mapped = _map.GetValueOrDefault(index, index);
        if (!_keepOutputTypes || !IsQuantized(tensor.Spec) || tensor.IsConstant)
        {
            return mapped;
        }

        int output = Add(tensor.Name, tensor.Spec, default);
        AddConversion(OperatorCodes.Quantize, "Quantize", mapped, output);
        return output;
    }

    private void AddConversion(ushort code, string name, int input, int output)
    {
        OperatorInfo info = _operators.Find(code)
            ?? throw new ArgumentException($"A part of an int8 model becomes float32 here, and the operator set has no {name}; add it to the OperatorSet.");
        TensorSpec spec = _tensors[output].Spec;
        _nodes.Add(new GraphNode("", info, _operators.Read(code, []), [input], [output], OperatorPlan.Single(spec.Type, spec.Shape, spec.Quantization)));
    }

    private static bool IsQuantized(in TensorSpec spec) => spec.Quantization is not null && spec.Type is DataType.Int8 or DataType.UInt8 or DataType.Int16;

    private void LiftNode(int index, GraphNode node)
    {
        if (node.Operator is ReadState or WriteState && IsQuantized(_source.Tensors[node.Outputs[0]].Spec))
        {
            KeepState(node);
            return;
        }

        int[] inputs = (int[])node.Inputs.Clone();
        for (int k = 0; k < inputs.Length; k++)
        {
            if (inputs[k] >= 0)
            {
                inputs[k] = LiftInput(node, k);
            }
        }

        if (node.Info.Code is OperatorCodes.Quantize or OperatorCodes.Dequantize or OperatorCodes.Requantize)
        {
            _map[node.Outputs[0]] = inputs[0];
            _gone.Add(node.Outputs[0]);
            return;
        }

        int[] outputs = (int[])node.Outputs.Clone();
        for (int k = 0; k < outputs.Length; k++)
        {
            GraphTensor tensor = _source.Tensors[outputs[k]];
            if (IsQuantized(tensor.Spec))
            {
                outputs[k] = Add(tensor.Name, new TensorSpec(DataType.Float32, tensor.Spec.Shape), default);
                _map[node.Outputs[k]] = outputs[k];
                _gone.Add(node.Outputs[k]);
            }
        }

        GraphNode lifted = node with { Inputs = inputs, Outputs = outputs };
        _nodes.Add(lifted with { Plan = ModelGraph.Infer(index, lifted, CollectionsMarshal.AsSpan(_tensors)) });
    }

    /// <summary>A state keeps its type: head and tail may share it. What the tail writes is quantized for it, and goes on in float32.</summary>
    private void KeepState(GraphNode node)
    {
        int input = node.Inputs[0];
        if (!_gone.Contains(input))
        {
            _nodes.Add(node);
            return;
        }

        int quantized = Add(_source.Tensors[input].Name, _source.Tensors[input].Spec, default);
        AddConversion(OperatorCodes.Quantize, "Quantize", _map[input], quantized);
        _nodes.Add(node with { Inputs = [quantized] });
        _map[node.Outputs[0]] = _map[input];
    }

    private int LiftInput(GraphNode node, int input)
    {
        int index = node.Inputs[input];
        GraphTensor tensor = _source.Tensors[index];
        if (tensor.IsConstant)
        {
            return LiftConstant(node, input, index, tensor);
        }

        if (_map.TryGetValue(index, out int mapped))
        {
            return mapped;
        }

        if (!IsQuantized(tensor.Spec))
        {
            return index;
        }

        // The boundary: dequantized once, for all users in the tail.
        TensorSpec spec = new(DataType.Float32, tensor.Spec.Shape);
        int boundary = Add(tensor.Name.Length == 0 ? "" : tensor.Name + "/dequantized", spec, default);
        AddConversion(OperatorCodes.Dequantize, "Dequantize", index, boundary);
        _map.Add(index, boundary);
        return boundary;
    }

    private int LiftConstant(GraphNode node, int input, int index, GraphTensor tensor)
    {
        if (_map.TryGetValue(index, out int mapped))
        {
            return mapped;
        }

        float[]? values = null;
        if (_replaced.TryGetValue(index, out byte[]? bytes))
        {
            values = MemoryMarshal.Cast<byte, float>(bytes).ToArray();
        }
        else if (node.Info.Role(input) == InputRole.Bias && tensor.Spec.Type is DataType.Int32 or DataType.Int64)
        {
            values = DequantizeBias(node, tensor);
        }
        else if (tensor.Spec.Quantization is not null)
        {
            values = new float[tensor.Spec.Shape.ElementCount];
            AffineQuantization.Dequantize(tensor.Constant.Span, tensor.Spec, values);
        }
        else if (tensor.Spec.Type != DataType.Float32)
        {
            return index;
        }

        if (values is null)
        {
            _map.Add(index, index);
            _origin[index] = index;
            return index;
        }

        // New memory for what was dequantized or replaced; the head may use the same constant as it was.
        AlignedMemory memory = new((long)values.Length * sizeof(float));
        MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(memory.Span);
        int lifted = Add(tensor.Name, new TensorSpec(DataType.Float32, tensor.Spec.Shape), memory.Slice(0, values.Length * sizeof(float)));
        _map.Add(index, lifted);
        _origin[lifted] = index;
        return lifted;
    }

    private float[] DequantizeBias(GraphNode node, GraphTensor bias)
    {
        float[] values = new float[bias.Spec.Shape.ElementCount];
        AffineQuantization.DequantizeBias(
            bias.Constant.Span, bias.Spec, _source.Tensors[node.Inputs[0]].Spec.Quantization, _source.Tensors[node.Inputs[1]].Spec.Quantization, values);
        return values;
    }

    private int Add(string name, TensorSpec spec, ReadOnlyMemory<byte> constant)
    {
        _tensors.Add(new GraphTensor(name, spec) { Constant = constant });
        return _tensors.Count - 1;
    }
}
