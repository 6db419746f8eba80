using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = x, and the state that lives between runs becomes x: later reads, of this run and of the next, give it. Any data type.</summary>
/// <param name="Id">Which state: 0 … 4095; a <see cref="ReadState"/> of it stands in the model and states its type and shape.</param>
/// <remarks>It runs even where nobody reads its output. See <see cref="ReadState"/>.</remarks>
public readonly record struct WriteState(int Id) : IOperator<WriteState>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("WriteState", 85);

    /// <inheritdoc/>
    public static WriteState Read(ref AttributeReader attributes) => new(ReadState.ReadId(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Int32(Id);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        ReadState.RequireId(shapes, Id);
        return new OperatorPlan(ShapeRules.Moved(shapes, 0)) { InPlaceInputs = 1, GradientInPlace = true, OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        ReadOnlySpan<byte> value = io.Input<byte>(0);

        // A training step may keep a write whose output it needs, and no read.
        if (!io.Persistent.IsEmpty)
        {
            value.CopyTo(io.Persistent);
        }

        value.CopyTo(io.Output<byte>(0));
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (io.Wants(0))
        {
            Elementwise.Copy(io.Team, io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));
        }
    }
}
