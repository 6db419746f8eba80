using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Graph;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>A network under construction: importers and trainers build it, passes change it, <see cref="ModelEmitter"/> writes it.</summary>
/// <remarks>
/// Every node's shape rule runs when the node is added, so a mistake is reported where it is made. Constants belong to the nodes that read them.
/// Not safe for several threads.
/// </remarks>
public sealed class Graph
{
    private readonly List<Node> _nodes = [];
    private readonly List<Tensor> _inputs = [];
    private readonly List<Tensor> _outputs = [];
    private Names _tensorNames = new();
    private Names _nodeNames = new();

    /// <summary>All nodes. In execution order as long as nodes are added behind what they read; <see cref="TopologicalSort"/> restores that order.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>The inputs, in the order in which a caller gives them.</summary>
    public IReadOnlyList<Tensor> Inputs => _inputs;

    /// <summary>The outputs, in the order in which a caller gets them.</summary>
    public IReadOnlyList<Tensor> Outputs => _outputs;

    /// <summary>Key-value pairs stored with the model, in ordinal order of the keys. Keys in use: format/SPEC.md, "Metadata".</summary>
    public SortedDictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads a .edge file back into a graph, checking it as the runtime does. Programs are left behind: the emitter plans anew.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="operators">The operators it may use; <see cref="OperatorSet.Default"/> when null.</param>
    /// <param name="limits">Caps; the defaults when null.</param>
    /// <exception cref="ModelFormatException">The file is malformed, damaged, unsupported or beyond the limits.</exception>
    public static Graph FromModel(ReadOnlySpan<byte> file, OperatorSet? operators = null, ModelLimits? limits = null)
    {
        using CheckedModel model = CheckedModel.Open(file, operators ?? OperatorSet.Default, limits ?? new ModelLimits());
        Graph graph = new();
        Tensor?[] tensors = new Tensor?[model.Graph.Tensors.Length];
        foreach (int input in model.Graph.Inputs)
        {
            GraphTensor source = model.Graph.Tensors[input];
            tensors[input] = graph.AddInput(source.Name.Length == 0 ? "input" : source.Name, source.Spec);
        }

        foreach (GraphNode source in model.Graph.Nodes)
        {
            Tensor?[] inputs = new Tensor?[source.Inputs.Length];
            for (int i = 0; i < inputs.Length; i++)
            {
                int index = source.Inputs[i];
                inputs[i] = index < 0 ? null : tensors[index] ??= graph.ConstantOf(model.Graph.Tensors[index]);
            }

            TensorSpec[] declared = Array.ConvertAll(source.Outputs, output => model.Graph.Tensors[output].Spec);
            string[] names = Array.ConvertAll(source.Outputs, output => model.Graph.Tensors[output].Name);
            Node node = graph.AddNode(source.Info, source.Operator, source.Name, inputs, declared, names);
            for (int i = 0; i < source.Outputs.Length; i++)
            {
                tensors[source.Outputs[i]] = node.OutputArray[i];
            }
        }

        foreach (int output in model.Graph.Outputs)
        {
            graph.AddOutput(tensors[output] ??= graph.ConstantOf(model.Graph.Tensors[output]));
        }

        foreach ((string key, string value) in model.Metadata)
        {
            graph.Metadata[key] = value;
        }

        return graph;
    }

    /// <summary>Adds an input. Axis 0 of data tensors is the batch.</summary>
    /// <param name="name">Its name; a suffix is added where it is taken.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="quantization">Its parameters, or null.</param>
    public Tensor AddInput(string name, Shape shape, DataType type = DataType.Float32, Quantization? quantization = null) =>
        AddInput(name, new TensorSpec(type, shape, quantization));

    /// <summary>Adds an input.</summary>
    /// <param name="name">Its name; a suffix is added where it is taken.</param>
    /// <param name="spec">Type, shape and quantization.</param>
    public Tensor AddInput(string name, TensorSpec spec)
    {
        Tensor tensor = new(_tensorNames.Take(name), spec);
        _inputs.Add(tensor);
        return tensor;
    }

    /// <summary>States that a tensor is an output of the model.</summary>
    /// <param name="tensor">The tensor.</param>
    public void AddOutput(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        _outputs.Add(tensor);
    }

    /// <summary>Makes other tensors the outputs of the model.</summary>
    /// <param name="tensors">The outputs, in order.</param>
    public void SetOutputs(params ReadOnlySpan<Tensor> tensors)
    {
        _outputs.Clear();
        _outputs.AddRange(tensors);
    }

    /// <summary>Makes a constant.</summary>
    /// <typeparam name="T">Element type: float, sbyte, byte, short, int, long or bool.</typeparam>
    /// <param name="name">Its name; a suffix is added where it is taken.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="values">Its elements, row-major.</param>
    /// <param name="quantization">Its parameters, or null.</param>
    public Tensor Constant<T>(string name, Shape shape, ReadOnlySpan<T> values, Quantization? quantization = null) where T : unmanaged =>
        Constant(name, new TensorSpec(TypeOf<T>(), shape, quantization), MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>Makes a constant.</summary>
    /// <param name="name">Its name; a suffix is added where it is taken.</param>
    /// <param name="spec">Type, shape and quantization.</param>
    /// <param name="data">Its elements, row-major, little-endian; not copied and never to be changed.</param>
    public Tensor Constant(string name, TensorSpec spec, ReadOnlyMemory<byte> data) => data.Length == spec.Bytes && !data.IsEmpty
        ? new Tensor(_tensorNames.Take(name), spec, data)
        : throw new ArgumentException($"Constant '{name}' has {data.Length} bytes; {spec} takes {spec.Bytes}, and a constant is never empty.", nameof(data));

    /// <summary>Adds a node with a name made from the operator's.</summary>
    /// <typeparam name="TOperator">The operator.</typeparam>
    /// <param name="op">Its attributes.</param>
    /// <param name="inputs">What it reads; null for an optional input left out.</param>
    /// <returns>Its first output.</returns>
    /// <exception cref="ShapeException">The inputs do not fit the operator.</exception>
    public Tensor Add<TOperator>(TOperator op, params ReadOnlySpan<Tensor?> inputs) where TOperator : struct, IOperator<TOperator> =>
        AddNode(TOperator.Info, op, null, inputs).Output;

    /// <summary>Adds a node.</summary>
    /// <typeparam name="TOperator">The operator.</typeparam>
    /// <param name="name">Its name and that of its output; a suffix is added where it is taken.</param>
    /// <param name="op">Its attributes.</param>
    /// <param name="inputs">What it reads; null for an optional input left out.</param>
    /// <returns>Its first output.</returns>
    /// <exception cref="ShapeException">The inputs do not fit the operator.</exception>
    public Tensor Add<TOperator>(string name, TOperator op, params ReadOnlySpan<Tensor?> inputs) where TOperator : struct, IOperator<TOperator> =>
        AddNode(TOperator.Info, op, name, inputs).Output;

    /// <summary>Adds a node whose output type or quantization does not follow from its inputs.</summary>
    /// <typeparam name="TOperator">The operator.</typeparam>
    /// <param name="name">Its name and that of its output; a suffix is added where it is taken.</param>
    /// <param name="op">Its attributes.</param>
    /// <param name="declared">What its output is to be.</param>
    /// <param name="inputs">What it reads; null for an optional input left out.</param>
    /// <returns>Its first output.</returns>
    /// <exception cref="ShapeException">The inputs or the declared output do not fit the operator.</exception>
    public Tensor Add<TOperator>(string name, TOperator op, TensorSpec declared, params ReadOnlySpan<Tensor?> inputs)
        where TOperator : struct, IOperator<TOperator> => AddNode(TOperator.Info, op, name, inputs, [declared]).Output;

    /// <summary>Adds a node.</summary>
    /// <param name="info">Which operator it is.</param>
    /// <param name="op">The operator with its attributes.</param>
    /// <param name="name">Its name; null or taken: one is made.</param>
    /// <param name="inputs">What it reads; null for an optional input left out.</param>
    /// <param name="declared">What its outputs are to be, where that does not follow from the inputs; may be empty. A shape without axes says nothing.</param>
    /// <param name="outputNames">Names of its outputs; may be empty.</param>
    /// <returns>The node.</returns>
    /// <exception cref="ShapeException">The inputs or the declared outputs do not fit the operator.</exception>
    public Node AddNode(
        OperatorInfo info,
        IOperator op,
        string? name,
        ReadOnlySpan<Tensor?> inputs,
        ReadOnlySpan<TensorSpec> declared = default,
        ReadOnlySpan<string> outputNames = default)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(op);
        inputs = Trim(inputs);
        name = string.IsNullOrEmpty(name) ? info.Name.ToLowerInvariant() : name;
        CheckInputs(info, name, inputs);
        TensorSpec[] specs = Infer(_nodes.Count, info, op, name, inputs, declared, declaresShapes: false);
        name = _nodeNames.Take(name);
        Tensor[] outputs = new Tensor[specs.Length];
        Node node = new(name, info, op, inputs.ToArray(), outputs);
        for (int i = 0; i < outputs.Length; i++)
        {
            string wish = i < outputNames.Length && outputNames[i].Length > 0 ? outputNames[i] : name;
            outputs[i] = new Tensor(_tensorNames.Take(wish), specs[i]) { Producer = node };
        }

        foreach (Tensor? input in inputs)
        {
            input?.Readers.Add(node);
        }

        _nodes.Add(node);
        return node;
    }

    /// <summary>Whether a tensor is an output of the model.</summary>
    /// <param name="tensor">The tensor.</param>
    public bool IsOutput(Tensor tensor) => _outputs.Contains(tensor);

    /// <summary>Whether a tensor is an input of the model.</summary>
    /// <param name="tensor">The tensor.</param>
    public bool IsInput(Tensor tensor) => _inputs.Contains(tensor);

    /// <summary>The only node that reads a tensor, or null where there are none or several, or the tensor is an output of the model.</summary>
    /// <param name="tensor">The tensor.</param>
    public Node? SingleConsumer(Tensor tensor) =>
        tensor is { Consumers.Count: 1 } && !IsOutput(tensor) ? tensor.Consumers[0] : null;

    /// <summary>Replaces an operator's attributes. Its outputs must stay what they are.</summary>
    /// <param name="node">The node.</param>
    /// <param name="op">An operator of the same kind.</param>
    /// <exception cref="ShapeException">The inputs do not fit, or an output would change.</exception>
    public void SetOperator(Node node, IOperator op)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(op);
        CheckUnchanged(_nodes.IndexOf(node), node, op, node.InputArray);
        node.Operator = op;
    }

    /// <summary>Replaces one input of a node. Its outputs must stay what they are.</summary>
    /// <param name="node">The node.</param>
    /// <param name="index">The input's position; may lie just behind the inputs that are there.</param>
    /// <param name="tensor">What it is to read, or null to leave an optional input out.</param>
    /// <exception cref="ShapeException">The inputs do not fit, or an output would change.</exception>
    public void SetInput(Node node, int index, Tensor? tensor)
    {
        ArgumentNullException.ThrowIfNull(node);
        Tensor?[] inputs = new Tensor?[Math.Max(node.InputArray.Length, index + 1)];
        node.InputArray.CopyTo(inputs, 0);
        Tensor? old = inputs[index];
        inputs[index] = tensor;
        inputs = Trim(inputs).ToArray();
        CheckInputs(node.Info, node.Name, inputs);
        CheckUnchanged(_nodes.IndexOf(node), node, node.Operator, inputs);
        node.InputArray = inputs;
        old?.Readers.Remove(node);
        tensor?.Readers.Add(node);
    }

    /// <summary>Gives a tensor another name. A tensor that has that name gets another one.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="name">Its new name.</param>
    public void Rename(Tensor tensor, string name)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (tensor.Name == name)
        {
            return;
        }

        IEnumerable<Tensor> all = _inputs.Concat(_nodes.SelectMany(static node => node.Outputs.Concat(node.Inputs.OfType<Tensor>())));
        if (all.FirstOrDefault(other => other.Name == name) is { } holder)
        {
            holder.Name = _tensorNames.Take(name);
        }

        _tensorNames.Take(name);
        tensor.Name = name;
    }

    /// <summary>Lets everything that reads one tensor, the model's outputs included, read another.</summary>
    /// <param name="old">The tensor to be replaced.</param>
    /// <param name="replacement">A tensor of the same type and shape.</param>
    public void ReplaceUses(Tensor old, Tensor replacement)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(replacement);
        if (old.Type != replacement.Type || old.Shape != replacement.Shape)
        {
            throw new ArgumentException($"{replacement} cannot take the place of {old}: type and shape must agree.", nameof(replacement));
        }

        foreach (Node reader in old.Readers)
        {
            reader.InputArray.AsSpan().Replace(old, replacement);
            replacement.Readers.Add(reader);
        }

        old.Readers.Clear();
        CollectionsMarshal.AsSpan(_outputs).Replace(old, replacement);
    }

    /// <summary>Removes a node whose outputs nobody reads.</summary>
    /// <param name="node">The node.</param>
    public void Remove(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        foreach (Tensor output in node.OutputArray)
        {
            if (output.Readers.Count > 0 || IsOutput(output))
            {
                throw new InvalidOperationException($"{node} cannot be removed: {(output.Readers.Count > 0 ? output.Readers[0] : "the model")} still reads {output}.");
            }
        }

        foreach (Tensor? input in node.InputArray)
        {
            input?.Readers.Remove(node);
        }

        _nodes.Remove(node);
    }

    /// <summary>
    /// Removes a node that need not compute anything: what read its output reads its input 0. An output of the model keeps its name, so a node between an
    /// input (or a constant, or another output) and an output stays.
    /// </summary>
    /// <param name="node">A node whose output has type and shape of its input 0.</param>
    /// <returns>Whether it was removed.</returns>
    public bool TryBypass(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        Tensor input = node.InputArray[0]!;
        Tensor output = node.Output;
        if (input.Type != output.Type || input.Shape != output.Shape || (IsOutput(output) && (input.Producer is null || IsOutput(input))))
        {
            return false;
        }

        bool renames = IsOutput(output);
        ReplaceUses(output, input);
        Remove(node);
        if (renames)
        {
            (input.Name, output.Name) = (output.Name, input.Name);
        }

        return true;
    }

    /// <summary>Puts the nodes in an order in which each stands behind what it reads; of the possible orders the one nearest to the present order. Reads and writes of one state keep their order.</summary>
    /// <exception cref="InvalidOperationException">The graph has a cycle.</exception>
    public void TopologicalSort()
    {
        Dictionary<Node, int> position = [];
        Dictionary<Node, int> waitsFor = [];
        Dictionary<int, Node> lastOfState = [];
        Dictionary<Node, Node> nextOfState = [];
        PriorityQueue<Node, int> ready = new();
        for (int i = 0; i < _nodes.Count; i++)
        {
            position.Add(_nodes[i], i);
        }

        foreach (Node node in _nodes)
        {
            int count = 0;
            foreach (Tensor? input in node.InputArray)
            {
                count += input?.Producer is null ? 0 : 1;
            }

            if (node.StateId is { } state)
            {
                if (lastOfState.TryGetValue(state, out Node? last))
                {
                    nextOfState.Add(last, node);
                    count++;
                }

                lastOfState[state] = node;
            }

            waitsFor.Add(node, count);
            if (count == 0)
            {
                ready.Enqueue(node, position[node]);
            }
        }

        List<Node> order = [];
        while (ready.TryDequeue(out Node? node, out _))
        {
            order.Add(node);
            foreach (Tensor output in node.OutputArray)
            {
                foreach (Node reader in output.Readers)
                {
                    Release(reader);
                }
            }

            if (nextOfState.TryGetValue(node, out Node? next))
            {
                Release(next);
            }
        }

        if (order.Count != _nodes.Count)
        {
            Node stuck = _nodes.Find(node => waitsFor[node] > 0)!;
            throw new InvalidOperationException($"The graph has a cycle through or before {stuck}; a network is free of cycles.");
        }

        _nodes.Clear();
        _nodes.AddRange(order);

        void Release(Node node)
        {
            if (--CollectionsMarshal.GetValueRefOrNullRef(waitsFor, node) == 0)
            {
                ready.Enqueue(node, position[node]);
            }
        }
    }

    /// <summary>An independent graph with the same nodes. The bytes of constants are shared: they never change.</summary>
    public Graph Clone() => Clone(out _);

    /// <summary>An independent graph with the same nodes.</summary>
    /// <param name="copies">Each tensor's copy.</param>
    internal Graph Clone(out Dictionary<Tensor, Tensor> copies)
    {
        Graph clone = new();
        Dictionary<Tensor, Tensor> map = copies = [];
        foreach (Tensor input in _inputs)
        {
            map.Add(input, clone.AddInput(input.Name, input.Spec));
        }

        foreach (Node node in _nodes)
        {
            Tensor?[] inputs = Array.ConvertAll(node.InputArray, input => input is null ? null : Copy(input));
            TensorSpec[] specs = Array.ConvertAll(node.OutputArray, static output => output.Spec);
            string[] names = Array.ConvertAll(node.OutputArray, static output => output.Name);
            Node copy = clone.AddNode(node.Info, node.Operator, node.Name, inputs, specs, names);
            for (int i = 0; i < node.OutputArray.Length; i++)
            {
                map.Add(node.OutputArray[i], copy.OutputArray[i]);
            }
        }

        foreach (Tensor output in _outputs)
        {
            clone._outputs.Add(Copy(output));
        }

        foreach ((string key, string value) in Metadata)
        {
            clone.Metadata.Add(key, value);
        }

        return clone;

        Tensor Copy(Tensor tensor)
        {
            if (!map.TryGetValue(tensor, out Tensor? copy))
            {
                copy = tensor.IsConstant
                    ? clone.Constant(tensor.Name, tensor.Spec, tensor.Data)
                    : throw new InvalidOperationException($"{tensor} is read before it is computed; sort the graph first.");
                map.Add(tensor, copy);
            }

            return copy;
        }
    }

    /// <summary>Becomes what another graph is: how a pass that builds anew hands over its result. Metadata stays.</summary>
    /// <param name="other">The other graph; not to be used afterwards.</param>
    internal void TakeOver(Graph other)
    {
        (_tensorNames, _nodeNames) = (other._tensorNames, other._nodeNames);
        Replace(_nodes, other._nodes);
        Replace(_inputs, other._inputs);
        Replace(_outputs, other._outputs);

        static void Replace<T>(List<T> old, List<T> now)
        {
            old.Clear();
            old.AddRange(now);
        }
    }

    /// <summary>Checks the whole graph: names, order, ends, and every shape rule again.</summary>
    /// <exception cref="InvalidOperationException">A name is used twice, a tensor is read before it is computed or belongs to another graph, or there is no output.</exception>
    /// <exception cref="ShapeException">A shape rule does not hold.</exception>
    public void Validate()
    {
        if (_outputs.Count == 0)
        {
            throw new InvalidOperationException("The graph has no output; state at least one with AddOutput.");
        }

        int position = 0;
        HashSet<Tensor> known = [.. _inputs];
        Dictionary<string, Tensor> names = [];
        HashSet<string> nodeNames = [];
        foreach (Tensor input in _inputs)
        {
            CheckName(input);
        }

        foreach (Node node in _nodes)
        {
            if (!nodeNames.Add(node.Name))
            {
                throw new InvalidOperationException($"Two nodes have the name '{node.Name}'; names are unique.");
            }

            CheckInputs(node.Info, node.Name, node.InputArray);
            foreach (Tensor? input in node.InputArray)
            {
                if (input is null)
                {
                    continue;
                }

                if (!input.IsConstant && !known.Contains(input))
                {
                    throw new InvalidOperationException($"{node} reads {input}, which no node before it computes.");
                }

                if (!input.Readers.Contains(node))
                {
                    throw new InvalidOperationException($"{node} reads {input}, which does not know it as a reader.");
                }

                CheckName(input);
            }

            CheckUnchanged(position++, node, node.Operator, node.InputArray);
            foreach (Tensor output in node.OutputArray)
            {
                if (!known.Add(output) || output.Producer != node)
                {
                    throw new InvalidOperationException($"{node} computes {output}, which another node computes too.");
                }

                CheckName(output);
            }
        }

        foreach (Tensor output in _outputs)
        {
            if (!output.IsConstant && !known.Contains(output))
            {
                throw new InvalidOperationException($"The model's output {output} is computed by no node of the graph.");
            }
        }

        void CheckName(Tensor tensor)
        {
            if (!names.TryAdd(tensor.Name, tensor) && names[tensor.Name] != tensor)
            {
                throw new InvalidOperationException($"Two tensors have the name '{tensor.Name}'; names are unique.");
            }
        }
    }

    private static DataType TypeOf<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? DataType.Float32 :
        typeof(T) == typeof(sbyte) ? DataType.Int8 :
        typeof(T) == typeof(byte) ? DataType.UInt8 :
        typeof(T) == typeof(short) ? DataType.Int16 :
        typeof(T) == typeof(int) ? DataType.Int32 :
        typeof(T) == typeof(long) ? DataType.Int64 :
        typeof(T) == typeof(bool) ? DataType.Bool :
        throw new ArgumentException($"A constant's elements are float, sbyte, byte, short, int, long or bool, not {typeof(T).Name}.");

    private static void CheckInputs(OperatorInfo info, string name, ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs.Length < info.MinInputs || inputs.Length > info.MaxInputs)
        {
            throw new ShapeException($"{info.Name} '{name}': {inputs.Length} inputs; {info.MinInputs} … {info.MaxInputs} are allowed.");
        }

        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] is null && (i < info.MinInputs || info.Variadic))
            {
                throw new ShapeException($"{info.Name} '{name}': input {i} is left out; only inputs from {info.MinInputs} on are optional.");
            }
        }
    }

    /// <summary>Runs a shape rule by the runtime's own code.</summary>
    private static TensorSpec[] Infer(
        int index, OperatorInfo info, IOperator op, string name, ReadOnlySpan<Tensor?> inputs, ReadOnlySpan<TensorSpec> declared, bool declaresShapes = true)
    {
        GraphTensor[] tensors = new GraphTensor[inputs.Length + info.Outputs];
        int[] inputIndices = new int[inputs.Length];
        int[] outputIndices = new int[info.Outputs];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputIndices[i] = inputs[i] is null ? -1 : i;
            tensors[i] = new GraphTensor("", inputs[i]?.Spec ?? default) { Constant = inputs[i]?.Data ?? default };
        }

        for (int i = 0; i < outputIndices.Length; i++)
        {
            outputIndices[i] = inputs.Length + i;
            tensors[inputs.Length + i] = new GraphTensor("", i < declared.Length ? declared[i] : default);
        }

        OperatorPlan plan = ModelGraph.Infer(index, new GraphNode(name, info, op, inputIndices, outputIndices, new OperatorPlan()), tensors);
        for (int i = 0; i < declared.Length; i++)
        {
            TensorSpec stated = declaresShapes || declared[i].Shape.Rank > 0 ? declared[i] : declared[i] with { Shape = plan.Outputs[i].Shape };
            if (stated.Type != DataType.None && !Same(stated, plan.Outputs[i]))
            {
                throw new ShapeException($"{info.Name} '{name}': output {i} is {plan.Outputs[i]}, declared is {declared[i]}{(declared[i].Shape == plan.Outputs[i].Shape ? " with other quantization" : "")}.");
            }
        }

        return plan.Outputs;
    }

    private static void CheckUnchanged(int index, Node node, IOperator op, ReadOnlySpan<Tensor?> inputs) =>
        Infer(index, node.Info, op, node.Name, inputs, Array.ConvertAll(node.OutputArray, static output => output.Spec));

    /// <summary>Inputs without those left out at the end: a left-out input is written only where another follows.</summary>
    private static ReadOnlySpan<Tensor?> Trim(ReadOnlySpan<Tensor?> inputs)
    {
        while (!inputs.IsEmpty && inputs[^1] is null)
        {
            inputs = inputs[..^1];
        }

        return inputs;
    }

    private static bool Same(TensorSpec left, TensorSpec right) =>
        left.Type == right.Type && left.Shape == right.Shape && Quantization.Same(left.Quantization, right.Quantization);

    private Tensor ConstantOf(GraphTensor source) =>
        Constant(source.Name.Length == 0 ? "constant" : source.Name, source.Spec, source.Constant.ToArray());

    /// <summary>Gives out names that are not taken.</summary>
    private sealed class Names
    {
        private readonly Dictionary<string, int> _next = new(StringComparer.Ordinal);

        public string Take(string wish)
        {
            if (_next.TryAdd(wish, 1))
            {
                return wish;
            }

            string name;
            do
            {
                ref int next = ref CollectionsMarshal.GetValueRefOrNullRef(_next, wish);
                name = wish + "_" + next.ToString(CultureInfo.InvariantCulture);
                next++;
            }
            while (!_next.TryAdd(name, 1));
            return name;
        }
    }
}
