using Edge.Import.TensorFlow.Messages;

namespace Edge.Import.TensorFlow;

/// <summary>One output of a node of the inlined graph.</summary>
/// <param name="Node">The node.</param>
/// <param name="Index">Which of its outputs.</param>
internal readonly record struct FlatOutput(FlatNode Node, int Index);

/// <summary>A node of the inlined graph: every call is replaced by what the function computes.</summary>
internal sealed class FlatNode
{
    private readonly CallFrame _frame;
    private readonly NodeMessage _message;

    /// <summary>Makes a node.</summary>
    /// <param name="frame">Where it stands.</param>
    /// <param name="message">The node of the file.</param>
    /// <param name="kind">Its operator.</param>
    /// <param name="name">Its name with those of the calls around it.</param>
    public FlatNode(CallFrame frame, NodeMessage message, string kind, string name)
    {
        _frame = frame;
        _message = message;
        Kind = kind;
        Name = name;
    }

    /// <summary>Its operator; for a recurrent layer of Keras the layer.</summary>
    public string Kind { get; }

    /// <summary>Its name with those of the calls around it: <c>StatefulPartitionedCall/model/conv2d/Conv2D</c>.</summary>
    public string Name { get; }

    /// <summary>What it reads.</summary>
    public FlatOutput[] Inputs { get; set; } = [];

    /// <summary>How many inputs of nodes and outputs of the model read it.</summary>
    public int Uses { get; set; }

    /// <summary>Whether it is a branch whose condition is known at conversion, so that only one side is left.</summary>
    public bool IsDecided { get; set; }

    /// <summary>Where it stands.</summary>
    public CallFrame Frame => _frame;

    /// <summary>What it reads, as the file states it.</summary>
    public IReadOnlyList<string> References => _message.Inputs;

    /// <summary>The function that it is, where a whole function is one operator.</summary>
    public FunctionMessage? Function { get; init; }

    /// <summary>An attribute, or null. An attribute that the call binds is looked up there.</summary>
    /// <param name="name">Its name.</param>
    public AttributeMessage? Attribute(string name) => _message.Attributes.TryGetValue(name, out AttributeMessage? attribute) ? _frame.Bound(attribute) : null;

    /// <summary>For example <c>Conv2D 'conv1'</c>.</summary>
    public override string ToString() => $"{Kind} '{Name}'";
}
