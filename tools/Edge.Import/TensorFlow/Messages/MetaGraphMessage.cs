using Edge.Import.Protobuf;

namespace Edge.Import.TensorFlow.Messages;

/// <summary>A MetaGraphDef: a graph with its signatures and the operator that restores its variables.</summary>
/// <remarks>Source: tensorflow/core/protobuf/meta_graph.proto, saver.proto, saved_model.proto.</remarks>
internal sealed class MetaGraphMessage
{
    /// <summary>The tag of graphs for inference.</summary>
    public const string ServeTag = "serve";

    /// <summary>What the graph is for.</summary>
    public List<string> Tags { get; } = [];

    /// <summary>The graph.</summary>
    public GraphMessage Graph { get; private set; } = new();

    /// <summary>Signatures by name.</summary>
    public SortedDictionary<string, SignatureMessage> Signatures { get; } = new(StringComparer.Ordinal);

    /// <summary>The graphs of a saved_model.pb.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="limits">Caps.</param>
    public static List<MetaGraphMessage> ReadSavedModel(byte[] file, ImportLimits limits)
    {
        ProtobufReader reader = ProtobufReader.Open(file, "SavedModel", limits);
        NodeCounter count = new(limits);
        List<MetaGraphMessage> graphs = [];
        while (reader.Next())
        {
            if (reader.Field == 2)
            {
                graphs.Add(Read(reader.Message("MetaGraphDef"), count));
            }
            else
            {
                reader.Skip();
            }
        }

        return graphs;
    }

    private static MetaGraphMessage Read(ProtobufReader reader, NodeCounter count)
    {
        MetaGraphMessage graph = new();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    graph.ReadInfo(reader.Message("MetaInfoDef"));
                    break;
                case 2:
                    graph.Graph = GraphMessage.Read(reader.Message("GraphDef"), count);
                    break;
                case 5:
                    ProtobufMap.Add(graph.Signatures, reader, "MetaGraphDef.signature_def", "SignatureDef", SignatureMessage.Read);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return graph;
    }

    private void ReadInfo(ProtobufReader reader)
    {
        while (reader.Next())
        {
            if (reader.Field == 4)
            {
                Tags.Add(reader.Text());
            }
            else
            {
                reader.Skip();
            }
        }
    }
}
