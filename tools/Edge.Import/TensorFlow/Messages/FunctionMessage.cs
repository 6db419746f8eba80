using Edge.Import.Protobuf;

namespace Edge.Import.TensorFlow.Messages;

/// <summary>A FunctionDef: a subgraph with arguments and results.</summary>
/// <remarks>Source: tensorflow/core/framework/function.proto, op_def.proto.</remarks>
internal sealed class FunctionMessage
{
    /// <summary>Its name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Position of each argument by name.</summary>
    public Dictionary<string, int> Arguments { get; } = new(StringComparer.Ordinal);

    /// <summary>Names of its results, in order.</summary>
    public List<string> Results { get; } = [];

    /// <summary>What each result is: <c>node:output:index</c>, or an argument.</summary>
    public Dictionary<string, string> Returns { get; } = new(StringComparer.Ordinal);

    /// <summary>Its nodes by name.</summary>
    public Dictionary<string, NodeMessage> Nodes { get; } = new(StringComparer.Ordinal);

    /// <summary>Its attributes.</summary>
    public Dictionary<string, AttributeMessage> Attributes { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the message.</summary>
    /// <param name="reader">Stands before its first field.</param>
    /// <param name="count">Counts nodes.</param>
    public static FunctionMessage Read(ProtobufReader reader, NodeCounter count)
    {
        FunctionMessage function = new();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    function.ReadSignature(reader.Message("OpDef"));
                    break;
                case 3:
                    count.Add();
                    NodeMessage node = NodeMessage.Read(reader.Message("NodeDef"));
                    if (!function.Nodes.TryAdd(node.Name, node))
                    {
                        throw new ModelImportException($"Function '{function.Name}' has two nodes '{node.Name}'; names are unique.");
                    }

                    break;
                case 4:
                    ProtobufMap.AddText(function.Returns, reader, "FunctionDef.ret");
                    break;
                case 5:
                    ProtobufMap.Add(function.Attributes, reader, "FunctionDef.attr", "AttrValue", AttributeMessage.Read);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return function;
    }

    private void ReadSignature(ProtobufReader reader)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    Name = reader.Text();
                    break;
                case 2:
                    Arguments[ReadArgument(reader.Message("OpDef.ArgDef"))] = Arguments.Count;
                    break;
                case 3:
                    Results.Add(ReadArgument(reader.Message("OpDef.ArgDef")));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private string ReadArgument(ProtobufReader reader)
    {
        string name = "";
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.Text();
                    break;
                case 5 or 6:
                    throw new ModelImportException($"Function '{Name}' takes or returns a list ('{name}'); single tensors are allowed.");
                default:
                    reader.Skip();
                    break;
            }
        }

        return name;
    }
}
