using Edge.Import.Protobuf;

namespace Edge.Import.TensorFlow.Messages;

/// <summary>A GraphDef: nodes, and the functions that they call.</summary>
/// <remarks>Source: tensorflow/core/framework/graph.proto.</remarks>
internal sealed class GraphMessage
{
    /// <summary>Nodes in the file's order.</summary>
    public List<NodeMessage> Nodes { get; } = [];

    /// <summary>Nodes by name.</summary>
    public Dictionary<string, NodeMessage> ByName { get; } = new(StringComparer.Ordinal);

    /// <summary>Functions by name.</summary>
    public Dictionary<string, FunctionMessage> Functions { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the message.</summary>
    /// <param name="reader">Stands before its first field.</param>
    /// <param name="count">Counts nodes.</param>
    public static GraphMessage Read(ProtobufReader reader, NodeCounter count)
    {
        GraphMessage graph = new();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    count.Add();
                    NodeMessage node = NodeMessage.Read(reader.Message("NodeDef"));
                    if (!graph.ByName.TryAdd(node.Name, node))
                    {
                        throw new ModelImportException($"The graph has two nodes '{node.Name}'; names are unique.");
                    }

                    graph.Nodes.Add(node);
                    break;
                case 2:
                    graph.ReadLibrary(reader.Message("FunctionDefLibrary"), count);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return graph;
    }

    private void ReadLibrary(ProtobufReader reader, NodeCounter count)
    {
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                FunctionMessage function = FunctionMessage.Read(reader.Message("FunctionDef"), count);
                Functions[function.Name] = function;
            }
            else
            {
                reader.Skip();
            }
        }
    }
}
