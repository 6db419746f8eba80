using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Tests.Harness;

/// <summary>An operator and what its inputs are.</summary>
/// <typeparam name="T">The operator.</typeparam>
/// <param name="Operator">The operator with its attributes.</param>
/// <param name="Inputs">Type and shape of each input; default for one left out.</param>
public sealed record OperatorCase<T>(T Operator, params TensorSpec[] Inputs) where T : struct, IOperator<T>
{
    /// <summary>What the model declares of the outputs, for operators whose output type does not follow from the inputs.</summary>
    public TensorSpec[]? Declared { get; init; }

    /// <summary>Bit i: input i is a constant whose bytes the shape rule reads.</summary>
    public uint Frozen { get; init; }

    public override string ToString() => $"{Operator} of {string.Join(", ", Inputs)}";
}

/// <summary>What else an oracle may need to know of the run.</summary>
/// <param name="Training">Whether it is a training step that trains the operator.</param>
/// <param name="Random">The operator's random numbers in this step.</param>
public readonly record struct OracleRun(bool Training, CounterRandom Random);
