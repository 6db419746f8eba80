namespace Edge.Runtime.Operators;

/// <summary>Something a step can run.</summary>
public interface IKernel
{
    /// <summary>Computes the outputs. Never allocates, never checks shapes again.</summary>
    /// <param name="io">Inputs, outputs and scratch.</param>
    void Forward(in Buffers io);
}

/// <summary>An operator with its attributes: the forward phase and what it needs. Implemented by small immutable structs, one file each.</summary>
public interface IOperator : IKernel
{
    /// <summary>The shape rule: checks the inputs and states outputs, scratch and in-place possibilities.</summary>
    /// <param name="shapes">What is known of the inputs.</param>
    /// <exception cref="ShapeException">The inputs do not fit the operator.</exception>
    OperatorPlan Infer(in Shapes shapes);

    /// <summary>Writes the attributes in the order in which <see cref="IOperator{TSelf}.Read"/> reads them.</summary>
    /// <param name="attributes">Receives them.</param>
    void Write(AttributeWriter attributes);
}

/// <summary>The static side of an operator.</summary>
/// <typeparam name="TSelf">The operator itself.</typeparam>
public interface IOperator<TSelf> : IOperator where TSelf : struct, IOperator<TSelf>
{
    /// <summary>Name, code, inputs and outputs.</summary>
    static abstract OperatorInfo Info { get; }

    /// <summary>Reads the attributes. Values out of range end in <see cref="Edge.Format.ModelFormatException"/>.</summary>
    /// <param name="attributes">The attribute bytes.</param>
    static abstract TSelf Read(ref AttributeReader attributes);
}

/// <summary>An operator that can be trained through.</summary>
public interface IDifferentiable
{
    /// <summary>The values that <see cref="Backward"/> reads for the wanted gradients; constants and parameters need not be named.</summary>
    /// <param name="wanted">Bit i: the gradient of input i is wanted.</param>
    Keep Keeps(uint wanted);

    /// <summary>
    /// Adds the gradients of the wanted inputs to what is there (or overwrites; see <see cref="OperatorPlan.OverwritesGradients"/>). May destroy the
    /// output gradients: nobody reads them afterwards. Never allocates.
    /// </summary>
    /// <param name="io">Values, gradients, scratch.</param>
    void Backward(in Gradients io);
}

/// <summary>An operator that binds a prepared kernel once at load: prepacked weights, folded multipliers, the best instruction set.</summary>
public interface IPreparable
{
    /// <summary>Makes the kernel that runs instead of <see cref="IKernel.Forward"/>, or null to run that one.</summary>
    /// <param name="preparation">Specs and frozen constants.</param>
    IKernel? Prepare(in Preparation preparation);
}

/// <summary>Values that a backward phase reads.</summary>
[Flags]
public enum Keep : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Input 0.</summary>
    Input0 = 1,

    /// <summary>Input 1.</summary>
    Input1 = 2,

    /// <summary>Input 2.</summary>
    Input2 = 4,

    /// <summary>Input 5.</summary>
    Input5 = 32,

    /// <summary>Output 0.</summary>
    Output0 = 1u << 16,

    /// <summary>Output 1.</summary>
    Output1 = 1u << 17,
}
