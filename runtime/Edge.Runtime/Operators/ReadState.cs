using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>The present value of a state that lives between runs. The constant input is its value before the first run; shape and type are the state's. Any data type.</summary>
/// <param name="Id">Which state: 0 … 4095. All reads of one state name the same constant.</param>
/// <remarks>
/// The state lies in the session's memory, and <see cref="Session.Reset"/> gives it its first value back. Operators run in the order of the file: a read before the
/// <see cref="WriteState"/> of the same state gives what the run before left, a read behind it what this run wrote. With another batch size than the stored one a state
/// whose axis 0 is the batch has a row for each sample, each starting as the constant's. In training every step starts from the first value, and no gradient flows from
/// a read back to a write. Source: TFLite variable tensors; RESOURCE variables (READ_VARIABLE, ASSIGN_VARIABLE).
/// </remarks>
public readonly record struct ReadState(int Id) : IOperator<ReadState>
{
    /// <summary>Most states of a model.</summary>
    internal const int MostStates = 4096;

    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("ReadState", 84);

    /// <inheritdoc/>
    public static ReadState Read(ref AttributeReader attributes) => new(ReadId(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Int32(Id);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        RequireId(shapes, Id);
        TensorSpec initial = ShapeRules.Moved(shapes, 0);
        shapes.Require(shapes.IsConstant(0), $"the first value of state {Id}, {initial}, is computed by the model; it must be a constant.");
        return new OperatorPlan(initial);
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => io.Persistent.CopyTo(io.Output<byte>(0));

    internal static int ReadId(ref AttributeReader attributes) => attributes.Int32("id", 0, MostStates - 1);

    internal static void RequireId(in Shapes shapes, int id) => shapes.Require(id is >= 0 and < MostStates, $"the state is {id}; 0 … {MostStates - 1} is allowed.");
}
