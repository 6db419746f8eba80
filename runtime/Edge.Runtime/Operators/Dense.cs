using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>A fully connected layer: y = activation(x · Wᵀ + b). Input [..., in], weights [out, in], optional bias [out] → [..., out]; float32, int8, or int16 with int8 weights. Beside float32 data the weights may be int8: a quarter of the file.</summary>
/// <param name="Activation">The clamp applied to the result.</param>
/// <remarks>
/// Gradients, with dY masked where the clamp was active: dX = dY · W, dW = dYᵀ · X, db = Σ rows of dY.
/// Source: Keras Dense; TFLite FULLY_CONNECTED.
/// </remarks>
public readonly record struct Dense(Activation Activation = Activation.None) : IOperator<Dense>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = new("Dense", 1, [InputRole.Data, InputRole.Weight, InputRole.Bias], MinInputs: 2);

    /// <inheritdoc/>
    public static Dense Read(ref AttributeReader attributes) => new(ShapeRules.ReadActivation(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Byte((byte)Activation);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = shapes.Input(0), weights = shapes.Input(1);
        ShapeRules.Known(shapes, Activation);
        shapes.Require(input.Shape.Rank >= 1, $"the input is {input}; at least one axis is needed.");
        shapes.Require(weights.Shape.Rank == 2, $"the weights are {weights}; [out, in] is allowed.");
        shapes.Require(
            weights.Shape[1] == input.Shape[-1], $"the input {input} has {input.Shape[-1]} features, but the weights {weights} take {weights.Shape[1]}; they must agree.");
        Span<long> sizes = stackalloc long[Shape.MaxRank];
        int rank = input.Shape.Rank;
        for (int i = 0; i < rank - 1; i++)
        {
            sizes[i] = input.Shape[i];
        }

        sizes[rank - 1] = weights.Shape[0];
        return new OperatorPlan(ShapeRules.Layer(shapes, sizes[..rank], channelAxis: 0, mayBeInt16: true)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Forward(io, io.Input(1));

    private void Forward(in Buffers io, ReadOnlySpan<float> weights)
    {
        (int rows, int outputs, int inputs) = Sizes(io.OutputShape(0), io.InputShape(1));
        Gemm.Multiply(
            rows, outputs, inputs, io.Input(0), inputs, 1, weights, 1, inputs, io.Output(0), outputs, accumulate: false, io.Input(2), Activation, io.Team);
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => ((wanted & 2) != 0 ? Keep.Input0 : Keep.None) | (Activation != Activation.None ? Keep.Output0 : Keep.None);

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        (int rows, int outputs, int inputs) = Sizes(io.OutputShape(0), io.InputShape(1));
        Span<float> dy = io.OutputGradient(0);
        if (Activation != Activation.None)
        {
            ActivationKernels.MaskGradient(Activation, io.Output(0), dy, io.Team);
        }

        if (io.Wants(0))
        {
            Gemm.Multiply(
                rows, inputs, outputs, dy, outputs, 1, io.Input(1), inputs, 1, io.InputGradient(0), inputs, io.Accumulate(0), default, Activation.None, io.Team);
        }

        if (io.Wants(1))
        {
            Gemm.Multiply(
                outputs, inputs, rows, dy, 1, outputs, io.Input(0), inputs, 1, io.InputGradient(1), inputs, io.Accumulate(1), default, Activation.None, io.Team);
        }

        if (io.Wants(2))
        {
            ColumnSums.Run(rows, outputs, dy, io.InputGradient(2), io.Accumulate(2), io.Team);
        }
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation)
    {
        (int rows, int outputs, int inputs) = Sizes(preparation.Output(0).Shape, preparation.Input(1).Shape);
        if (preparation.Input(0).Type == DataType.Int8)
        {
            return Int8ConvKernel.Dense(preparation, Int8Conv.Dense(rows, inputs, outputs), Activation);
        }

        if (preparation.Input(0).Type == DataType.Int16)
        {
            return Int16LayerKernel.Dense(preparation, Int8Conv.Dense(rows, inputs, outputs), Activation);
        }

        AlignedMemory? expanded = preparation.Expanded(1);
        long bytes = (outputs + 15L) / 16 * 16 * inputs * sizeof(float);
        if (bytes > int.MaxValue || rows <= Gemm.FewRowsTransposed || !preparation.IsFrozen(1) || !preparation.MayPack(bytes))
        {
            return expanded is null ? null : new ExpandedDense(this, preparation.Keep(expanded));          // few rows: the weights are read once, from where they lie
        }

        AlignedMemory packed = preparation.Allocate((long)Gemm.PackedFloats(outputs, inputs) * sizeof(float));
        ReadOnlySpan<float> weights = expanded is null ? preparation.Constant<float>(1) : MemoryMarshal.Cast<byte, float>(expanded.Span);
        Gemm.PackRight(outputs, inputs, weights, 1, inputs, MemoryMarshal.Cast<byte, float>(packed.Span));
        return new PackedDense(this, packed, expanded is null ? null : preparation.Keep(expanded));          // fewer rows in a later run read them
    }

    private static (int Rows, int Outputs, int Inputs) Sizes(in Shape output, in Shape weights) =>
        (output.Product(0, output.Rank - 1), weights[0], weights[1]);

    /// <summary>Weights that the file holds as int8.</summary>
    private sealed class ExpandedDense(Dense dense, AlignedMemory weights) : IKernel
    {
        public void Forward(in Buffers io) => dense.Forward(io, MemoryMarshal.Cast<byte, float>(weights.Span));
    }

    private sealed class PackedDense(Dense dense, AlignedMemory packed, AlignedMemory? expanded) : IKernel
    {
        public void Forward(in Buffers io)
        {
            (int rows, int outputs, int inputs) = Sizes(io.OutputShape(0), io.InputShape(1));
            if (rows <= Gemm.FewRowsTransposed)
            {
                dense.Forward(io, expanded is null ? io.Input(1) : MemoryMarshal.Cast<byte, float>(expanded.Span));
                return;
            }

            Gemm.MultiplyPacked(
                rows, outputs, inputs, io.Input(0), inputs, 1, MemoryMarshal.Cast<byte, float>(packed.Span),
                io.Output(0), outputs, accumulate: false, io.Input(2), dense.Activation, io.Team);
        }
    }
}
