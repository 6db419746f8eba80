using Edge.Runtime.Operators;

namespace Edge.Tests.Harness;

/// <summary>An operator on int8 tensors and the bits it must give.</summary>
/// <typeparam name="T">The operator.</typeparam>
/// <param name="Operator">The operator with its attributes.</param>
/// <param name="Inputs">The inputs; null for one left out.</param>
/// <param name="Output">Type, shape and quantization of the output, as a model declares them.</param>
/// <param name="Expected">The output by the TFLite reference.</param>
public sealed record Int8Case<T>(T Operator, TestTensor?[] Inputs, TensorSpec Output, sbyte[] Expected) where T : struct, IOperator<T>
{
    public override string ToString() => $"{Operator} of {string.Join(", ", Inputs.Select(static input => input?.Spec.ToString() ?? "nothing"))}";
}
