using Edge.Compiler;
using Edge.Format;
using Edge.Import.TensorFlow.Bundle;
using Edge.Import.TensorFlow.Messages;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow;

/// <summary>Converts the inlined graph: every node becomes what its row of <see cref="TensorFlowOperators"/> makes of it.</summary>
internal sealed class TensorFlowConverter
{
    private readonly TensorFlowSource _source;
    private readonly ImportOptions _options;
    private readonly Dictionary<FlatNode, IReadOnlyList<TensorFlowValue>> _values = [];
    private readonly Dictionary<FlatNode, Tensor> _variables = [];
    private TensorBundle? _bundle;
    private VariableKeys? _keys;

    /// <summary>Begins with an empty graph.</summary>
    /// <param name="source">The model.</param>
    /// <param name="options">What the caller decides.</param>
    public TensorFlowConverter(TensorFlowSource source, ImportOptions options)
    {
        _source = source;
        _options = options;
        Builder = new GraphBuilder(options.Limits, source.Bytes);
    }

    /// <summary>The graph under construction.</summary>
    public GraphBuilder Builder { get; }

    /// <summary>Converts the model.</summary>
    public Graph Convert()
    {
        foreach (TensorFlowInput input in _source.Inputs)
        {
            _values[input.Node] = [new TensorFlowValue(Input(input))];
        }

        foreach (FlatNode node in _source.Graph.Nodes)
        {
            if (_values.ContainsKey(node))
            {
                continue;
            }

            TensorFlowNode converted = new(this, node, [.. node.Inputs.Select(input => Value(node, input))]);
            try
            {
                _values[node] = TensorFlowOperators.Find(node.Kind)!.Convert(converted);
            }
            catch (Exception error) when (error is ShapeException or OverflowException || (error is ModelImportException && !error.Message.StartsWith($"{node}", StringComparison.Ordinal)))
            {
                throw new ModelImportException($"{node}: {error.Message}", error);
            }
        }

        foreach (TensorFlowOutput output in _source.Outputs)
        {
            TensorFlowValue value = Value(output.Tensor.Node, output.Tensor);
            Builder.AddOutput(value.Tensor ?? throw new ModelImportException($"Output '{output.Name}' ({output.Tensor.Node}) is no tensor of numbers with elements; that is needed."), output.Name);
        }

        return Builder.Graph;
    }

    /// <summary>A constant of the graph.</summary>
    /// <param name="message">What the file states.</param>
    /// <param name="name">Its name.</param>
    public TensorFlowValue Constant(TensorMessage message, string name)
    {
        DataType type = TensorFlowTypes.Becomes(message.Type);
        if (type == DataType.None)
        {
            return TensorFlowValue.None;                // text for what is not converted, such as an assertion; refused where it is read
        }

        ReadOnlyMemory<byte> data = message.Elements(out int[] sizes, Builder, name);
        return data.IsEmpty ? new TensorFlowValue(null, type, sizes) : new TensorFlowValue(Builder.Graph.Constant(name, new TensorSpec(type, new Shape(sizes)), data));
    }

    /// <summary>The value of a variable.</summary>
    /// <param name="variable">The node that stands for it.</param>
    public Tensor Variable(FlatNode variable)
    {
        if (_variables.TryGetValue(variable, out Tensor? tensor))
        {
            return tensor;
        }

        if (variable.Kind is not ("VarHandleOp" or "VariableV2" or "Variable"))
        {
            throw new ModelImportException($"{variable} is read as a variable; only variables of the model itself can be converted.");
        }

        if (_source.VariablesPrefix is null)
        {
            throw new ModelImportException($"{variable} is a variable, and a graph alone has no values for it. Freeze the graph (variables become constants), or convert the SavedModel folder.");
        }

        _bundle ??= TensorBundle.Open(_source.VariablesPrefix, _options.Limits);
        _keys ??= new VariableKeys(_source.Graph, _bundle, _options.Limits, Builder);
        ReadOnlyMemory<byte> data = _bundle.Read(_keys.Key(variable), Builder, out int[] sizes);
        if (data.IsEmpty)
        {
            throw new ModelImportException($"{variable} has sizes [{string.Join(", ", sizes)}] and so no elements; at least one is needed.");
        }

        DataType type = TensorFlowTypes.Become(_bundle.Entry(_keys.Key(variable)).Type, variable.Name);
        return _variables[variable] = Builder.Graph.Constant(variable.Name, new TensorSpec(type, new Shape(sizes)), data);
    }

    /// <summary>What an output of a converted node is.</summary>
    /// <param name="reader">Who asks, for the message.</param>
    /// <param name="output">The output.</param>
    public TensorFlowValue Value(FlatNode reader, FlatOutput output) => output.Index < _values[output.Node].Count
        ? _values[output.Node][output.Index]
        : throw new ModelImportException($"{reader} reads output {output.Index} of {output.Node}, which cannot be had; {_values[output.Node].Count} can.");

    private Tensor Input(TensorFlowInput input)
    {
        if (_options.Values.TryGetValue(input.Name, out InputValue? value))
        {
            return Builder.Graph.Constant(input.Name, new TensorSpec(value.Type, value.Shape), value.Data);
        }

        ShapeMessage stated = input.Shape;
        if (_options.Shapes.TryGetValue(input.Name, out IReadOnlyList<int>? chosen))
        {
            // Graphs of early versions state no axes where they mean unknown ones.
            bool fits = stated.IsUnknown || stated.Axes.Count == 0 || (stated.Axes.Count == chosen.Count && !stated.Axes.Where((size, axis) => size >= 0 && axis > 0 && size != chosen[axis]).Any());
            stated = fits && chosen.All(static size => size > 0)
                ? new ShapeMessage([.. chosen], false)
                : throw new ModelImportException($"Input '{input.Name}' is [{string.Join(", ", stated.Axes)}] in the model; [{string.Join(", ", chosen)}] was chosen, which does not fit it.");
        }

        if (stated.IsUnknown)
        {
            throw new ModelImportException($"Input '{input.Name}' has no shape in the model; state one, for example {input.Name}=1,224,224,3.");
        }

        int[] sizes = stated with { Axes = [.. stated.Axes.Select((size, axis) => size < 0 && axis == 0 ? 1 : size)] } is { } batched && batched.Axes.All(static size => size > 0)
            ? batched.Sizes($"input {input.Name}")
            : throw new ModelImportException($"Input '{input.Name}' is [{string.Join(", ", stated.Axes.Select(static size => size < 0 ? "?" : $"{size}"))}]; besides the batch all sizes must be known. State its shape.");
        ShapeMessage.Count(sizes, $"input {input.Name}");
        return Builder.Graph.AddInput(input.Name, new TensorSpec(input.Type, new Shape(sizes)));
    }
}
