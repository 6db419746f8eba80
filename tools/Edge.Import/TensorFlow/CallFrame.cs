using Edge.Import.TensorFlow.Messages;

namespace Edge.Import.TensorFlow;

/// <summary>The body of one call, or of the model itself, which nobody calls.</summary>
/// <param name="nodes">Its nodes by name.</param>
/// <param name="function">The function; null for the model itself.</param>
/// <param name="parent">The body that holds the call; null for the model itself.</param>
/// <param name="call">The node that calls; null for the model itself.</param>
internal sealed class CallFrame(IReadOnlyDictionary<string, NodeMessage> nodes, FunctionMessage? function = null, CallFrame? parent = null, NodeMessage? call = null)
{
    private readonly Dictionary<string, FlatNode> _flat = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CallFrame> _calls = new(StringComparer.Ordinal);

    /// <summary>Its nodes by name.</summary>
    public IReadOnlyDictionary<string, NodeMessage> Nodes { get; } = nodes;

    /// <summary>The function; null for the model itself.</summary>
    public FunctionMessage? Function { get; } = function;

    /// <summary>The body that holds the call; null for the model itself.</summary>
    public CallFrame? Parent { get; } = parent;

    /// <summary>The node that calls; null for the model itself.</summary>
    public NodeMessage? Call { get; } = call;

    /// <summary>Calls around it.</summary>
    public int Depth { get; } = parent is null ? 0 : parent.Depth + 1;

    /// <summary>What stands before the names of its nodes.</summary>
    public string Prefix { get; } = parent is null ? "" : $"{parent.Prefix}{call!.Name}/";

    /// <summary>A node of it in the inlined graph, made the first time.</summary>
    /// <param name="message">The node.</param>
    /// <param name="make">Makes it.</param>
    public FlatNode Flat(NodeMessage message, Func<FlatNode> make)
    {
        if (!_flat.TryGetValue(message.Name, out FlatNode? node))
        {
            _flat.Add(message.Name, node = make());
        }

        return node;
    }

    /// <summary>The body of a call in it, made the first time.</summary>
    /// <param name="message">The calling node.</param>
    /// <param name="make">Makes it.</param>
    public CallFrame Called(NodeMessage message, Func<CallFrame> make)
    {
        if (!_calls.TryGetValue(message.Name, out CallFrame? frame))
        {
            _calls.Add(message.Name, frame = make());
        }

        return frame;
    }

    /// <summary>An attribute, or what the calls around bind it to.</summary>
    /// <param name="attribute">The attribute as it is stated.</param>
    public AttributeMessage? Bound(AttributeMessage? attribute)
    {
        CallFrame frame = this;
        while (attribute?.Placeholder is { } name)
        {
            if (frame.Call is null || frame.Parent is null)
            {
                return null;
            }

            IReadOnlyDictionary<string, AttributeMessage> bound = frame.Call.Attributes.TryGetValue("f", out AttributeMessage? function) && function.Function is { } reference
                ? reference.Attributes
                : frame.Call.Attributes;
            attribute = bound.GetValueOrDefault(name);
            frame = frame.Parent;
        }

        return attribute;
    }
}
