using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Rows of a trainable table picked by index. Inputs: indices [I…] (int32, int64, or float32 whose fraction is dropped), table [V, D…] of any data type → [I…, D…].
/// </summary>
/// <remarks>
/// An index outside 0 … V − 1 is refused when the model runs, with <see cref="ArgumentOutOfRangeException"/>. The gradient of a row is the sum over the places
/// that picked it. Sources: Keras Embedding, which casts its inputs to int32; TFLite EMBEDDING_LOOKUP.
/// </remarks>
public readonly record struct Embedding : IOperator<Embedding>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = new("Embedding", 51, [InputRole.Data, InputRole.Weight], MinInputs: 2);

    /// <inheritdoc/>
    public static Embedding Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec indices = shapes.Input(0), table = ShapeRules.Moved(shapes, 1);
        Indices.Require(shapes, 0, real: true);
        shapes.Require(table.Shape.Rank >= 1, $"the table is {table}; [rows, values…] is allowed.");
        Span<long> sizes = stackalloc long[2 * Shape.MaxRank];
        int rank = 0;
        foreach (int size in indices.Shape.Axes)
        {
            sizes[rank++] = size;
        }

        foreach (int size in table.Shape.Axes[1..])
        {
            sizes[rank++] = size;
        }

        return new OperatorPlan(ShapeRules.Output(shapes, table.Type, sizes[..rank], table.Quantization)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) =>
        Rows(io.InputShape(0), io.InputShape(1)).Gather(new Indices(io, 0), io.InputSpec(1).Type.Size(), io.Input<byte>(1), io.Output<byte>(0));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Input0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        // What chooses a row has no gradient: a float index is a step function.
        if (io.Wants(0) && !io.Accumulate(0))
        {
            io.InputGradient(0).Clear();
        }

        if (io.Wants(1))
        {
            Rows(io.InputShape(0), io.InputShape(1)).Scatter(new Indices(io, 0), io.OutputGradient(0), io.InputGradient(1), io.Accumulate(1));
        }
    }

    private static Rows Rows(in Shape indices, in Shape table) =>
        new(1, 1, table[0], table.Product(1, table.Rank), indices.ElementCount, AllowNegative: false, Info.Name);
}
