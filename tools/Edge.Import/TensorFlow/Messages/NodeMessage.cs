using Edge.Import.Protobuf;

namespace Edge.Import.TensorFlow.Messages;

/// <summary>A NodeDef.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its operator.</param>
/// <param name="Inputs">What it reads, those inputs left out that only state an order (<c>^name</c>).</param>
/// <param name="Attributes">Its attributes.</param>
/// <remarks>Source: tensorflow/core/framework/node_def.proto.</remarks>
internal sealed record NodeMessage(string Name, string Kind, IReadOnlyList<string> Inputs, IReadOnlyDictionary<string, AttributeMessage> Attributes)
{
    /// <summary>Reads the message.</summary>
    public static NodeMessage Read(ProtobufReader reader)
    {
        string name = "", kind = "";
        List<string> inputs = [];
        Dictionary<string, AttributeMessage> attributes = [];
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.Text();
                    break;
                case 2:
                    kind = reader.Text();
                    break;
                case 3:
                    string input = reader.Text();
                    if (!input.StartsWith('^'))
                    {
                        inputs.Add(input);
                    }

                    break;
                case 5:
                    ProtobufMap.Add(attributes, reader, "NodeDef.attr", "AttrValue", AttributeMessage.Read);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new NodeMessage(name, kind, inputs, attributes);
    }
}
