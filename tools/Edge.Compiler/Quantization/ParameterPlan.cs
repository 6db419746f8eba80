using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>The int8 or int16 parameters of every float32 tensor: tensors that must share them form a group, whose range holds all of theirs.</summary>
/// <remarks>A constant belongs to no group, for others may read it too: each reader gets it with the parameters that it needs.</remarks>
internal sealed class ParameterPlan
{
    private readonly Dictionary<Tensor, Tensor> _parents = [];
    private readonly Dictionary<Tensor, Quantization> _parameters = [];
    private readonly Dictionary<Tensor, Quantization> _fixed = [];
    private readonly Dictionary<Tensor, ValueRange> _ranges = [];

    /// <summary>Type of the activations.</summary>
    public DataType Type { get; }

    /// <summary>Forms the groups.</summary>
    /// <param name="nodes">The nodes that are to become integers, in execution order.</param>
    /// <param name="ranges">The range of every float32 tensor that they read or write.</param>
    /// <param name="type">Type of the activations: int8 or int16.</param>
    public ParameterPlan(IReadOnlyCollection<Node> nodes, Dictionary<Tensor, ValueRange> ranges, DataType type)
    {
        Type = type;
        List<(Tensor Constant, Tensor Output)> constants = [];
        foreach (IGrouping<int?, Node> state in nodes.Where(static node => node.StateId is not null && node.Output.Type == DataType.Float32).GroupBy(static node => node.StateId))
        {
            foreach (Node node in state.Skip(1))
            {
                Unite(state.First().Output, node.Output);
            }
        }

        foreach (Node node in nodes)
        {
            switch (QuantizationRules.Of(node.Operator))
            {
                case QuantizationRule.Fixed:
                    _fixed[node.Output] = QuantizationRules.Fixed(node.Operator, type);
                    break;
                case QuantizationRule.Linked:
                    Tensor[] linked = [.. Enumerable.Range(0, node.Inputs.Count).Where(input => QuantizationRules.IsLinked(node, input)).Select(input => node.Inputs[input]!)];
                    constants.AddRange(linked.Where(static tensor => tensor.IsConstant).Select(tensor => (tensor, node.Output)));
                    UniteAll([.. linked.Where(static tensor => !tensor.IsConstant)], node);
                    break;
                default:
                    break;
            }
        }

        foreach ((Tensor tensor, ValueRange range) in ranges)
        {
            Widen(tensor, range);
        }

        foreach ((Tensor constant, Tensor output) in constants)
        {
            Widen(output, ranges[constant]);
        }
    }

    /// <summary>The quantized spec of a float32 tensor.</summary>
    public TensorSpec Spec(Tensor tensor) => new(Type, tensor.Shape, Parameters(tensor));

    /// <summary>The range behind a tensor's parameters.</summary>
    public ValueRange Range(Tensor tensor) =>
        _fixed.ContainsKey(Root(tensor)) ? Dequantizer.Range(Type, Parameters(tensor)) : _ranges[Root(tensor)];

    public Quantization Parameters(Tensor tensor)
    {
        Tensor root = Root(tensor);
        if (_fixed.TryGetValue(root, out Quantization? stated))
        {
            return stated;
        }

        ref Quantization? parameters = ref CollectionsMarshal.GetValueRefOrAddDefault(_parameters, root, out _);
        return parameters ??= Type == DataType.Int16 ? _ranges[root].ToInt16() : _ranges[root].ToInt8();
    }

    private void Widen(Tensor tensor, ValueRange range)
    {
        Tensor root = Root(tensor);
        _ranges[root] = _ranges.TryGetValue(root, out ValueRange known) ? known.Union(range) : range;
    }

    // Where the ranges of some inputs are stated by the operators that compute them, only the others can follow the output; those are requantized. So is what a state
    // takes over, for whatever reads the state may belong to its group by now.
    private void UniteAll(Tensor[] inputs, Node node)
    {
        Quantization? first = inputs.Length == 0 ? null : _fixed.GetValueOrDefault(Root(inputs[0]));
        bool allFixed = first is not null && node.Operator is not WriteState && inputs.All(input => Quantization.Same(_fixed.GetValueOrDefault(Root(input)), first));
        foreach (Tensor input in inputs)
        {
            if (allFixed || !_fixed.ContainsKey(Root(input)))
            {
                Unite(input, node.Output);
            }
        }
    }

    private void Unite(Tensor left, Tensor right)
    {
        Tensor from = Root(right);
        Tensor to = Root(left);
        if (from == to || (_fixed.TryGetValue(from, out Quantization? one) && _fixed.TryGetValue(to, out Quantization? other) && !Quantization.Same(one, other)))
        {
            return;
        }

        if (_fixed.Remove(from, out Quantization? stated))
        {
            _fixed[to] = stated;
        }

        _parents[from] = to;
    }

    private Tensor Root(Tensor tensor)
    {
        while (_parents.TryGetValue(tensor, out Tensor? parent))
        {
            tensor = parent;
        }

        return tensor;
    }
}
