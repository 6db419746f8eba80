using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Sum, difference and product of two broadcast tensors with a fused clamp, and their gradients. Plain integers wrap around before the clamp.</summary>
internal static class Arithmetic
{
    internal enum Kind
    {
        Add,
        Subtract,
        Multiply,
    }

    /// <summary>The plan: NumPy broadcasting of two float32 or two plain integer tensors, or of two int8 or int16 tensors to an output of their type with parameters of its own.</summary>
    internal static OperatorPlan Infer(in Shapes shapes, Kind kind, Activation activation)
    {
        ShapeRules.Known(shapes, activation);
        Shape left = shapes.Shape(0);
        Shape right = shapes.Shape(1);
        bool plain = ShapeRules.IsPlainInteger(shapes.Input(0));
        TensorSpec output = ShapeRules.Broadcast(shapes, left, right, plain ? shapes.Type(0) : DataType.Float32);
        if (shapes.Type(0) == DataType.Float32)
        {
            shapes.RequireType(1, DataType.Float32);
        }
        else if (plain)
        {
            ShapeRules.SameTypes(shapes);
        }
        else
        {
            output = new TensorSpec(shapes.Type(0), output.Shape, InferQuantized(shapes, kind));
        }

        bool gradientInPlace = kind != Kind.Multiply;
        return new OperatorPlan(output)
        {
            InPlaceInputs = (left == output.Shape ? 1u : 0) | (right == output.Shape ? 2u : 0),
            GradientInPlace = gradientInPlace && left == output.Shape,
            OverwritesGradients = true,
        };
    }

    /// <summary>The kernel of int8 or int16 inputs with scale and zero point; null for float32 and plain integers.</summary>
    internal static IKernel? Prepare(in Preparation preparation, Kind kind, Activation activation)
    {
        if (preparation.Input(0).Quantization is null)
        {
            return null;
        }

        Quantization left = preparation.Input(0).Quantization!, right = preparation.Input(1).Quantization!, output = preparation.Output(0).Quantization!;
        if (preparation.Input(0).Type == DataType.Int16)
        {
            Int16Range wide = Int16Range.Of(activation, output.Scale);
            return kind == Kind.Multiply
                ? new Int16BinaryKernel<Int16Product>(new(left.Scale, right.Scale, output.Scale, wide))
                : new Int16BinaryKernel<Int16Sum>(new(left.Scale, right.Scale, output.Scale, kind == Kind.Subtract, wide));
        }

        Int8Range range = Int8Range.Of(activation, output.Scale, output.ZeroPoint);
        return kind switch
        {
            Kind.Add => new Int8BinaryKernel<Int8Add>(new(left.Scale, left.ZeroPoint, right.Scale, right.ZeroPoint, output.Scale, range)),
            Kind.Subtract => new Int8BinaryKernel<Int8Sub>(new(left.Scale, left.ZeroPoint, right.Scale, right.ZeroPoint, output.Scale, range)),
            _ => new Int8BinaryKernel<Int8Mul>(new(left.Scale, left.ZeroPoint, right.Scale, right.ZeroPoint, output.Scale, range)),
        };
    }

    private static Quantization InferQuantized(in Shapes shapes, Kind kind)
    {
        ShapeRules.RequireQuantized(shapes, 0);
        ShapeRules.RequireQuantized(shapes, 1);
        ShapeRules.SameTypes(shapes);
        Quantization output = ShapeRules.DeclaredQuantized(shapes);
        int bits = shapes.Type(0) == DataType.Int16 ? 14 : 19;
        float input = Math.Max(shapes.Input(0).Quantization!.Scale, shapes.Input(1).Quantization!.Scale);
        shapes.Require(
            kind == Kind.Multiply || input / output.Scale < 1 << bits,
            $"the larger scale of the inputs is {input}, that of the output {output.Scale}; a ratio below 2^{bits} is allowed, as in TFLite.");
        return output;
    }

    internal static void Forward(in Buffers io, Kind kind, Activation activation)
    {
        if (io.InputSpec(0).Type == DataType.Float32)
        {
            Floats(io, kind, activation);
        }
        else
        {
            IntegerTypes.Forward(new IntegerBody(kind, activation), io);
        }
    }

    private readonly struct IntegerBody(Kind kind, Activation activation) : IIntegerForward
    {
        public void Integers<T>(in Buffers io) where T : unmanaged, IBinaryInteger<T> => Arithmetic.Integers<T>(io, kind, activation);
    }

    private static void Integers<T>(in Buffers io, Kind kind, Activation activation) where T : unmanaged, IBinaryInteger<T>
    {
        (float lowest, float highest) = ActivationKernels.Bounds(activation);
        (T low, T high) = (T.CreateSaturating(lowest), T.CreateSaturating(highest));
        BroadcastShape shape = new(io.InputShape(0).Axes, io.InputShape(1).Axes);
        bool vectors = activation == Activation.None && shape.Length0 == shape.Length && shape.Length1 == shape.Length;
        switch (kind)
        {
            // Without repetition and clamp the base library's vectors do.
            case Kind.Add when vectors:
                TensorPrimitives.Add(io.Input<T>(0), io.Input<T>(1), io.Output<T>(0));
                break;
            case Kind.Subtract when vectors:
                TensorPrimitives.Subtract(io.Input<T>(0), io.Input<T>(1), io.Output<T>(0));
                break;
            case Kind.Multiply when vectors:
                TensorPrimitives.Multiply(io.Input<T>(0), io.Input<T>(1), io.Output<T>(0));
                break;
            case Kind.Add:
                Scalars.Zip(io.Team, new IntegerSum<T>(low, high), shape, io.Input<T>(0), io.Input<T>(1), io.Output<T>(0));
                break;
            case Kind.Subtract:
                Scalars.Zip(io.Team, new IntegerDifference<T>(low, high), shape, io.Input<T>(0), io.Input<T>(1), io.Output<T>(0));
                break;
            default:
                Scalars.Zip(io.Team, new IntegerProduct<T>(low, high), shape, io.Input<T>(0), io.Input<T>(1), io.Output<T>(0));
                break;
        }
    }

    private static void Floats(in Buffers io, Kind kind, Activation activation)
    {
        (float low, float high) = ActivationKernels.Bounds(activation);
        BroadcastShape shape = new(io.InputShape(0).Axes, io.InputShape(1).Axes);
        switch (kind)
        {
            case Kind.Add:
                Broadcast.Zip(io.Team, new Sum(low, high), shape, io.Input(0), io.Input(1), io.Output(0));
                break;
            case Kind.Subtract:
                Broadcast.Zip(io.Team, new Difference(low, high), shape, io.Input(0), io.Input(1), io.Output(0));
                break;
            default:
                Broadcast.Zip(io.Team, new ClampedProduct(low, high), shape, io.Input(0), io.Input(1), io.Output(0));
                break;
        }
    }

    /// <summary>The gradient of an input of a sum or difference: ±dy, summed where the input was repeated.</summary>
    /// <remarks>Input 0 goes first: its gradient may lie in the place of dy, and then equals it.</remarks>
    internal static void SumBackward(in Gradients io, float sign)
    {
        for (int input = 0; input < 2; input++)
        {
            if (io.Wants(input))
            {
                AddGradient(io.Team, io.InputShape(input), io.OutputShape(0), io.OutputGradient(0), input == 0 ? 1 : sign, io.InputGradient(input), io.Accumulate(input));
            }
        }
    }

    /// <summary>The gradient of an input of a product: dy times the other input, summed where the input was repeated.</summary>
    internal static void ProductBackward(in Gradients io)
    {
        for (int input = 0; input < 2; input++)
        {
            if (!io.Wants(input))
            {
                continue;
            }

            ReadOnlySpan<float> other = io.Input(1 - input);
            Span<float> gradient = io.InputGradient(input);
            ReadOnlySpan<float> dy = io.OutputGradient(0);
            if (gradient.Length == dy.Length && other.Length == dy.Length)
            {
                Elementwise.Zip(io.Team, default(Product), dy, other, gradient, io.Accumulate(input));
            }
            else
            {
                BroadcastShape shape = new(io.InputShape(input).Axes, io.InputShape(1 - input).Axes);
                SumTo.Run(io.Team, shape, dy, other, 1, gradient, io.Accumulate(input));
            }
        }
    }

    /// <summary>Adds scale · dy to a gradient (or overwrites it), summed over the axes along which the input was repeated.</summary>
    internal static void AddGradient(
        WorkerTeam team, Shape inputShape, Shape outputShape, ReadOnlySpan<float> dy, float scale, Span<float> gradient, bool accumulate)
    {
        if (gradient.Length != dy.Length)
        {
            SumTo.Run(team, new BroadcastShape(inputShape.Axes, outputShape.Axes), dy, default, scale, gradient, accumulate);
        }
        else
        {
            Elementwise.CopyScaled(team, scale, dy, gradient, accumulate);
        }
    }

    private readonly struct Sum(float low, float high) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => Clamp(left + right, low, high);
    }

    private readonly struct Difference(float low, float high) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => Clamp(left - right, low, high);
    }

    private readonly struct ClampedProduct(float low, float high) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> left, Vector<float> right) => Clamp(left * right, low, high);
    }

    private readonly struct IntegerSum<T>(T low, T high) : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right) => T.Clamp(left + right, low, high);
    }

    private readonly struct IntegerDifference<T>(T low, T high) : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right) => T.Clamp(left - right, low, high);
    }

    private readonly struct IntegerProduct<T>(T low, T high) : IScalarBinary<T, T> where T : unmanaged, IBinaryInteger<T>
    {
        public T Value(T left, T right) => T.Clamp(left * right, low, high);
    }

    /// <summary>A NaN stays; without a clamp the bounds are infinite. Memory is the limit, so the two selects cost nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Clamp(Vector<float> value, float low, float high)
    {
        Vector<float> lowest = new(low);
        Vector<float> highest = new(high);
        value = Vector.ConditionalSelect(Vector.LessThan(value, lowest), lowest, value);
        return Vector.ConditionalSelect(Vector.GreaterThan(value, highest), highest, value);
    }
}
