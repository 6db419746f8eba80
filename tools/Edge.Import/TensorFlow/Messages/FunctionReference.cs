using Edge.Import.Protobuf;

namespace Edge.Import.TensorFlow.Messages;

/// <summary>A NameAttrList: a function by name, with what its attributes are bound to.</summary>
/// <param name="Name">The function.</param>
/// <param name="Attributes">Its attributes.</param>
internal sealed record FunctionReference(string Name, IReadOnlyDictionary<string, AttributeMessage> Attributes)
{
    /// <summary>Reads the message.</summary>
    public static FunctionReference Read(ProtobufReader reader)
    {
        string name = "";
        Dictionary<string, AttributeMessage> attributes = [];
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.Text();
                    break;
                case 2:
                    ProtobufMap.Add(attributes, reader, "NameAttrList.attr", "AttrValue", AttributeMessage.Read);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new FunctionReference(name, attributes);
    }
}
