using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>y = condition ? a : b, element by element, the three with NumPy broadcasting. Inputs: condition (bool), a, b; a and b of any one data type, quantized ones with the same scale and zero point.</summary>
/// <remarks>The gradient goes to a where the condition holds, elsewhere to b, summed where the input was repeated. Sources: ONNX Where-16; TensorFlow Lite SELECT_V2.</remarks>
public readonly record struct Select : IOperator<Select>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Select", 37, inputs: 3);

    /// <inheritdoc/>
    public static Select Read(ref AttributeReader attributes) => default;

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.RequireType(0, DataType.Bool);
        TensorSpec a = ShapeRules.Moved(shapes, 1), b = ShapeRules.Moved(shapes, 2);
        shapes.Require(
            a.Type == b.Type && Quantization.Same(a.Quantization, b.Quantization),
            $"the choices are {a} and {b}; one type, with the same scale and zero point where they have them, is allowed. Cast or requantize one.");
        TensorSpec choices = ShapeRules.Broadcast(shapes, a.Shape, b.Shape, a.Type);
        TensorSpec output = ShapeRules.Broadcast(shapes, shapes.Shape(0), choices.Shape, a.Type) with { Quantization = a.Quantization };
        uint inPlace = (a.Shape == output.Shape ? 2u : 0) | (b.Shape == output.Shape ? 4u : 0);
        return new OperatorPlan(output)
        {
            InPlaceInputs = a.Type.Size() == 1 && shapes.Shape(0) == output.Shape ? inPlace | 1 : inPlace,
            BackwardScratchBytes = a.Type == DataType.Float32 ? output.Bytes : 0,
            OverwritesGradients = true,
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        ChooseShape shape = new(io.InputShape(0), io.InputShape(1), io.InputShape(2));
        Choose.Run(io.Team, io.OutputSpec(0).Type.Size(), shape, io.Input<byte>(0), io.Input<byte>(1), io.Input<byte>(2), io.Output<byte>(0));
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Input0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        Span<float> chosen = io.Scratch<float>();
        ReadOnlySpan<byte> dy = MemoryMarshal.AsBytes(io.OutputGradient(0));
        ReadOnlySpan<byte> zero = stackalloc byte[sizeof(float)];
        Shape output = io.OutputShape(0), scalar = default;
        for (int input = 1; input < 3; input++)
        {
            if (!io.Wants(input))
            {
                continue;
            }

            if (input == 1)
            {
                Choose.Run(io.Team, sizeof(float), new ChooseShape(io.InputShape(0), output, scalar), io.Input<byte>(0), dy, zero, MemoryMarshal.AsBytes(chosen));
            }
            else
            {
                Choose.Run(io.Team, sizeof(float), new ChooseShape(io.InputShape(0), scalar, output), io.Input<byte>(0), zero, dy, MemoryMarshal.AsBytes(chosen));
            }

            Arithmetic.AddGradient(io.Team, io.InputShape(input), output, chosen, 1, io.InputGradient(input), io.Accumulate(input));
        }
    }
}
