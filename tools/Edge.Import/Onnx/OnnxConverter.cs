using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Converts an ONNX graph: every value becomes a tensor of the same shape and layout, every node what its row of <see cref="OnnxOperators"/> makes of it.</summary>
internal sealed class OnnxConverter
{
    private readonly OnnxModelMessage _model;
    private readonly OnnxCut _cut;
    private readonly ImportOptions _options;
    private readonly OnnxTensorReader _tensors;
    private readonly Dictionary<(Tensor, IntList), Tensor> _permuted = [];
    private int _converted;
    private int _depth;

    public OnnxConverter(OnnxModelMessage model, OnnxCut cut, ImportOptions options, OnnxTensorReader tensors, GraphBuilder builder)
    {
        _model = model;
        _cut = cut;
        _options = options;
        _tensors = tensors;
        Builder = builder;
    }

    /// <summary>The graph under construction.</summary>
    public GraphBuilder Builder { get; }

    /// <summary>What the caller decides.</summary>
    public ImportOptions Options => _options;

    public Graph Convert()
    {
        OnnxScope scope = new(null);
        AddInitializers(_model.Graph, scope);
        foreach (OnnxValueMessage input in _cut.Inputs.OrderBy(input => _options.Values.ContainsKey(input.Name) ? 0 : 1))
        {
            scope.Set(input.Name, Input(input, scope));
        }

        Convert(_cut.Nodes, scope, _model.Opsets, new Dictionary<string, OnnxAttributeMessage>());
        foreach (OnnxValueMessage output in _cut.Outputs)
        {
            OnnxValue value = scope.Find(output.Name) ?? throw new ModelImportException($"Output '{output.Name}' is computed by no node.");
            Builder.AddOutput(
                value.Tensor ?? throw new ModelImportException($"Output '{output.Name}' has sizes [{string.Join(", ", value.Sizes)}] and so no elements; at least one is needed."),
                output.Name);
        }

        foreach ((string key, string text) in _model.Metadata.Where(static entry => entry.Key.Length > 0))
        {
            Builder.Graph.Metadata["onnx." + key] = text;
        }

        return Builder.Graph;
    }

    /// <summary>A tensor message as a constant, or as a value without elements.</summary>
    public OnnxValue Constant(OnnxTensorMessage message, string name)
    {
        (DataType type, byte[] data) = _tensors.Read(message, out int[] sizes);
        if (message.IsExternal)
        {
            Builder.Charge(data.Length, name);
        }

        return Array.IndexOf(sizes, 0) >= 0
            ? new OnnxValue(null, type, sizes)
            : new OnnxValue(Builder.Graph.Constant(name.Length > 0 ? name : "constant", new TensorSpec(type, new Shape(sizes)), data));
    }

    /// <summary>A constant with its axes in another order, made once.</summary>
    public Tensor Permuted(Tensor constant, IntList permutation)
    {
        if (!_permuted.TryGetValue((constant, permutation), out Tensor? permuted))
        {
            Builder.Charge(constant.Spec.Bytes, constant.Name);
            permuted = ConstantLayout.Permute(Builder.Graph, constant, permutation);
            _permuted.Add((constant, permutation), permuted);
        }

        return permuted;
    }

    /// <summary>Converts a branch of an If.</summary>
    public OnnxValue[] Branch(OnnxNode node, OnnxGraphMessage graph)
    {
        OnnxScope scope = new(node.Scope);
        AddInitializers(graph, scope);
        Deeper(node.Kind);
        Convert(graph.Nodes, scope, new Dictionary<string, long> { [""] = node.Version }, new Dictionary<string, OnnxAttributeMessage>());
        _depth--;
        return [.. graph.Outputs.Select(output => scope.Find(output.Name) ?? throw node.Fail($"the branch '{graph.Name}' does not compute its output '{output.Name}'."))];
    }

    private void AddInitializers(OnnxGraphMessage graph, OnnxScope scope)
    {
        foreach (OnnxTensorMessage initializer in graph.Initializers)
        {
            scope.SetLater(initializer.Name, () => Constant(initializer, initializer.Name));
        }
    }

    private void Convert(
        IReadOnlyList<OnnxNodeMessage> nodes, OnnxScope scope, IReadOnlyDictionary<string, long> opsets, IReadOnlyDictionary<string, OnnxAttributeMessage> arguments)
    {
        HashSet<string>? cuts = _depth == 0 && _options.Inputs.Count > 0 ? [.. _options.Inputs] : null;
        foreach (OnnxNodeMessage node in nodes)
        {
            if (++_converted > _options.Limits.MaxOperators)
            {
                throw new ModelImportException($"The model and its functions have more than {_options.Limits.MaxOperators:N0} nodes; that many are allowed.");
            }

            IReadOnlyList<OnnxValue> outputs;
            try
            {
                outputs = Convert(node, scope, opsets, arguments);
            }
            catch (Exception error) when (error is ModelImportException or ShapeException or OverflowException or ArgumentException)
            {
                throw new ModelImportException($"{node.FullKind} '{node.Label}': {error.Message}", error);
            }

            for (int i = 0; i < node.Outputs.Count; i++)
            {
                if (cuts is null || !cuts.Contains(node.Outputs[i]))
                {
                    scope.Set(node.Outputs[i], i < outputs.Count ? outputs[i] : OnnxValue.Absent);
                }
            }
        }
    }

    private IReadOnlyList<OnnxValue> Convert(
        OnnxNodeMessage message, OnnxScope scope, IReadOnlyDictionary<string, long> opsets, IReadOnlyDictionary<string, OnnxAttributeMessage> arguments)
    {
        OnnxValue?[] inputs = new OnnxValue?[message.Inputs.Count];
        for (int i = 0; i < inputs.Length; i++)
        {
            string name = message.Inputs[i];
            inputs[i] = name.Length == 0 ? null : scope.Find(name) ?? throw new ModelImportException(
                $"it reads '{name}', which no input, initializer or earlier node gives. Nodes must stand behind what they read, and a graph must be free of cycles.");
            if (ReferenceEquals(inputs[i], OnnxValue.Absent))
            {
                throw new ModelImportException($"it reads '{name}', an output that cannot be converted.");
            }
        }

        Dictionary<string, OnnxAttributeMessage> attributes = [];
        foreach ((string name, OnnxAttributeMessage attribute) in message.Attributes)
        {
            if (attribute.Reference.Length == 0)
            {
                attributes.Add(name, attribute);
            }
            else if (arguments.TryGetValue(attribute.Reference, out OnnxAttributeMessage? argument))
            {
                attributes.Add(name, argument);
            }
        }

        if (_model.Functions.TryGetValue((message.Domain, message.Kind), out OnnxFunctionMessage? function))
        {
            return Call(function, inputs, attributes);
        }

        OnnxOperator known = OnnxOperators.Find(message) ?? throw new ModelImportException(OnnxOperators.WhyMissing(message));
        OnnxNode node = new(this, message, attributes, scope, inputs, opsets.GetValueOrDefault("", 1));
        if (OnnxShapes.WithoutElements(node) is { } empty)
        {
            return [empty];
        }

        if (message.Kind == "If" && message.Domain.Length == 0)
        {
            return OnnxControl.If(node);
        }

        return [.. known.Convert(node).Select(static output => output is null ? OnnxValue.Absent : new OnnxValue(output))];
    }

    /// <summary>Converts the nodes of a function in the place of its call.</summary>
    private OnnxValue[] Call(OnnxFunctionMessage function, OnnxValue?[] inputs, Dictionary<string, OnnxAttributeMessage> attributes)
    {
        OnnxScope scope = new(null);
        for (int i = 0; i < Math.Min(inputs.Length, function.Inputs.Count); i++)
        {
            if (inputs[i] is { } value)
            {
                scope.Set(function.Inputs[i], value);
            }
        }

        foreach ((string name, OnnxAttributeMessage value) in function.Defaults)
        {
            attributes.TryAdd(name, value);
        }

        Deeper(function.Name);
        Convert(function.Nodes, scope, function.Opsets.Count > 0 ? function.Opsets : _model.Opsets, attributes);
        _depth--;
        return [.. function.Outputs.Select(output => scope.Find(output) ?? OnnxValue.Absent)];
    }

    private void Deeper(string what)
    {
        if (++_depth > _options.Limits.MaxNesting)
        {
            throw new ModelImportException($"'{what}' lies {_options.Limits.MaxNesting} calls and branches deep; less is allowed. Functions must not call themselves.");
        }
    }

    private OnnxValue Input(OnnxValueMessage input, OnnxScope scope)
    {
        string what = $"Input '{input.Name}'";
        if (_options.Values.TryGetValue(input.Name, out InputValue? bound))
        {
            return bound.Shape.Axes.Contains(0)
                ? new OnnxValue(null, bound.Type, bound.Shape.Axes.ToArray())
                : new OnnxValue(Builder.Graph.Constant(input.Name, new TensorSpec(bound.Type, bound.Shape), bound.Data));
        }

        if (input.NotTensor)
        {
            throw new ModelImportException($"{what} is a sequence, a map or an optional value; tensors are supported.");
        }

        DataType type = OnnxTypes.Becomes(input.Type == 0 ? OnnxTypes.Float : input.Type, what);
        int[] sizes = InputSizes(input, what);
        if (Array.IndexOf(sizes, 0) >= 0)
        {
            return new OnnxValue(null, type, sizes);
        }

        Quantization? quantization = OnnxQuantization.OfInput(_cut.Nodes, input.Name, type, name => scope.Find(name)?.Tensor is { IsConstant: true } tensor ? tensor : null);
        Shape shape = new(sizes);
        if (_options.InputLayout == InputLayout.Nhwc && shape.Rank == 4)
        {
            Tensor image = Builder.Graph.AddInput(input.Name, new TensorSpec(type, new Shape(sizes[0], sizes[2], sizes[3], sizes[1]), quantization));
            return new OnnxValue(Builder.Add(input.Name + "_nchw", new Transpose([0, 3, 1, 2]), image));
        }

        return new OnnxValue(Builder.Graph.AddInput(input.Name, new TensorSpec(type, shape, quantization)));
    }

    /// <summary>The sizes of an input: what the caller says, else what the model says, and 1 for an open batch.</summary>
    private int[] InputSizes(OnnxValueMessage input, string what)
    {
        if (_options.Shapes.TryGetValue(input.Name, out IReadOnlyList<int>? stated))
        {
            if (input.Axes is not null && input.Axes.Count != stated.Count)
            {
                throw new ModelImportException($"{what} is to have sizes [{string.Join(", ", stated)}]; the model gives it {input.Axes.Count} axes.");
            }

            for (int i = 0; i < stated.Count; i++)
            {
                if (stated[i] < 1 || (input.Axes?[i].Size is > 0 and var size && size != stated[i]))
                {
                    throw new ModelImportException($"{what} is to have {stated[i]} elements along axis {i}; {(input.Axes?[i].Size > 0 ? $"the model states {input.Axes[i].Size}" : "at least 1 is allowed")}.");
                }
            }

            return [.. stated];
        }

        if (input.Axes is null)
        {
            throw new ModelImportException($"{what} states no shape; give it one: its name and its sizes.");
        }

        int[] sizes = new int[input.Axes.Count];
        for (int i = 0; i < sizes.Length; i++)
        {
            OnnxAxis axis = input.Axes[i];
            sizes[i] = axis.Size switch
            {
                >= 0 and <= int.MaxValue => (int)axis.Size,
                > int.MaxValue => throw new ModelImportException($"{what} has {axis.Size} elements along axis {i}; at most {int.MaxValue} are allowed."),
                _ when axis.Parameter.Length > 0 && _options.Shapes.TryGetValue(axis.Parameter, out IReadOnlyList<int>? named) && named is [> 0] => named[0],
                _ when i == 0 => 1,
                _ => throw new ModelImportException(
                    $"{what} leaves axis {i}{(axis.Parameter.Length > 0 ? $" ('{axis.Parameter}')" : "")} open; give the input's shape{(axis.Parameter.Length > 0 ? $", or a size for '{axis.Parameter}'" : "")}."),
            };
        }

        return sizes;
    }
}
