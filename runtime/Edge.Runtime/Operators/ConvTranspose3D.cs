using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Three-dimensional transposed convolution, as <see cref="ConvTranspose2D"/> with an axis more. Input [N, D, H, W, C], weights [O, KD, KH, KW, C / groups],
/// optional bias [O] → [N, D', H', W', O], where D' = (D − 1) · stride + (KD − 1) · dilation + 1 − before − after + output padding; float32.
/// </summary>
/// <param name="Window">Strides, dilations and padding.</param>
/// <param name="OutputPadding">Elements added after the last one on each of the three axes, 0 … 65,535; empty: none.</param>
/// <param name="Groups">Divides input and output channels; an output channel reads the input channels of its group only.</param>
/// <param name="Activation">The clamp applied to the result.</param>
/// <remarks>Sources: ONNX ConvTranspose-11 (in NDHWC); TFLite CONV_3D_TRANSPOSE.</remarks>
public readonly record struct ConvTranspose3D(Window3D Window, IntList OutputPadding = default, int Groups = 1, Activation Activation = Activation.None) : IOperator<ConvTranspose3D>, IDifferentiable
{
    /// <summary>Strides and dilations of 1, no padding, no activation.</summary>
    public ConvTranspose3D()
        : this(Window3D.Dense)
    {
    }

    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = new("ConvTranspose3D", 61, [InputRole.Data, InputRole.Weight, InputRole.Bias], MinInputs: 2);

    /// <inheritdoc/>
    public static ConvTranspose3D Read(ref AttributeReader attributes) =>
        new(Window3D.Read(ref attributes), IntList.Own(attributes.Int32s("output padding", 3, 0, Operators.Window.Most)), attributes.Int32("groups", 1), ShapeRules.ReadActivation(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        Window.Write(attributes);
        attributes.Int32s(OutputPadding.Values);
        attributes.Int32(Groups);
        attributes.Byte((byte)Activation);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = shapes.Input(0), weights = shapes.Input(1);
        ShapeRules.Known(shapes, Activation);
        Window.Require(shapes);
        shapes.RequireType(0, DataType.Float32);
        shapes.RequireType(1, DataType.Float32);
        int outputs = ShapeRules.ConvolutionOutputs(shapes, 3, Groups);
        Span<long> sizes = stackalloc long[3];
        shapes.Require(OutputPadding.Count is 0 or 3, $"the output padding is {OutputPadding}; three numbers, or none, are allowed.");
        for (int i = 0; i < 3; i++)
        {
            int more = OutputPadding.Count == 0 ? 0 : OutputPadding[i];
            sizes[i] = Operators.Window.Spread(
                shapes, Window3D.Name(i), input.Shape[i + 1], weights.Shape[i + 1], Window.Strides[i], Window.Dilations[i], Window.Before[i], Window.After[i], more);
        }

        return Volume.Plan(shapes, sizes, outputs, Groups, transposed: true);
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Of(io.InputShape(0), io.InputShape(1), io.OutputShape(0)).Forward(io, Activation);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => ((wanted & 2) != 0 ? Keep.Input0 : Keep.None) | (Activation != Activation.None ? Keep.Output0 : Keep.None);

    /// <inheritdoc/>
    public void Backward(in Gradients io) => Of(io.InputShape(0), io.InputShape(1), io.OutputShape(0)).Backward(io, Activation);

    private Volume Of(in Shape input, in Shape weights, in Shape output) => new(input, output, weights, Window, Groups, transposed: true);
}
