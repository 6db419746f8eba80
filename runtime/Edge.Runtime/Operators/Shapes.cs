using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Graph;

namespace Edge.Runtime.Operators;

/// <summary>What is known of an operator's inputs when its shape rule runs.</summary>
public readonly ref struct Shapes
{
    private readonly int _index;
    private readonly OperatorInfo _info;
    private readonly string _name;
    private readonly ReadOnlySpan<int> _inputs;
    private readonly ReadOnlySpan<int> _outputs;
    private readonly ReadOnlySpan<GraphTensor> _tensors;

    /// <summary>Looks at an operator's place in a graph; copies nothing.</summary>
    internal Shapes(int index, OperatorInfo info, string name, ReadOnlySpan<int> inputs, ReadOnlySpan<int> outputs, ReadOnlySpan<GraphTensor> tensors)
    {
        _index = index;
        _info = info;
        _name = name;
        _inputs = inputs;
        _outputs = outputs;
        _tensors = tensors;
    }

    /// <summary>Number of inputs, left-out ones included.</summary>
    public int Count => _inputs.Length;

    /// <summary>Whether input <paramref name="index"/> is there.</summary>
    /// <param name="index">Its position.</param>
    public bool Has(int index) => index < _inputs.Length && _inputs[index] >= 0;

    /// <summary>Type, shape and quantization of an input.</summary>
    /// <param name="index">Its position.</param>
    public TensorSpec Input(int index) => _inputs[index] < 0 ? default : _tensors[_inputs[index]].Spec;

    /// <summary>Shape of an input.</summary>
    /// <param name="index">Its position.</param>
    public Shape Shape(int index) => Input(index).Shape;

    /// <summary>Type of an input.</summary>
    /// <param name="index">Its position.</param>
    public DataType Type(int index) => Input(index).Type;

    /// <summary>Whether an input is a constant whose bytes are known.</summary>
    /// <param name="index">Its position.</param>
    public bool IsConstant(int index) => Has(index) && _tensors[_inputs[index]].IsConstant;

    /// <summary>A constant input's elements.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="index">Its position.</param>
    public ReadOnlySpan<T> Constant<T>(int index) where T : unmanaged => MemoryMarshal.Cast<byte, T>(_inputs[index] < 0 ? default : _tensors[_inputs[index]].Constant.Span);

    /// <summary>What the model states for an output: needed where type or quantization cannot follow from the inputs.</summary>
    /// <param name="index">Its position.</param>
    public TensorSpec Declared(int index) => _tensors[_outputs[index]].Spec;

    /// <summary>Throws unless <paramref name="condition"/> holds.</summary>
    /// <param name="condition">What must hold.</param>
    /// <param name="message">What was found and what is allowed; the operator's name is put before it.</param>
    /// <exception cref="ShapeException">It does not hold.</exception>
    public void Require([DoesNotReturnIf(false)] bool condition, string message)
    {
        if (!condition)
        {
            Fail(message);
        }
    }

    /// <summary>Throws unless <paramref name="condition"/> holds; the text is built only then.</summary>
    internal void Require([DoesNotReturnIf(false)] bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref LazyMessage message)
    {
        if (!condition)
        {
            Fail(message.Take());
        }
    }

    /// <summary>Throws unless an input has a type.</summary>
    /// <param name="index">Its position.</param>
    /// <param name="type">The type it must have.</param>
    /// <exception cref="ShapeException">It has another one.</exception>
    public void RequireType(int index, DataType type)
    {
        if (Type(index) != type)
        {
            Fail($"input {index} is {Input(index)}; {type.Name()} is needed.");
        }
    }

    /// <summary>Throws: the inputs do not fit.</summary>
    /// <param name="message">What was found and what is allowed.</param>
    /// <exception cref="ShapeException">Always.</exception>
    [DoesNotReturn]
    public void Fail(string message) => throw new ShapeException($"{GraphNode.Label(_index, _info, _name)}: {message}");
}
