using System.Text;
using Edge.Import.Protobuf;
using Edge.Import.TensorFlow.Bundle;
using Edge.Import.TensorFlow.Messages;

namespace Edge.Import.TensorFlow;

/// <summary>Which tensor of the checkpoint each variable is.</summary>
/// <remarks>
/// In this order: what the model's own restore operator assigns to the variable (exact, TensorFlow 1 and 2); the object graph of the checkpoint, which states a name for
/// every variable; the variable's name itself (TensorFlow 1). Source: tensorflow/python/checkpoint, tensorflow/cc/saved_model/loader.cc, trackable_object_graph.proto.
/// </remarks>
internal sealed class VariableKeys
{
    private const string ObjectGraphKey = "_CHECKPOINTABLE_OBJECT_GRAPH";

    private readonly Dictionary<string, string> _restored = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _named = new(StringComparer.Ordinal);

    /// <summary>Finds out.</summary>
    /// <param name="graph">The graph, which holds the restore operator.</param>
    /// <param name="bundle">The checkpoint.</param>
    /// <param name="limits">Caps.</param>
    /// <param name="builder">Pays for the object graph.</param>
    public VariableKeys(FlatGraph graph, TensorBundle bundle, ImportLimits limits, GraphBuilder builder)
    {
        ReadRestore(graph, graph.Main);
        foreach (CallFrame body in graph.BodiesWith("RestoreV2"))
        {
            ReadRestore(graph, body);
        }

        if (bundle.Contains(ObjectGraphKey))
        {
            ReadObjects(ProtobufReader.Open(bundle.ReadString(ObjectGraphKey, builder).ToArray(), "TrackableObjectGraph", limits));
        }
    }

    /// <summary>Name of a variable's tensor in the checkpoint.</summary>
    /// <param name="variable">The variable's node.</param>
    public string Key(FlatNode variable)
    {
        if (_restored.TryGetValue(variable.Name, out string? key))
        {
            return key;
        }

        string name = variable.Attribute("shared_name")?.Text is { Length: > 0 } shared ? shared : variable.Name;
        string found = _named.GetValueOrDefault(name, name);
        return found.Length > 0 ? found : throw new ModelImportException($"Several variables of the checkpoint have the name '{name}', and no restore operator tells which is {variable}. Save the model again with tf.saved_model.save.");
    }

    private void ReadRestore(FlatGraph graph, CallFrame body)
    {
        foreach (NodeMessage node in body.Nodes.Values)
        {
            if (node.Kind is not ("AssignVariableOp" or "Assign") || node.Inputs.Count < 2)
            {
                continue;
            }

            FlatOutput value = graph.Resolve(body, node.Inputs[1]);
            for (int steps = 0; value.Node is { Kind: "Identity", References.Count: 1 } && steps < 8; steps++)
            {
                value = graph.Resolve(value.Node.Frame, value.Node.References[0]);
            }

            if (value.Node is not { Kind: "RestoreV2", References.Count: >= 3 } restore)
            {
                continue;
            }

            List<ReadOnlyMemory<byte>>? names = Strings(graph, restore, 1);
            List<ReadOnlyMemory<byte>>? slices = Strings(graph, restore, 2);
            string variable = graph.Resolve(body, node.Inputs[0]).Node.Name;
            if (names is null || value.Index >= names.Count)
            {
                continue;
            }

            if (slices is not null && value.Index < slices.Count && slices[value.Index].Length > 0)
            {
                throw new ModelImportException($"Variable '{variable}' is a slice ({Text(slices[value.Index])}) of a partitioned one; whole variables are allowed. Save the model without partitioned variables.");
            }

            _restored[variable] = Text(names[value.Index]);
        }
    }

    private static List<ReadOnlyMemory<byte>>? Strings(FlatGraph graph, FlatNode restore, int input) =>
        graph.Resolve(restore.Frame, restore.References[input]).Node is { Kind: "Const" } constant ? constant.Attribute("value")?.Tensor?.Strings : null;

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private void ReadObjects(ProtobufReader graph)
    {
        while (graph.Next())
        {
            if (graph.Field != 1)
            {
                graph.Skip();
                continue;
            }

            ProtobufReader node = graph.Message("TrackableObject");
            while (node.Next())
            {
                if (node.Field == 2)
                {
                    ReadTensor(node.Message("SerializedTensor"));
                }
                else
                {
                    node.Skip();
                }
            }
        }
    }

    private void ReadTensor(ProtobufReader tensor)
    {
        string name = "", key = "";
        while (tensor.Next())
        {
            switch (tensor.Field)
            {
                case 2:
                    name = tensor.Text();
                    break;
                case 3:
                    key = tensor.Text();
                    break;
                default:
                    tensor.Skip();
                    break;
            }
        }

        // Two variables may have one name; then only the restore operator can tell them apart.
        if (name.Length > 0 && key.Length > 0 && !_named.TryAdd(name, key) && _named[name] != key)
        {
            _named[name] = "";
        }
    }
}
