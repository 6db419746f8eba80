using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>What a tensor is: type, shape and, for integers that stand for reals, quantization.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Axis sizes.</param>
/// <param name="Quantization">Parameters, or null.</param>
public readonly record struct TensorSpec(DataType Type, Shape Shape, Quantization? Quantization = null)
{
    /// <summary>Bytes of all elements.</summary>
    public int Bytes => checked(Shape.ElementCount * Type.Size());

    /// <summary>For example <c>int8 [1, 28, 28, 3]</c>.</summary>
    public override string ToString() => $"{Type.Name()} {Shape}";
}
