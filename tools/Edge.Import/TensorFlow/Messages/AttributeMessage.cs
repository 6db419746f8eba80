using System.Text;
using Edge.Import.Protobuf;

namespace Edge.Import.TensorFlow.Messages;

/// <summary>An AttrValue: one attribute of a node or function.</summary>
/// <remarks>Source: tensorflow/core/framework/attr_value.proto.</remarks>
internal sealed class AttributeMessage
{
    /// <summary>Text, or null.</summary>
    public string? Text { get; private set; }

    /// <summary>An integer, a bool or an element type; null for others.</summary>
    public long? Integer { get; private set; }

    /// <summary>A number, or null.</summary>
    public float? Number { get; private set; }

    /// <summary>A shape, or null.</summary>
    public ShapeMessage? Shape { get; private set; }

    /// <summary>A constant, or null.</summary>
    public TensorMessage? Tensor { get; private set; }

    /// <summary>A function, or null.</summary>
    public FunctionReference? Function { get; private set; }

    /// <summary>The attribute of the call that takes this one's place, or null.</summary>
    public string? Placeholder { get; private set; }

    /// <summary>A list of integers, bools or element types; empty for others.</summary>
    public List<long> Integers { get; } = [];

    /// <summary>A list of numbers.</summary>
    public List<float> Numbers { get; } = [];

    /// <summary>A list of texts.</summary>
    public List<string> Texts { get; } = [];

    /// <summary>A list of shapes.</summary>
    public List<ShapeMessage> Shapes { get; } = [];

    /// <summary>Reads the message.</summary>
    public static AttributeMessage Read(ProtobufReader reader)
    {
        AttributeMessage attribute = new();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    attribute.ReadList(reader.Message("AttrValue.ListValue"));
                    break;
                case 2:
                    attribute.Text = Decode(reader.Bytes());
                    break;
                case 3 or 5 or 6:
                    attribute.Integer = reader.Integer();
                    break;
                case 4:
                    attribute.Number = reader.Float();
                    break;
                case 7:
                    attribute.Shape = ShapeMessage.Read(reader.Message("TensorShapeProto"));
                    break;
                case 8:
                    attribute.Tensor = TensorMessage.Read(reader.Message("TensorProto"));
                    break;
                case 9:
                    attribute.Placeholder = reader.Text();
                    break;
                case 10:
                    attribute.Function = FunctionReference.Read(reader.Message("NameAttrList"));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return attribute;
    }

    private void ReadList(ProtobufReader reader)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    Texts.Add(Decode(reader.Bytes()));
                    break;
                case 3 or 5 or 6:
                    reader.Integers(Integers);
                    break;
                case 4:
                    reader.Floats(Numbers);
                    break;
                case 7:
                    Shapes.Add(ShapeMessage.Read(reader.Message("TensorShapeProto")));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private static string Decode(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
