using System.Diagnostics.CodeAnalysis;
using Edge.Compiler;
using Edge.Format;
using Edge.Import.TensorFlow.Messages;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow;

/// <summary>A node that is being converted: its inputs, its attributes, and the graph it is converted into.</summary>
/// <param name="converter">Converts the model.</param>
/// <param name="flat">The node.</param>
/// <param name="inputs">What it reads.</param>
internal sealed class TensorFlowNode(TensorFlowConverter converter, FlatNode flat, TensorFlowValue[] inputs)
{
    /// <summary>Converts the model.</summary>
    public TensorFlowConverter Converter => converter;

    /// <summary>The graph under construction.</summary>
    public GraphBuilder Builder => converter.Builder;

    /// <summary>The node of the inlined graph.</summary>
    public FlatNode Flat => flat;

    /// <summary>Its name.</summary>
    public string Name => flat.Name;

    /// <summary>Number of inputs.</summary>
    public int InputCount => inputs.Length;

    /// <summary>An input, elements or not.</summary>
    /// <param name="index">Its position.</param>
    public TensorFlowValue Value(int index) => index < inputs.Length ? inputs[index] : throw Fail($"input {index} is missing; {inputs.Length} are there.");

    /// <summary>An input with elements.</summary>
    /// <param name="index">Its position.</param>
    public Tensor Input(int index)
    {
        TensorFlowValue value = Value(index);
        return value.Tensor ?? throw Fail(
            value.IsEmpty ? $"input {index} has sizes [{string.Join(", ", value.Sizes)}] and so no elements; at least one is needed." : $"input {index} is no tensor of numbers.");
    }

    /// <summary>All inputs that have elements.</summary>
    public Tensor[] Inputs() => [.. Enumerable.Range(0, InputCount).Where(index => !Value(index).IsEmpty).Select(Input)];

    /// <summary>Whole numbers that must be known at conversion, at most as large as 32 bits hold; an input without elements has none.</summary>
    /// <param name="index">The input's position.</param>
    /// <param name="what">What they stand for, for the message.</param>
    public int[] Integers(int index, string what) => Value(index).IsEmpty ? [] : Array.ConvertAll(
        GraphBuilder.Integers(Input(index), $"{flat}: {what}"),
        static value => (int)Math.Clamp(value, int.MinValue, int.MaxValue));

    /// <summary>One whole number that must be known at conversion.</summary>
    /// <param name="index">The input's position.</param>
    /// <param name="what">What it stands for, for the message.</param>
    public int Integer(int index, string what) => Integers(index, what) is [int single] ? single : throw Fail($"{what} is {Value(index).Tensor}; one number is needed.");

    /// <summary>One number that must be known at conversion.</summary>
    /// <param name="index">The input's position.</param>
    /// <param name="what">What it stands for, for the message.</param>
    public float Number(int index, string what) => Input(index) is { IsConstant: true, Type: DataType.Float32, Shape.ElementCount: 1 } constant
        ? constant.Values<float>()[0]
        : throw Fail($"{what} is {Input(index)}; one constant float32 number is needed.");

    /// <summary>An attribute that is an integer.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="missing">What it is where it is left out.</param>
    public int Int32(string name, int missing) => flat.Attribute(name)?.Integer is { } value
        ? value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Fail($"{name} is {value}; a 32-bit integer is needed.")
        : missing;

    /// <summary>An attribute that is true or false.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="missing">What it is where it is left out.</param>
    public bool Flag(string name, bool missing = false) => flat.Attribute(name)?.Integer is { } value ? value != 0 : missing;

    /// <summary>An attribute that is a number.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="missing">What it is where it is left out.</param>
    public float Float(string name, float missing) => flat.Attribute(name)?.Number ?? missing;

    /// <summary>An attribute that is text.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="missing">What it is where it is left out.</param>
    public string Text(string name, string missing) => flat.Attribute(name)?.Text is { Length: > 0 } text ? text : missing;

    /// <summary>An attribute that is a list of integers; empty where it is left out.</summary>
    /// <param name="name">Its name.</param>
    public int[] List(string name) => [.. (flat.Attribute(name)?.Integers ?? []).Select(value =>
        value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Fail($"{name} holds {value}; a 32-bit integer is needed."))];

    /// <summary>An attribute that is an element type.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="missing">What it is where it is left out.</param>
    public DataType Type(string name, DataType missing) =>
        flat.Attribute(name)?.Integer is { } number ? TensorFlowTypes.Become(TensorFlowTypes.Read(number), $"{flat}: {name}") : missing;

    /// <summary>An axis counted from the front.</summary>
    /// <param name="axis">The axis; negative counts from the end.</param>
    /// <param name="rank">Number of axes.</param>
    public int Axis(int axis, int rank) => axis >= -rank && axis < rank
        ? axis < 0 ? axis + rank : axis
        : throw Fail($"the axis is {axis}; {-rank} … {rank - 1} is allowed.");

    /// <summary>A tensor with its axes in another order.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="permutation">Axis i of the result is axis <c>permutation[i]</c> of the tensor.</param>
    public Tensor Permute(Tensor tensor, IntList permutation)
    {
        bool ordered = true;
        for (int i = 0; i < permutation.Count; i++)
        {
            ordered &= permutation[i] == i;
        }

        if (ordered)
        {
            return tensor;
        }

        if (!tensor.IsConstant)
        {
            return Builder.Add(Name + "/transposed", new Transpose(permutation), tensor);
        }

        Builder.Charge(tensor.Spec.Bytes, tensor.Name);
        return ConstantLayout.Permute(Builder.Graph, tensor, permutation);
    }

    /// <summary>Complains unless something holds.</summary>
    /// <param name="holds">Whether it does.</param>
    /// <param name="message">What was found and what is allowed.</param>
    public void Require([DoesNotReturnIf(false)] bool holds, string message)
    {
        if (!holds)
        {
            throw Fail(message);
        }
    }

    /// <summary>The exception for this node.</summary>
    /// <param name="message">What was found and what is allowed.</param>
    public ModelImportException Fail(string message) => new($"{flat}: {message}");
}
