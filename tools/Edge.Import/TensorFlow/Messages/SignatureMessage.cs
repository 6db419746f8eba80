using Edge.Import.Protobuf;

namespace Edge.Import.TensorFlow.Messages;

/// <summary>A SignatureDef: what a SavedModel offers to callers.</summary>
/// <remarks>Source: tensorflow/core/protobuf/meta_graph.proto. The file keeps its inputs and outputs as maps, without an order: theirs here is that of their names, as in TensorFlow.</remarks>
internal sealed class SignatureMessage
{
    /// <summary>Inputs by name.</summary>
    public SortedDictionary<string, TensorInfoMessage> Inputs { get; } = new(StringComparer.Ordinal);

    /// <summary>Outputs by name.</summary>
    public SortedDictionary<string, TensorInfoMessage> Outputs { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the message.</summary>
    public static SignatureMessage Read(ProtobufReader reader)
    {
        SignatureMessage signature = new();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    ProtobufMap.Add(signature.Inputs, reader, "SignatureDef.inputs", "TensorInfo", TensorInfoMessage.Read);
                    break;
                case 2:
                    ProtobufMap.Add(signature.Outputs, reader, "SignatureDef.outputs", "TensorInfo", TensorInfoMessage.Read);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return signature;
    }
}
