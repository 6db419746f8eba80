using System.Globalization;
using Edge.Import.TensorFlow.Messages;

namespace Edge.Import.TensorFlow;

/// <summary>
/// What some tensors of a graph are computed from, as one list of nodes: calls of functions (PartitionedCall, StatefulPartitionedCall, a node whose operator is a function)
/// are replaced by what the function computes. Only what is wanted is looked at.
/// </summary>
/// <remarks>Nothing here recurses over the graph: a chain of nodes may be as long as the limits allow. Bodies, steps and depth are capped, so functions that call each other twice cannot double without end.</remarks>
internal sealed class FlatGraph
{
    /// <summary>Kind of a Keras LSTM that stands as a function in the file.</summary>
    public const string KerasLstm = "Keras LSTM";

    /// <summary>Kind of a Keras GRU that stands as a function in the file.</summary>
    public const string KerasGru = "Keras GRU";

    private const int StepsForOneNode = 16;

    private readonly GraphMessage _graph;
    private readonly ImportLimits _limits;
    private readonly CallFrame _main;
    private readonly Dictionary<string, FlatNode> _cuts = new(StringComparer.Ordinal);
    private readonly List<FlatOutput> _wanted = [];
    private List<FlatNode> _nodes = [];
    private readonly HashSet<FlatNode> _done = [];
    private int _bodies;
    private long _steps;

    /// <summary>Begins with nothing wanted.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="limits">Caps.</param>
    public FlatGraph(GraphMessage graph, ImportLimits limits)
    {
        _graph = graph;
        _limits = limits;
        _main = new CallFrame(graph.ByName);
    }

    /// <summary>The nodes, each behind what it reads.</summary>
    public IReadOnlyList<FlatNode> Nodes => _nodes;

    /// <summary>The model's own body.</summary>
    public CallFrame Main => _main;

    /// <summary>States a tensor at which the model begins: what computes it is not looked at.</summary>
    /// <param name="name">The tensor, <c>node</c> or <c>node:index</c>, with the names of the calls around it.</param>
    /// <returns>The input that takes its place.</returns>
    public FlatNode Cut(string name)
    {
        FlatNode input = new(_main, new NodeMessage(name, "Placeholder", [], new Dictionary<string, AttributeMessage>()), "Placeholder", name);
        _cuts[name.Contains(':') ? name : name + ":0"] = input;
        return input;
    }

    /// <summary>Adds what a tensor is computed from.</summary>
    /// <param name="name">The tensor: <c>node</c> or <c>node:index</c>, a node of the graph itself, or one inside calls with their names before it.</param>
    public FlatOutput Want(string name)
    {
        FlatOutput wanted = Find(name);
        Visit(wanted.Node);
        _wanted.Add(wanted);
        return wanted;
    }

    /// <summary>Removes the branches (Switch, Merge) that conditions known at conversion leave out, and counts who reads each node.</summary>
    /// <param name="known">Conditions that the caller states, by node.</param>
    public void Decide(IReadOnlyDictionary<FlatNode, bool> known)
    {
        Dictionary<FlatNode, bool> truths = new(known);
        HashSet<FlatOutput> dead = [];
        foreach (FlatNode node in _nodes)
        {
            if (node.Kind == "Merge")
            {
                FlatOutput[] alive = [.. node.Inputs.Where(input => !dead.Contains(input))];
                node.IsDecided = alive.Length == 1;
                node.Inputs = node.IsDecided ? alive : node.Inputs;
                continue;
            }

            if (node.Inputs.Any(dead.Contains))
            {
                dead.UnionWith([new FlatOutput(node, 0), new FlatOutput(node, 1)]);
                continue;
            }

            if (node.Kind == "Switch" && node.Inputs.Length == 2 && truths.TryGetValue(node.Inputs[1].Node, out bool condition))
            {
                node.IsDecided = true;
                dead.Add(new FlatOutput(node, condition ? 0 : 1));
            }

            if (!truths.ContainsKey(node) && Truth(node, truths) is { } truth)
            {
                truths.Add(node, truth);
            }
        }

        HashSet<FlatNode> reached = [];
        Stack<FlatNode> open = new(_wanted.Select(static wanted => wanted.Node));
        while (open.TryPop(out FlatNode? node))
        {
            if (reached.Add(node))
            {
                foreach (FlatOutput input in node.Inputs)
                {
                    open.Push(input.Node);
                }
            }
        }

        _nodes = [.. _nodes.Where(reached.Contains)];
        foreach (FlatOutput read in _nodes.SelectMany(static node => node.Inputs).Concat(_wanted))
        {
            read.Node.Uses++;
        }
    }

    private static bool? Truth(FlatNode node, Dictionary<FlatNode, bool> truths)
    {
        bool?[] inputs = [.. node.Inputs.Select(input => truths.TryGetValue(input.Node, out bool truth) ? truth : (bool?)null)];
        return (node.Kind, inputs) switch
        {
            ("Const", _) => node.Attribute("value")?.Tensor?.Truth,
            ("Identity" or "PlaceholderWithDefault" or "StopGradient" or "Switch", [{ } value, ..]) => value,
            ("LogicalNot", [{ } value]) => !value,
            ("LogicalAnd", [{ } one, { } other]) => one && other,
            ("LogicalOr", [{ } one, { } other]) => one || other,
            _ => null,
        };
    }

    /// <summary>Follows a reference through calls to the node that computes it.</summary>
    /// <param name="frame">The body that states it.</param>
    /// <param name="reference">The reference.</param>
    public FlatOutput Resolve(CallFrame frame, string reference)
    {
        while (true)
        {
            if (++_steps > (long)_limits.MaxOperators * StepsForOneNode)
            {
                throw new ModelImportException($"'{reference}' is reached only after {_steps:N0} steps through calls; a function returns itself, or calls double without end.");
            }

            (string name, string output, int index) = Parse(reference);
            if (frame.Function is { } function && function.Arguments.TryGetValue(name, out int argument) && !frame.Nodes.ContainsKey(name))
            {
                reference = frame.Call!.Inputs.Count > argument
                    ? frame.Call.Inputs[argument]
                    : throw new ModelImportException($"'{frame.Prefix}' calls '{function.Name}' with {frame.Call.Inputs.Count} arguments; {function.Arguments.Count} are needed.");
                frame = frame.Parent!;
                continue;
            }

            if (!frame.Nodes.TryGetValue(name, out NodeMessage? node))
            {
                throw new ModelImportException($"'{frame.Prefix}{name}' is read, but no such node is there. State one of the graph's nodes, with the names of the calls around it.");
            }

            FunctionMessage? called = Called(frame, node);
            if (called is null)
            {
                FlatNode flat = frame.Flat(node, () => new FlatNode(frame, node, node.Kind, frame.Prefix + node.Name));
                return Cut(flat, frame.Function is null ? index : OutputNames.Position(node.Kind, output, index));
            }

            if (RecurrentKind(called) is { } kind)
            {
                return Cut(frame.Flat(node, () => new FlatNode(frame, node, kind, frame.Prefix + node.Name) { Function = called }), index);
            }

            int result = called.Results.IndexOf(output) is >= 0 and int position && node.Kind == called.Name ? position : index;
            if (result >= called.Results.Count || !called.Returns.TryGetValue(called.Results[result], out string? returned))
            {
                throw new ModelImportException($"'{frame.Prefix}{node.Name}' has no output {result}: '{called.Name}' returns {called.Results.Count}.");
            }

            CallFrame caller = frame;
            frame = caller.Called(node, () => Body(caller, node, called));
            reference = returned;
        }
    }

    /// <summary>The bodies of all calls that the model itself makes to functions with a node of some kind.</summary>
    /// <param name="kind">The kind.</param>
    public IEnumerable<CallFrame> BodiesWith(string kind)
    {
        foreach (NodeMessage node in _graph.Nodes)
        {
            if (node.Kind is "PartitionedCall" or "StatefulPartitionedCall" && Called(_main, node) is { } called && called.Nodes.Values.Any(inner => inner.Kind == kind))
            {
                yield return _main.Called(node, () => Body(_main, node, called));
            }
        }
    }

    /// <summary>The node that computes a tensor.</summary>
    /// <param name="name">The tensor: <c>node</c> or <c>node:index</c>, with the names of the calls around it.</param>
    public FlatOutput Find(string name)
    {
        CallFrame frame = _main;
        string rest = name;
        while (!frame.Nodes.ContainsKey(Parse(rest).Name))
        {
            // The longest call whose name the rest begins with.
            NodeMessage? call = frame.Nodes.Values
                .Where(node => rest.StartsWith(node.Name + "/", StringComparison.Ordinal) && Called(frame, node) is not null)
                .MaxBy(static node => node.Name.Length);
            if (call is null)
            {
                throw new ModelImportException($"The model has no tensor '{name}': no node '{rest}'{(frame.Prefix.Length > 0 ? $" in '{frame.Prefix}'" : "")}.");
            }

            CallFrame caller = frame;
            frame = caller.Called(call, () => Body(caller, call, Called(caller, call)!));
            rest = rest[(call.Name.Length + 1)..];
        }

        if (frame.Function is not null)
        {
            // Inside a function a reference names the output; here its number was stated.
            (string node, _, int index) = Parse(rest);
            NodeMessage message = frame.Nodes[node];
            if (Called(frame, message) is null)
            {
                return Cut(frame.Flat(message, () => new FlatNode(frame, message, message.Kind, frame.Prefix + message.Name)), index);
            }

            rest = string.Create(CultureInfo.InvariantCulture, $"{node}:output:{index}");
        }

        return Resolve(frame, rest);
    }

    /// <summary>Adds a node behind everything that it reads.</summary>
    private void Visit(FlatNode wanted)
    {
        Stack<(FlatNode Node, int Next)> open = [];
        HashSet<FlatNode> entered = [];
        Enter(wanted);
        while (open.TryPop(out (FlatNode Node, int Next) top))
        {
            if (top.Next == top.Node.Inputs.Length)
            {
                _done.Add(top.Node);
                _nodes.Add(top.Node);
                continue;
            }

            open.Push((top.Node, top.Next + 1));
            FlatNode input = top.Node.Inputs[top.Next].Node;
            Enter(input);
        }

        void Enter(FlatNode node)
        {
            if (_done.Contains(node))
            {
                return;
            }

            if (!entered.Add(node))
            {
                throw new ModelImportException($"{node} is computed from itself; a graph is free of cycles. Loops of TensorFlow 1 (Enter, NextIteration) cannot be converted.");
            }

            if (_done.Count + entered.Count > 2 * _limits.MaxOperators || _nodes.Count >= _limits.MaxOperators)
            {
                throw new ModelImportException($"The model has more than {_limits.MaxOperators:N0} operators, those of called functions included; that many are allowed.");
            }

            node.Inputs = [.. node.References.Select(reference => Resolve(node.Frame, reference))];
            open.Push((node, 0));
        }
    }

    private FlatOutput Cut(FlatNode node, int index) =>
        _cuts.Count > 0 && _cuts.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"{node.Name}:{index}"), out FlatNode? input)
            ? new FlatOutput(input, 0)
            : new FlatOutput(node, index);

    private CallFrame Body(CallFrame caller, NodeMessage call, FunctionMessage function)
    {
        for (CallFrame? around = caller; around is not null; around = around.Parent)
        {
            if (around.Function == function)
            {
                throw new ModelImportException($"Function '{function.Name}' calls itself at '{caller.Prefix}{call.Name}'; recursion cannot be converted.");
            }
        }

        if (caller.Depth >= _limits.MaxNesting)
        {
            throw new ModelImportException($"'{caller.Prefix}{call.Name}' is a call {caller.Depth + 1} calls deep; {_limits.MaxNesting} are allowed.");
        }

        return ++_bodies <= _limits.MaxOperators
            ? new CallFrame(function.Nodes, function, caller, call)
            : throw new ModelImportException($"The model makes more than {_limits.MaxOperators:N0} calls; that many are allowed.");
    }

    /// <summary>The function that a node calls; null where it is an operator.</summary>
    private FunctionMessage? Called(CallFrame frame, NodeMessage node)
    {
        if (node.Kind is not ("PartitionedCall" or "StatefulPartitionedCall"))
        {
            return _graph.Functions.GetValueOrDefault(node.Kind);
        }

        string? name = (node.Attributes.TryGetValue("f", out AttributeMessage? attribute) ? frame.Bound(attribute) : null)?.Function?.Name;
        return name is not null && _graph.Functions.TryGetValue(name, out FunctionMessage? function)
            ? function
            : throw new ModelImportException($"{node.Kind} '{frame.Prefix}{node.Name}' calls function '{name}', which is not in the file.");
    }

    /// <summary>Keras marks the functions that are a whole recurrent layer, so that a runtime may replace them.</summary>
    private static string? RecurrentKind(FunctionMessage function) =>
        function.Attributes.TryGetValue("api_implements", out AttributeMessage? implements) && implements.Text is { } text
            ? text.StartsWith("lstm_", StringComparison.Ordinal) ? KerasLstm : text.StartsWith("gru_", StringComparison.Ordinal) ? KerasGru : null
            : null;

    /// <summary>The parts of <c>name</c>, <c>name:index</c>, <c>name:output</c> and <c>name:output:index</c>.</summary>
    private static (string Name, string Output, int Index) Parse(string reference)
    {
        int first = reference.IndexOf(':', StringComparison.Ordinal);
        if (first < 0)
        {
            return (reference, "", 0);
        }

        string name = reference[..first];
        string rest = reference[(first + 1)..];
        int second = rest.IndexOf(':', StringComparison.Ordinal);
        string last = second < 0 ? rest : rest[(second + 1)..];
        bool isNumber = int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out int index);
        return second < 0
            ? (name, isNumber ? "" : rest, index)
            : isNumber ? (name, rest[..second], index) : throw new ModelImportException($"The reference '{reference}' is malformed; node:output:index is allowed.");
    }
}
