using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// A copy of the data with rows replaced or changed. Inputs: data [D…, S…] of any data type, indices [K…, depth] (int32 or int64), where depth axes D… are
/// indexed, updates [K…, S…] → like the data. Negative indices count from the end; any other index beyond its axis is refused when the model runs, with
/// <see cref="ArgumentOutOfRangeException"/>.
/// </summary>
/// <param name="Scattering">What happens where an update meets a value; anything but replacing needs float32 or plain integers.</param>
/// <remarks>
/// Gradients assume that no two updates replace one row; a product's derivative by a factor 0 is taken as 0. Sources: ONNX ScatterND-18; TFLite SCATTER_ND,
/// which adds into zeros.
/// </remarks>
public readonly record struct ScatterNd(Scattering Scattering = Scattering.Replace) : IOperator<ScatterNd>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("ScatterNd", 54, inputs: 3);

    /// <inheritdoc/>
    public static ScatterNd Read(ref AttributeReader attributes) => new((Scattering)attributes.Byte("scattering", (byte)Scattering.Minimum));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Byte((byte)Scattering);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        Scatter.Require(shapes, Scattering);
        TensorSpec data = shapes.Input(0), updates = shapes.Input(2);
        Shape indices = shapes.Shape(1);
        NdRows.Require(shapes, data.Shape, indices, 0);
        ReadOnlySpan<int> rows = indices.Axes[..^1], row = data.Shape.Axes[indices[-1]..];
        shapes.Require(
            updates.Shape.Rank == rows.Length + row.Length && updates.Shape.Axes[..rows.Length].SequenceEqual(rows) && updates.Shape.Axes[rows.Length..].SequenceEqual(row),
            $"the data is {data}, the indices are {shapes.Input(1)} and the updates {updates}; indices [K…, depth] and updates [K…, the data's axes after the first depth] are allowed.");
        return new OperatorPlan(data) { InPlaceInputs = 1, OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        DataType type = io.InputSpec(0).Type;
        NdRows rows = new(io.InputShape(0), 0, io.InputShape(1)[-1], Info.Name);
        Indices indices = new(io, 1);
        int bytes = rows.Inner * type.Size();
        ReadOnlySpan<byte> updates = io.Input<byte>(2);
        Span<byte> y = io.Output<byte>(0);
        io.Input<byte>(0).CopyTo(y);
        for (int row = 0; row < updates.Length / bytes; row++)
        {
            Scatter.Row(Scattering, type, updates.Slice(row * bytes, bytes), y.Slice(rows.Offset(indices, row) * type.Size(), bytes));
        }
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Scattering is Scattering.Replace or Scattering.Add ? Keep.Input1 : Keep.Input0 | Keep.Input1 | Keep.Input2 | Keep.Output0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        NdRows rows = new(io.InputShape(0), 0, io.InputShape(1)[-1], Info.Name);
        Indices indices = new(io, 1);
        Shape updates = io.InputShape(2);
        Span<float> dy = io.OutputGradient(0), gradient = io.Wants(2) ? io.InputGradient(2) : default;
        int inner = rows.Inner, count = updates.ElementCount / inner;
        bool reads = Scattering is not (Scattering.Replace or Scattering.Add);
        if (!io.Accumulate(2))
        {
            gradient.Clear();
        }

        for (int row = 0; row < count && io.Wants(2); row++)
        {
            int from = rows.Offset(indices, row), at = row * inner;
            Scatter.UpdateGradient(
                Scattering, reads ? io.Input(2).Slice(at, inner) : default, reads ? io.Output(0).Slice(from, inner) : default, dy.Slice(from, inner), gradient.Slice(at, inner));
        }

        if (!io.Wants(0))
        {
            return;
        }

        for (int row = 0; row < count && Scattering == Scattering.Replace; row++)
        {
            dy.Slice(rows.Offset(indices, row), inner).Clear();
        }

        Scatter.DataGradient(Scattering, reads ? io.Input(0) : default, reads ? io.Output(0) : default, dy, io.InputGradient(0), io.Accumulate(0));
    }
}
