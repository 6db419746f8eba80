using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Three-dimensional convolution, as <see cref="Conv2D"/> with an axis more. Input [N, D, H, W, C], weights [O, KD, KH, KW, C / groups], optional bias [O] →
/// [N, D', H', W', O]; float32.
/// </summary>
/// <param name="Window">Strides, dilations and padding.</param>
/// <param name="Groups">Divides input and output channels; an output channel reads the input channels of its group only.</param>
/// <param name="Activation">The clamp applied to the result.</param>
/// <remarks>Sources: ONNX Conv-11 (in NDHWC); TFLite CONV_3D.</remarks>
public readonly record struct Conv3D(Window3D Window, int Groups = 1, Activation Activation = Activation.None) : IOperator<Conv3D>, IDifferentiable
{
    /// <summary>Strides and dilations of 1, no padding, no activation.</summary>
    public Conv3D()
        : this(Window3D.Dense)
    {
    }

    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = new("Conv3D", 60, [InputRole.Data, InputRole.Weight, InputRole.Bias], MinInputs: 2);

    /// <inheritdoc/>
    public static Conv3D Read(ref AttributeReader attributes) =>
        new(Window3D.Read(ref attributes), attributes.Int32("groups", 1), ShapeRules.ReadActivation(ref attributes));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        Window.Write(attributes);
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
        Window.Count(shapes, input.Shape, weights.Shape.Axes[1..4], sizes);
        return Volume.Plan(shapes, sizes, outputs, Groups, transposed: false);
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io) => Of(io.InputShape(0), io.InputShape(1), io.OutputShape(0)).Forward(io, Activation);

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => ((wanted & 2) != 0 ? Keep.Input0 : Keep.None) | (Activation != Activation.None ? Keep.Output0 : Keep.None);

    /// <inheritdoc/>
    public void Backward(in Gradients io) => Of(io.InputShape(0), io.InputShape(1), io.OutputShape(0)).Backward(io, Activation);

    private Volume Of(in Shape input, in Shape weights, in Shape output) => new(output, input, weights, Window, Groups, transposed: false);
}
