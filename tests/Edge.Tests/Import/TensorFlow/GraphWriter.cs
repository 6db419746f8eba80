using System.Runtime.InteropServices;
using Edge.Import.TensorFlow.Messages;
using Google.Protobuf;

namespace Edge.Tests.Import.TensorFlow;

/// <summary>Writes messages of TensorFlow: graphs, functions, SavedModels. Nothing is checked, so wrong ones can be written as well.</summary>
internal sealed class GraphWriter
{
    private readonly List<byte[]> _nodes = [];
    private readonly List<byte[]> _functions = [];

    /// <summary>A message.</summary>
    public static byte[] Message(Action<CodedOutputStream> write)
    {
        using MemoryStream stream = new();
        using (CodedOutputStream output = new(stream, leaveOpen: true))
        {
            write(output);
        }

        return stream.ToArray();
    }

    /// <summary>A field that holds text, bytes or a message.</summary>
    public static void Field(CodedOutputStream output, int number, byte[] value)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(value));
    }

    /// <summary>A field that holds text.</summary>
    public static void Field(CodedOutputStream output, int number, string value)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteString(value);
    }

    /// <summary>A field that holds an integer.</summary>
    public static void Field(CodedOutputStream output, int number, long value)
    {
        output.WriteTag(number, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }

    /// <summary>An entry of a map.</summary>
    public static byte[] Entry(string key, byte[] value) => Message(entry =>
    {
        Field(entry, 1, key);
        Field(entry, 2, value);
    });

    /// <summary>A NodeDef.</summary>
    public static byte[] Node(string name, string kind, IEnumerable<string> inputs, params (string Name, byte[] Value)[] attributes) => Message(node =>
    {
        Field(node, 1, name);
        Field(node, 2, kind);
        foreach (string input in inputs)
        {
            Field(node, 3, input);
        }

        foreach ((string key, byte[] value) in attributes)
        {
            Field(node, 5, Entry(key, value));
        }
    });

    /// <summary>Adds a node.</summary>
    public GraphWriter Add(string name, string kind, IEnumerable<string> inputs, params (string Name, byte[] Value)[] attributes)
    {
        _nodes.Add(Node(name, kind, inputs, attributes));
        return this;
    }

    /// <summary>Adds an input.</summary>
    public GraphWriter Input(string name, TensorFlowType type, params long[] sizes) => Add(name, "Placeholder", [], ("dtype", Type(type)), ("shape", ShapeOf(sizes)));

    /// <summary>Adds a constant.</summary>
    public GraphWriter Constant<T>(string name, T[] values, params long[] sizes) where T : unmanaged =>
        Add(name, "Const", [], ("dtype", Type(TypeOf<T>())), ("value", Tensor(TypeOf<T>(), sizes, MemoryMarshal.AsBytes(values.AsSpan()).ToArray())));

    /// <summary>Adds a function.</summary>
    public GraphWriter Function(string name, string[] arguments, (string Name, string Source)[] results, IEnumerable<byte[]> nodes, params (string Name, byte[] Value)[] attributes)
    {
        _functions.Add(Message(function =>
        {
            Field(function, 1, Message(signature =>
            {
                Field(signature, 1, name);
                foreach (string argument in arguments)
                {
                    Field(signature, 2, Message(arg => Field(arg, 1, argument)));
                }

                foreach ((string result, _) in results)
                {
                    Field(signature, 3, Message(arg => Field(arg, 1, result)));
                }
            }));
            foreach (byte[] node in nodes)
            {
                Field(function, 3, node);
            }

            foreach ((string result, string source) in results)
            {
                Field(function, 4, Message(entry =>
                {
                    Field(entry, 1, result);
                    Field(entry, 2, source);
                }));
            }

            foreach ((string key, byte[] value) in attributes)
            {
                Field(function, 5, Entry(key, value));
            }
        }));
        return this;
    }

    /// <summary>The GraphDef.</summary>
    public byte[] ToGraph() => Message(graph =>
    {
        foreach (byte[] node in _nodes)
        {
            Field(graph, 1, node);
        }

        if (_functions.Count > 0)
        {
            Field(graph, 2, Message(library =>
            {
                foreach (byte[] function in _functions)
                {
                    Field(library, 1, function);
                }
            }));
        }
    });

    /// <summary>A SavedModel with one signature.</summary>
    public byte[] ToSavedModel((string Name, string Tensor, TensorFlowType Type, long[] Sizes)[] inputs, (string Name, string Tensor, TensorFlowType Type, long[] Sizes)[] outputs, string signature = "serving_default") =>
        Message(model =>
        {
            Field(model, 1, 1);
            Field(model, 2, Message(meta =>
            {
                Field(meta, 1, Message(info => Field(info, 4, "serve")));
                Field(meta, 2, ToGraph());
                Field(meta, 5, Entry(signature, Message(definition =>
                {
                    foreach ((string name, string tensor, TensorFlowType type, long[] sizes) in inputs)
                    {
                        Field(definition, 1, Entry(name, TensorInfo(tensor, type, sizes)));
                    }

                    foreach ((string name, string tensor, TensorFlowType type, long[] sizes) in outputs)
                    {
                        Field(definition, 2, Entry(name, TensorInfo(tensor, type, sizes)));
                    }
                })));
            }));
        });

    /// <summary>An attribute that is an integer.</summary>
    public static byte[] Integer(long value) => Message(attribute => Field(attribute, 3, value));

    /// <summary>An attribute that is true or false.</summary>
    public static byte[] Flag(bool value) => Message(attribute => Field(attribute, 5, value ? 1 : 0));

    /// <summary>An attribute that is an element type.</summary>
    public static byte[] Type(TensorFlowType type) => Message(attribute => Field(attribute, 6, (long)type));

    /// <summary>An attribute that is text.</summary>
    public static byte[] Text(string value) => Message(attribute => Field(attribute, 2, value));

    /// <summary>An attribute that is a number.</summary>
    public static byte[] Number(float value) => Message(attribute =>
    {
        attribute.WriteTag(4, WireFormat.WireType.Fixed32);
        attribute.WriteFloat(value);
    });

    /// <summary>An attribute that is a list of integers.</summary>
    public static byte[] Integers(params long[] values) => Message(attribute => Field(attribute, 1, Message(list =>
    {
        Field(list, 3, Message(packed =>
        {
            foreach (long value in values)
            {
                packed.WriteInt64(value);
            }
        }));
    })));

    /// <summary>An attribute that is a list of texts.</summary>
    public static byte[] Texts(params string[] values) => Message(attribute => Field(attribute, 1, Message(list =>
    {
        foreach (string value in values)
        {
            Field(list, 2, value);
        }
    })));

    /// <summary>An attribute that is a shape.</summary>
    public static byte[] ShapeOf(params long[] sizes) => Message(attribute => Field(attribute, 7, ShapeMessage(sizes)));

    /// <summary>An attribute that is a function.</summary>
    public static byte[] FunctionOf(string name) => Message(attribute => Field(attribute, 10, Message(function => Field(function, 1, name))));

    /// <summary>An attribute that is a constant with its bytes.</summary>
    public static byte[] Tensor(TensorFlowType type, long[] sizes, byte[] content) => Message(attribute => Field(attribute, 8, Message(tensor =>
    {
        Field(tensor, 1, (long)type);
        Field(tensor, 2, ShapeMessage(sizes));
        Field(tensor, 4, content);
    })));

    /// <summary>An attribute that is a constant of texts.</summary>
    public static byte[] TextTensor(params string[] values) => Message(attribute => Field(attribute, 8, Message(tensor =>
    {
        Field(tensor, 1, (long)TensorFlowType.String);
        Field(tensor, 2, ShapeMessage(values.Length));
        foreach (string value in values)
        {
            Field(tensor, 8, value);
        }
    })));

    /// <summary>A TensorShapeProto.</summary>
    public static byte[] ShapeMessage(params long[] sizes) => Message(shape =>
    {
        foreach (long size in sizes)
        {
            Field(shape, 2, Message(dim => Field(dim, 1, size)));
        }
    });

    private static byte[] TensorInfo(string tensor, TensorFlowType type, long[] sizes) => Message(info =>
    {
        Field(info, 1, tensor);
        Field(info, 2, (long)type);
        Field(info, 3, ShapeMessage(sizes));
    });

    private static TensorFlowType TypeOf<T>() =>
        typeof(T) == typeof(float) ? TensorFlowType.Float : typeof(T) == typeof(int) ? TensorFlowType.Int32 : typeof(T) == typeof(long) ? TensorFlowType.Int64 :
        typeof(T) == typeof(bool) ? TensorFlowType.Bool : typeof(T) == typeof(double) ? TensorFlowType.Double : throw new ArgumentException(typeof(T).Name);
}
