using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>One operator of a <see cref="Graph"/>, with the tensors it reads and writes.</summary>
public sealed class Node
{
    internal Node(string name, OperatorInfo info, IOperator op, Tensor?[] inputs, Tensor[] outputs)
    {
        Name = name;
        Info = info;
        Operator = op;
        InputArray = inputs;
        OutputArray = outputs;
    }

    /// <summary>Its name; unique among the graph's nodes.</summary>
    public string Name { get; }

    /// <summary>Which operator it is.</summary>
    public OperatorInfo Info { get; }

    /// <summary>The operator with its attributes.</summary>
    public IOperator Operator { get; internal set; }

    /// <summary>What it reads; null is an optional input left out.</summary>
    public IReadOnlyList<Tensor?> Inputs => InputArray;

    /// <summary>What it computes.</summary>
    public IReadOnlyList<Tensor> Outputs => OutputArray;

    /// <summary>The first output: the only one of most operators.</summary>
    public Tensor Output => OutputArray[0];

    /// <summary>Whether it has a trainable weight and so counts as a layer.</summary>
    public bool IsLayer => Info.Roles.AsSpan().Contains(InputRole.Weight);

    /// <summary>The state between runs that it reads or writes, or null.</summary>
    internal int? StateId => Operator switch { ReadState read => read.Id, WriteState write => write.Id, _ => null };

    internal Tensor?[] InputArray { get; set; }

    internal Tensor[] OutputArray { get; }

    /// <summary>An input, or null where it was left out.</summary>
    /// <param name="index">Its position; may lie beyond the inputs that are there.</param>
    public Tensor? Input(int index) => index < InputArray.Length ? InputArray[index] : null;

    /// <summary>For example <c>Conv2D 'block_1'</c>.</summary>
    public override string ToString() => $"{Info.Name} '{Name}'";
}
