using System.Diagnostics.CodeAnalysis;
using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>A node that is being converted: its inputs as tensors, its attributes, and the graph it is converted into.</summary>
internal sealed class OnnxNode
{
    private readonly OnnxNodeMessage _message;
    private readonly IReadOnlyDictionary<string, OnnxAttributeMessage> _attributes;
    private readonly OnnxValue?[] _inputs;

    public OnnxNode(
        OnnxConverter converter, OnnxNodeMessage message, IReadOnlyDictionary<string, OnnxAttributeMessage> attributes, OnnxScope scope, OnnxValue?[] inputs, long version)
    {
        Converter = converter;
        _message = message;
        _attributes = attributes;
        Scope = scope;
        _inputs = inputs;
        Version = version;
        Name = message.Label;
    }

    /// <summary>Converts the model.</summary>
    public OnnxConverter Converter { get; }

    /// <summary>The graph under construction.</summary>
    public GraphBuilder Builder => Converter.Builder;

    /// <summary>The values around the node.</summary>
    public OnnxScope Scope { get; }

    /// <summary>Version of the operator set that the node's graph uses.</summary>
    public long Version { get; }

    /// <summary>The node's name.</summary>
    public string Name { get; }

    /// <summary>The operator's name, with its domain.</summary>
    public string Kind => _message.FullKind;

    /// <summary>Number of inputs, left-out ones included.</summary>
    public int InputCount => _inputs.Length;

    /// <summary>Number of outputs that the node names.</summary>
    public int OutputCount => _message.Outputs.Count;

    /// <summary>Whether an output is named, so that something may read it.</summary>
    public bool HasOutput(int index) => index < _message.Outputs.Count && _message.Outputs[index].Length > 0;

    /// <summary>Whether an input is there and has elements.</summary>
    public bool Has(int index) => index < _inputs.Length && _inputs[index]?.Tensor is not null;

    /// <summary>Whether an input is there but has no elements.</summary>
    public bool IsEmpty(int index) => index < _inputs.Length && _inputs[index] is { IsEmpty: true };

    /// <summary>An input, elements or not; null where it is left out.</summary>
    public OnnxValue? Value(int index) => index < _inputs.Length ? _inputs[index] : null;

    /// <summary>An input that must be there.</summary>
    public Tensor Input(int index) => Optional(index) ?? throw Fail(
        IsEmpty(index) ? $"input {index} has sizes [{string.Join(", ", _inputs[index]!.Sizes)}] and so no elements; at least one is needed." : $"input {index} is left out; it is needed.");

    /// <summary>An input, or null where it is left out or has no elements.</summary>
    public Tensor? Optional(int index) => index < _inputs.Length ? _inputs[index]?.Tensor : null;

    /// <summary>All inputs, none of which may be left out.</summary>
    public Tensor[] Inputs() => [.. Enumerable.Range(0, InputCount).Select(Input)];

    /// <summary>Whole numbers that must be known at conversion, from a constant input; an input without elements has none.</summary>
    public long[] Integers(int index) => IsEmpty(index) ? [] : GraphBuilder.Integers(Input(index), $"input {index}");

    /// <summary>Whole numbers as sizes and positions of axes, which fit 32 bits.</summary>
    public int[] Int32s(int index) => Array.ConvertAll(Integers(index), Narrow);

    /// <summary>Numbers that must be known at conversion, from a constant float input; an input without elements has none.</summary>
    public float[] Floats(int index) => IsEmpty(index) ? [] : Input(index) is { IsConstant: true, Type: DataType.Float32 } constant
        ? constant.Values<float>().ToArray()
        : throw Fail($"input {index} is {Input(index)}; a float32 constant is needed. Give the value at conversion if it comes from an input (edge convert --value NAME=0.5).");

    /// <summary>Whether an attribute is set.</summary>
    public bool HasAttribute(string name) => _attributes.ContainsKey(name);

    /// <summary>An attribute.</summary>
    public OnnxAttributeMessage? Attribute(string name) => _attributes.GetValueOrDefault(name);

    /// <summary>An integer attribute.</summary>
    public long Integer(string name, long missing) => _attributes.GetValueOrDefault(name)?.Integer ?? missing;

    /// <summary>An integer attribute that fits 32 bits.</summary>
    public int Int32(string name, int missing) => Narrow(Integer(name, missing));

    /// <summary>An integer attribute that is 0 or 1.</summary>
    public bool Flag(string name, bool missing = false) => Integer(name, missing ? 1 : 0) != 0;

    /// <summary>A float attribute.</summary>
    public float Float(string name, float missing) => _attributes.GetValueOrDefault(name)?.Float ?? missing;

    /// <summary>A text attribute.</summary>
    public string Text(string name, string missing) => _attributes.GetValueOrDefault(name)?.Text ?? missing;

    /// <summary>A list of integers that fit 32 bits, or null where it is not set.</summary>
    public int[]? Int32List(string name) => _attributes.TryGetValue(name, out OnnxAttributeMessage? attribute) ? [.. attribute.Integers.Select(Narrow)] : null;

    /// <summary>A list of numbers, or null where it is not set.</summary>
    public IReadOnlyList<float>? FloatList(string name) => _attributes.GetValueOrDefault(name)?.Floats;

    /// <summary>A list of texts, or null where it is not set.</summary>
    public IReadOnlyList<string>? TextList(string name) => _attributes.GetValueOrDefault(name)?.Texts;

    /// <summary>An axis counted from the front.</summary>
    public int Axis(long axis, int rank) => axis >= -rank && axis < rank
        ? (int)(axis < 0 ? axis + rank : axis)
        : throw Fail($"the axis is {axis}; {-rank} … {rank - 1} is allowed for {rank} axes.");

    /// <summary>An attribute that names an axis.</summary>
    public int Axis(string attribute, long missing, int rank) => Axis(Integer(attribute, missing), rank);

    /// <summary>The exception for a node that cannot be converted as it is.</summary>
    public ModelImportException Fail(string message) => new(message);

    /// <summary>Throws unless a condition holds.</summary>
    public void Require([DoesNotReturnIf(false)] bool condition, string message)
    {
        if (!condition)
        {
            throw Fail(message);
        }
    }

    private int Narrow(long value) => value switch
    {
        // Exporters write 2⁶³ − 1 and the like for "to the end".
        > int.MaxValue => int.MaxValue,
        < int.MinValue => int.MinValue,
        _ => (int)value,
    };
}
