using Edge.Import.Protobuf;

namespace Edge.Import.TensorFlow.Messages;

/// <summary>A TensorInfo: which tensor of the graph an input or output of a signature is.</summary>
/// <param name="Name">The tensor, <c>node:index</c>; empty where it is sparse or composite.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Axis sizes.</param>
internal sealed record TensorInfoMessage(string Name, TensorFlowType Type, ShapeMessage Shape)
{
    /// <summary>Reads the message.</summary>
    public static TensorInfoMessage Read(ProtobufReader reader)
    {
        string name = "";
        TensorFlowType type = TensorFlowType.Invalid;
        ShapeMessage shape = new([], true);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.Text();
                    break;
                case 2:
                    type = TensorFlowTypes.Read(reader.Integer());
                    break;
                case 3:
                    shape = ShapeMessage.Read(reader.Message("TensorShapeProto"));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new TensorInfoMessage(name, type, shape);
    }
}
