using Edge.Import.Protobuf;

namespace Edge.Import.Onnx;

/// <summary>Reads the messages of an ONNX file. Fields that do not matter to a conversion are passed over.</summary>
/// <remarks>Source: onnx/onnx.proto (field numbers), IR version 10.</remarks>
internal sealed class OnnxReader
{
    private readonly ImportLimits _limits;
    private int _nodes;
    private int _tensors;

    private OnnxReader(ImportLimits limits) => _limits = limits;

    /// <summary>Reads a model.</summary>
    /// <param name="data">The file.</param>
    /// <param name="limits">Caps.</param>
    public static OnnxModelMessage ReadModel(byte[] data, ImportLimits limits) => new OnnxReader(limits).Model(ProtobufReader.Open(data, "ModelProto", limits));

    /// <summary>Reads a tensor that stands in a file of its own, as the inputs and outputs of ONNX's backend tests do.</summary>
    /// <param name="data">The file.</param>
    /// <param name="limits">Caps.</param>
    public static OnnxTensorMessage ReadTensor(byte[] data, ImportLimits limits) => new OnnxReader(limits).Tensor(ProtobufReader.Open(data, "TensorProto", limits));

    private OnnxModelMessage Model(ProtobufReader reader)
    {
        long irVersion = 0;
        string producer = "";
        OnnxGraphMessage? graph = null;
        Dictionary<string, long> opsets = [];
        Dictionary<(string, string), OnnxFunctionMessage> functions = [];
        Dictionary<string, string> metadata = [];
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: irVersion = reader.Integer(); break;
                case 2: producer = reader.Text(); break;
                case 7: graph = Graph(reader.Message("GraphProto")); break;
                case 8: Opset(reader.Message("OperatorSetIdProto"), opsets); break;
                case 14: Entry(reader.Message("StringStringEntryProto"), metadata); break;
                case 25:
                    OnnxFunctionMessage function = Function(reader.Message("FunctionProto"));
                    functions[(function.Domain, function.Name)] = function;
                    break;
                default: reader.Skip(); break;
            }
        }

        return graph is null
            ? throw new ModelImportException("ModelProto: there is no graph; an ONNX model has one (field 7).")
            : new OnnxModelMessage(irVersion, producer, opsets, graph, functions, metadata);
    }

    private OnnxGraphMessage Graph(ProtobufReader reader)
    {
        string name = "";
        List<OnnxNodeMessage> nodes = [];
        List<OnnxTensorMessage> initializers = [];
        List<OnnxValueMessage> inputs = [], outputs = [], values = [];
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: nodes.Add(Node(reader.Message("NodeProto"))); break;
                case 2: name = reader.Text(); break;
                case 5: initializers.Add(Tensor(reader.Message("TensorProto"))); break;
                case 11: inputs.Add(Value(reader.Message("ValueInfoProto"))); break;
                case 12: outputs.Add(Value(reader.Message("ValueInfoProto"))); break;
                case 13: values.Add(Value(reader.Message("ValueInfoProto"))); break;
                case 15: throw reader.Malformed("is a sparse initializer; dense ones are supported. Convert it with onnx.helper before");
                default: reader.Skip(); break;
            }
        }

        return new OnnxGraphMessage(name, nodes, initializers, inputs, outputs, values);
    }

    private OnnxFunctionMessage Function(ProtobufReader reader)
    {
        string name = "", domain = "";
        List<string> inputs = [], outputs = [];
        List<OnnxNodeMessage> nodes = [];
        Dictionary<string, OnnxAttributeMessage> defaults = [];
        Dictionary<string, long> opsets = [];
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: name = reader.Text(); break;
                case 4: inputs.Add(reader.Text()); break;
                case 5: outputs.Add(reader.Text()); break;
                case 7: nodes.Add(Node(reader.Message("NodeProto"))); break;
                case 9: Opset(reader.Message("OperatorSetIdProto"), opsets); break;
                case 10: domain = Domain(reader.Text()); break;
                case 11:
                    OnnxAttributeMessage attribute = Attribute(reader.Message("AttributeProto"));
                    defaults[attribute.Name] = attribute;
                    break;
                default: reader.Skip(); break;
            }
        }

        return new OnnxFunctionMessage(domain, name, inputs, outputs, defaults, nodes, opsets);
    }

    private OnnxNodeMessage Node(ProtobufReader reader)
    {
        if (++_nodes > _limits.MaxOperators)
        {
            throw reader.Malformed($"is beyond node {_limits.MaxOperators:N0}; that many are allowed");
        }

        string kind = "", domain = "", name = "";
        List<string> inputs = [], outputs = [];
        Dictionary<string, OnnxAttributeMessage> attributes = [];
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: inputs.Add(reader.Text()); break;
                case 2: outputs.Add(reader.Text()); break;
                case 3: name = reader.Text(); break;
                case 4: kind = reader.Text(); break;
                case 5:
                    OnnxAttributeMessage attribute = Attribute(reader.Message("AttributeProto"));
                    attributes[attribute.Name] = attribute;
                    break;
                case 7: domain = Domain(reader.Text()); break;
                default: reader.Skip(); break;
            }
        }

        return new OnnxNodeMessage(kind, domain, name, inputs, outputs, attributes);
    }

    private OnnxAttributeMessage Attribute(ProtobufReader reader)
    {
        OnnxAttributeMessage attribute = new();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: attribute.Name = reader.Text(); break;
                case 2: attribute.Float = reader.Float(); break;
                case 3: attribute.Integer = reader.Integer(); break;
                case 4: attribute.Text = Utf8(reader); break;
                case 5: attribute.Tensor = Tensor(reader.Message("TensorProto")); break;
                case 6: attribute.Graph = Graph(reader.Message("GraphProto")); break;
                case 7: reader.Floats(attribute.Floats); break;
                case 8: reader.Integers(attribute.Integers); break;
                case 9: attribute.Texts.Add(Utf8(reader)); break;
                case 21: attribute.Reference = reader.Text(); break;
                case 22:
                    attribute.HasSparseTensor = true;
                    reader.Skip();
                    break;
                default: reader.Skip(); break;
            }
        }

        return attribute;
    }

    private OnnxTensorMessage Tensor(ProtobufReader reader)
    {
        if (++_tensors > _limits.MaxTensors)
        {
            throw reader.Malformed($"is beyond tensor {_limits.MaxTensors:N0}; that many are allowed");
        }

        OnnxTensorMessage tensor = new();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: reader.Integers(tensor.Sizes); break;
                case 2: tensor.Type = reader.Int32(); break;
                case 4: reader.Floats(tensor.Floats); break;
                case 5 or 7 or 11: reader.Integers(tensor.Integers); break;
                case 6:
                    tensor.HasTexts = true;
                    reader.Skip();
                    break;
                case 8: tensor.Name = reader.Text(); break;
                case 9: tensor.Raw = reader.Bytes(); break;
                case 10: reader.Doubles(tensor.Doubles); break;
                case 13: Entry(reader.Message("StringStringEntryProto"), tensor.External); break;
                case 14: tensor.IsExternal = reader.Integer() == 1; break;
                default: reader.Skip(); break;
            }
        }

        return tensor;
    }

    private static OnnxValueMessage Value(ProtobufReader reader)
    {
        string name = "";
        int type = 0;
        List<OnnxAxis>? axes = null;
        bool notTensor = false;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: name = reader.Text(); break;
                case 2:
                    ProtobufReader typed = reader.Message("TypeProto");
                    while (typed.Next())
                    {
                        if (typed.Field == 1)
                        {
                            (type, axes) = TensorType(typed.Message("TypeProto.Tensor"));
                        }
                        else
                        {
                            notTensor |= typed.Field is 4 or 5 or 8 or 9;
                            typed.Skip();
                        }
                    }

                    break;
                default: reader.Skip(); break;
            }
        }

        return new OnnxValueMessage(name, type, axes, notTensor);
    }

    private static (int Type, List<OnnxAxis>? Axes) TensorType(ProtobufReader reader)
    {
        int type = 0;
        List<OnnxAxis>? axes = null;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: type = reader.Int32(); break;
                case 2:
                    axes = [];
                    ProtobufReader shape = reader.Message("TensorShapeProto");
                    while (shape.Next())
                    {
                        if (shape.Field == 1)
                        {
                            axes.Add(Axis(shape.Message("TensorShapeProto.Dimension")));
                        }
                        else
                        {
                            shape.Skip();
                        }
                    }

                    break;
                default: reader.Skip(); break;
            }
        }

        return (type, axes);
    }

    private static OnnxAxis Axis(ProtobufReader reader)
    {
        OnnxAxis axis = new(-1, "");
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: axis = new OnnxAxis(reader.Integer(), ""); break;
                case 2: axis = new OnnxAxis(-1, reader.Text()); break;
                default: reader.Skip(); break;
            }
        }

        return axis;
    }

    private static void Opset(ProtobufReader reader, Dictionary<string, long> opsets)
    {
        string domain = "";
        long version = 0;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: domain = Domain(reader.Text()); break;
                case 2: version = reader.Integer(); break;
                default: reader.Skip(); break;
            }
        }

        opsets[domain] = version;
    }

    private static void Entry(ProtobufReader reader, Dictionary<string, string> entries)
    {
        string key = "", value = "";
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: key = reader.Text(); break;
                case 2: value = reader.Text(); break;
                default: reader.Skip(); break;
            }
        }

        entries[key] = value;
    }

    private static string Utf8(ProtobufReader reader) => System.Text.Encoding.UTF8.GetString(reader.Bytes().Span);

    /// <summary><c>ai.onnx</c> is another name of ONNX's own domain.</summary>
    private static string Domain(string name) => name == "ai.onnx" ? "" : name;
}
