using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// A copy of the data with elements replaced or changed one by one along an axis: output[i, index[i, j, k], k] = updates[i, j, k] for axis 1. Inputs: data of any
/// data type, indices (int32 or int64) of as many axes, updates like the indices → like the data. Negative indices count from the end; any other index beyond the
/// axis is refused when the model runs, with <see cref="ArgumentOutOfRangeException"/>.
/// </summary>
/// <param name="Axis">The axis; negative counts from the end.</param>
/// <param name="Scattering">What happens where an update meets a value; anything but replacing needs float32 or plain integers.</param>
/// <remarks>Gradients assume that no two updates replace one element; a product's derivative by a factor 0 is taken as 0. Source: ONNX ScatterElements-18.</remarks>
public readonly record struct ScatterElements(int Axis, Scattering Scattering = Scattering.Replace) : IOperator<ScatterElements>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("ScatterElements", 55, inputs: 3);

    /// <inheritdoc/>
    public static ScatterElements Read(ref AttributeReader attributes) =>
        new(attributes.Int32("axis", -Shape.MaxRank, Shape.MaxRank - 1), (Scattering)attributes.Byte("scattering", (byte)Scattering.Minimum));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(Axis);
        attributes.Byte((byte)Scattering);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        Scatter.Require(shapes, Scattering);
        LineIndex.Require(shapes, Axis);
        shapes.Require(
            shapes.Shape(2) == shapes.Shape(1), $"the indices are {shapes.Input(1)} and the updates {shapes.Input(2)}; updates of the indices' shape are allowed.");
        return new OperatorPlan(shapes.Input(0)) { InPlaceInputs = 1, OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        DataType type = io.InputSpec(0).Type;
        Shape data = io.InputShape(0);
        LineIndex index = new(new Indices(io, 1), io.InputShape(1), data, Axis < 0 ? Axis + data.Rank : Axis, stackalloc int[2 * Shape.MaxRank], Info.Name);
        int bytes = type.Size();
        ReadOnlySpan<byte> updates = io.Input<byte>(2);
        Span<byte> y = io.Output<byte>(0);
        io.Input<byte>(0).CopyTo(y);
        for (int from = 0; from < updates.Length; from += bytes)
        {
            Scatter.Row(Scattering, type, updates.Slice(from, bytes), y.Slice(index.Next() * bytes, bytes));
        }
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Scattering is Scattering.Replace or Scattering.Add ? Keep.Input1 : Keep.Input0 | Keep.Input1 | Keep.Input2 | Keep.Output0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        Shape data = io.InputShape(0), updates = io.InputShape(1);
        int axis = Axis < 0 ? Axis + data.Rank : Axis, count = updates.ElementCount;
        Span<int> memory = stackalloc int[2 * Shape.MaxRank];
        Span<float> dy = io.OutputGradient(0), gradient = io.Wants(2) ? io.InputGradient(2) : default;
        bool reads = Scattering is not (Scattering.Replace or Scattering.Add);
        if (!io.Accumulate(2))
        {
            gradient.Clear();
        }

        LineIndex index = new(new Indices(io, 1), updates, data, axis, memory, Info.Name);
        for (int at = 0; at < count && io.Wants(2); at++)
        {
            int from = index.Next();
            Scatter.UpdateGradient(
                Scattering, reads ? io.Input(2).Slice(at, 1) : default, reads ? io.Output(0).Slice(from, 1) : default, dy.Slice(from, 1), gradient.Slice(at, 1));
        }

        if (!io.Wants(0))
        {
            return;
        }

        index = new(new Indices(io, 1), updates, data, axis, memory, Info.Name);
        for (int at = 0; at < count && Scattering == Scattering.Replace; at++)
        {
            dy[index.Next()] = 0;
        }

        Scatter.DataGradient(Scattering, reads ? io.Input(0) : default, reads ? io.Output(0) : default, dy, io.InputGradient(0), io.Accumulate(0));
    }
}
