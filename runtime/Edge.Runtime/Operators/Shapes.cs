using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>What is known of an operator's inputs when its shape rule runs.</summary>
public readonly ref struct Shapes
{
    private readonly string _operator;
    private readonly ReadOnlySpan<TensorSpec> _inputs;
    private readonly ReadOnlySpan<bool> _present;
    private readonly ReadOnlySpan<ReadOnlyMemory<byte>> _constants;
    private readonly ReadOnlySpan<TensorSpec> _declared;

    internal Shapes(string name, ReadOnlySpan<TensorSpec> inputs, ReadOnlySpan<bool> present, ReadOnlySpan<ReadOnlyMemory<byte>> constants, ReadOnlySpan<TensorSpec> declared)
    {
        _operator = name;
        _inputs = inputs;
        _present = present;
        _constants = constants;
        _declared = declared;
    }

    /// <summary>Number of inputs, left-out ones included.</summary>
    public int Count => _inputs.Length;

    /// <summary>Whether input <paramref name="index"/> is there.</summary>
    /// <param name="index">Its position.</param>
    public bool Has(int index) => index < _inputs.Length && _present[index];

    /// <summary>Type, shape and quantization of an input.</summary>
    /// <param name="index">Its position.</param>
    public TensorSpec Input(int index) => _inputs[index];

    /// <summary>Shape of an input.</summary>
    /// <param name="index">Its position.</param>
    public Shape Shape(int index) => _inputs[index].Shape;

    /// <summary>Type of an input.</summary>
    /// <param name="index">Its position.</param>
    public DataType Type(int index) => _inputs[index].Type;

    /// <summary>Whether an input is a constant whose bytes are known.</summary>
    /// <param name="index">Its position.</param>
    public bool IsConstant(int index) => Has(index) && !_constants[index].IsEmpty;

    /// <summary>A constant input's elements.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="index">Its position.</param>
    public ReadOnlySpan<T> Constant<T>(int index) where T : unmanaged => MemoryMarshal.Cast<byte, T>(_constants[index].Span);

    /// <summary>What the model states for an output: needed where type or quantization cannot follow from the inputs.</summary>
    /// <param name="index">Its position.</param>
    public TensorSpec Declared(int index) => _declared[index];

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

    /// <summary>Throws unless an input has a type.</summary>
    /// <param name="index">Its position.</param>
    /// <param name="type">The type it must have.</param>
    /// <exception cref="ShapeException">It has another one.</exception>
    public void RequireType(int index, DataType type)
    {
        if (Type(index) != type)
        {
            Fail($"input {index} is {_inputs[index]}; {type.Name()} is needed.");
        }
    }

    /// <summary>Throws: the inputs do not fit.</summary>
    /// <param name="message">What was found and what is allowed.</param>
    /// <exception cref="ShapeException">Always.</exception>
    [DoesNotReturn]
    public void Fail(string message) => throw new ShapeException($"{_operator}: {message}");
}
