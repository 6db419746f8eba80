using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>One tensor of a <see cref="Graph"/>: an input, a constant, or the output of a node.</summary>
public sealed class Tensor
{
    private readonly List<Node> _consumers = [];

    internal Tensor(string name, TensorSpec spec, ReadOnlyMemory<byte> data = default)
    {
        Name = name;
        Spec = spec;
        Data = data;
    }

    /// <summary>Its name; unique among the graph's tensors.</summary>
    public string Name { get; internal set; }

    /// <summary>Type, shape and quantization.</summary>
    public TensorSpec Spec { get; }

    /// <summary>Element type.</summary>
    public DataType Type => Spec.Type;

    /// <summary>Axis sizes.</summary>
    public Shape Shape => Spec.Shape;

    /// <summary>Quantization parameters, or null.</summary>
    public Quantization? Quantization => Spec.Quantization;

    /// <summary>A constant's elements, row-major, little-endian; empty for other tensors. Never changed: a pass that needs other values makes another constant.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>Whether its elements are known.</summary>
    public bool IsConstant => !Data.IsEmpty;

    /// <summary>The node that computes it; null for inputs and constants.</summary>
    public Node? Producer { get; internal set; }

    /// <summary>The nodes that read it, once for every input that does.</summary>
    public IReadOnlyList<Node> Consumers => _consumers;

    internal List<Node> Readers => _consumers;

    /// <summary>A constant's elements.</summary>
    /// <typeparam name="T">Element type; its size must be that of <see cref="Type"/>.</typeparam>
    public ReadOnlySpan<T> Values<T>() where T : unmanaged => MemoryMarshal.Cast<byte, T>(Data.Span);

    /// <summary>For example <c>conv_1: float32 [1, 28, 28, 8]</c>.</summary>
    public override string ToString() => $"{Name}: {Spec}";
}
