using Edge.Import.Protobuf;

namespace Edge.Import.TensorFlow.Messages;

/// <summary>Entries of protobuf maps: messages with the key as field 1 and the value as field 2.</summary>
internal static class ProtobufMap
{
    /// <summary>Adds the present field, an entry whose value is a message.</summary>
    /// <typeparam name="T">What the value becomes.</typeparam>
    /// <param name="map">Receives it; a later entry takes the place of an earlier one.</param>
    /// <param name="reader">Stands at the entry.</param>
    /// <param name="name">The map's name, for messages.</param>
    /// <param name="valueName">Name of the value's message.</param>
    /// <param name="read">Reads the value.</param>
    public static void Add<T>(IDictionary<string, T> map, ProtobufReader reader, string name, string valueName, Func<ProtobufReader, T> read)
    {
        ProtobufReader entry = reader.Message(name);
        string key = "";
        T? value = default;
        bool any = false;
        while (entry.Next())
        {
            switch (entry.Field)
            {
                case 1:
                    key = entry.Text();
                    break;
                case 2:
                    value = read(entry.Message(valueName));
                    any = true;
                    break;
                default:
                    entry.Skip();
                    break;
            }
        }

        if (any)
        {
            map[key] = value!;
        }
    }

    /// <summary>Adds the present field, an entry whose value is text.</summary>
    /// <param name="map">Receives it.</param>
    /// <param name="reader">Stands at the entry.</param>
    /// <param name="name">The map's name, for messages.</param>
    public static void AddText(IDictionary<string, string> map, ProtobufReader reader, string name)
    {
        ProtobufReader entry = reader.Message(name);
        string key = "", value = "";
        while (entry.Next())
        {
            switch (entry.Field)
            {
                case 1:
                    key = entry.Text();
                    break;
                case 2:
                    value = entry.Text();
                    break;
                default:
                    entry.Skip();
                    break;
            }
        }

        map[key] = value;
    }
}
