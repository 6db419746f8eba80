using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>Checks that shape rules share.</summary>
internal static class ShapeRules
{
    /// <summary>Largest tensor in bytes: what one span can address.</summary>
    private const long MostBytes = int.MaxValue - 64;

    /// <summary>Smallest scale of a value, 2^-60: quotients and products of two scales within these bounds are normal float32 numbers, whose multipliers exist.</summary>
    private const float LeastScale = 1f / (1L << 60);

    /// <summary>Largest scale of a value, 2^60.</summary>
    private const float MostScale = 1L << 60;

    /// <summary>An axis counted from the front.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="axis">The axis; negative counts from the end.</param>
    /// <param name="rank">Number of axes.</param>
    internal static int Axis(in Shapes shapes, int axis, int rank)
    {
        shapes.Require(axis >= -rank && axis < rank, $"the axis is {axis}; {-rank} … {rank - 1} is allowed for {rank} axes.");
        return axis < 0 ? axis + rank : axis;
    }

    /// <summary>An output whose sizes were computed without overflow; refused when it is too large to address.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="type">Element type.</param>
    /// <param name="sizes">Sizes of the axes, each at least 0.</param>
    /// <param name="quantization">Parameters, or null.</param>
    internal static TensorSpec Output(in Shapes shapes, DataType type, ReadOnlySpan<long> sizes, Quantization? quantization = null)
    {
        shapes.Require(sizes.Length <= Shape.MaxRank, $"the output would have {sizes.Length} axes; at most {Shape.MaxRank} are allowed.");
        Span<int> narrow = stackalloc int[Shape.MaxRank];
        for (int i = 0; i < sizes.Length; i++)
        {
            shapes.Require(sizes[i] <= int.MaxValue, $"axis {i} of the output would have {sizes[i]} elements; at most {int.MaxValue} are allowed.");
            narrow[i] = (int)sizes[i];
        }

        return Output(shapes, type, new Shape(narrow[..sizes.Length]), quantization);
    }

    /// <summary>An output, refused when it is too large to address.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="quantization">Parameters, or null.</param>
    internal static TensorSpec Output(in Shapes shapes, DataType type, Shape shape, Quantization? quantization = null)
    {
        // Every axis of at least 1 keeps the partial products growing, so the first one beyond the limit decides.
        long bytes = type.Size();
        foreach (int size in shape.Axes)
        {
            bytes *= size;
            shapes.Require(bytes <= MostBytes, $"the output would be {type.Name()} {shape}; at most {MostBytes} bytes are allowed.");
        }

        return new TensorSpec(type, shape, quantization);
    }

    /// <summary>The size C of the last axis of input 0, float32 [..., C], for which all other inputs are float32 [C].</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="names">What the other inputs are called in messages.</param>
    internal static int Channels(in Shapes shapes, params ReadOnlySpan<string> names)
    {
        shapes.RequireType(0, DataType.Float32);
        shapes.Require(shapes.Shape(0).Rank >= 1, "the input is a scalar; [..., channels] is needed.");
        int channels = shapes.Shape(0)[-1];
        for (int i = 0; i < names.Length; i++)
        {
            shapes.Require(
                shapes.Input(i + 1) is { Type: DataType.Float32, Shape: var shape } && shape == new Shape(channels),
                $"{names[i]} is {shapes.Input(i + 1)}; float32 [{channels}] is needed for the input {shapes.Input(0)}.");
        }

        return channels;
    }

    /// <summary>An output of two operands broadcast as NumPy's: aligned at the last axis, a size of 1 or a missing axis repeats.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="left">Shape of the first operand.</param>
    /// <param name="right">Shape of the second operand.</param>
    /// <param name="type">Element type of the output.</param>
    internal static TensorSpec Broadcast(in Shapes shapes, Shape left, Shape right, DataType type = DataType.Float32)
    {
        int rank = Math.Max(left.Rank, right.Rank);
        Span<long> sizes = stackalloc long[Shape.MaxRank];
        for (int i = 1; i <= rank; i++)
        {
            int leftSize = i <= left.Rank ? left[-i] : 1;
            int rightSize = i <= right.Rank ? right[-i] : 1;
            shapes.Require(
                leftSize == rightSize || leftSize == 1 || rightSize == 1,
                $"inputs {left} and {right} do not broadcast: counted from the end, axis {i} has sizes {leftSize} and {rightSize}; equal sizes, or one of 1, are allowed.");
            sizes[rank - i] = leftSize == 1 ? rightSize : leftSize;
        }

        return Output(shapes, type, sizes[..rank]);
    }

    /// <summary>Whether a tensor holds integers that mean themselves: int8, uint8, int16, int32 or int64 without scale and zero point.</summary>
    /// <param name="spec">The tensor.</param>
    internal static bool IsPlainInteger(in TensorSpec spec) =>
        spec.Quantization is null && spec.Type is DataType.Int8 or DataType.UInt8 or DataType.Int16 or DataType.Int32 or DataType.Int64;

    /// <summary>Throws unless input 1 has the type of input 0.</summary>
    /// <param name="shapes">The inputs.</param>
    internal static void SameTypes(in Shapes shapes)
    {
        TensorSpec left = shapes.Input(0), right = shapes.Input(1);
        shapes.Require(
            left.Type == right.Type && (left.Quantization is null) == (right.Quantization is null),
            $"the inputs are {left}{Parameters(left)} and {right}{Parameters(right)}; two of one type are allowed, both with scale and zero point or both without. Cast one.");
    }

    private static string Parameters(in TensorSpec spec) => spec.Quantization is null ? "" : " with a scale";

    /// <summary>An input that is only moved, of any supported type: its quantization, if any, must not vary along an axis.</summary>
    /// <param name="shapes">The inputs.</param>
    /// <param name="input">Its position.</param>
    internal static TensorSpec Moved(in Shapes shapes, int input)
    {
        TensorSpec spec = shapes.Input(input);
        shapes.Require(spec.Type.Size() > 0, $"input {input} is {spec}; its type is not supported.");
        shapes.Require(
            spec.Quantization is null || spec.Quantization.Axis < 0,
            $"the quantization of input {input} varies along axis {spec.Quantization?.Axis}; one scale for the whole tensor is allowed.");
        return spec;
    }

    /// <summary>The output of a layer with weights and perhaps a bias (inputs 1 and 2): float32 throughout, or int8 as TFLite defines it.</summary>
    /// <remarks>
    /// Beside float32 data the weights may be constants of int8 all the same, with one scale and zero point or one of each for every output channel: their values are dequantized.
    /// int8: input and output with one scale and zero point each, constant weights with one scale and zero point, or symmetric with a scale for each output
    /// channel, int32 bias.
    /// int16: input and output with zero point 0, int8 weights with zero point 0, int64 or int32 bias.
    /// The output's parameters are what the model declares. Source: TFLite 8-bit quantization specification.
    /// </remarks>
    /// <param name="shapes">The inputs.</param>
    /// <param name="output">Sizes of the output; the last one is the number of output channels.</param>
    /// <param name="channelAxis">The axis of the weights that counts output channels.</param>
    /// <param name="mayBeInt16">Whether int16 data beside int8 weights are allowed.</param>
    internal static TensorSpec Layer(in Shapes shapes, ReadOnlySpan<long> output, int channelAxis, bool mayBeInt16 = false)
    {
        TensorSpec input = shapes.Input(0), weights = shapes.Input(1);
        int channels = weights.Shape[channelAxis];
        bool hasBias = shapes.Has(2);
        TensorSpec bias = hasBias ? shapes.Input(2) : default;
        shapes.Require(!hasBias || bias.Shape == new Shape(channels), $"the bias is {bias}; [{channels}] is allowed, one value for each output channel.");
        if (input.Type == DataType.Float32)
        {
            shapes.Require(weights.Type is DataType.Float32 or DataType.Int8, $"the input is {input}, but the weights are {weights}; float32, and int8 with a scale, are allowed.");
            if (weights.Type == DataType.Int8)
            {
                Quantization parameters = WeightScales(shapes, channelAxis);
                foreach (int zeroPoint in parameters.ZeroPoints)
                {
                    shapes.Require(zeroPoint is >= sbyte.MinValue and <= sbyte.MaxValue, $"the weights {weights} have zero point {zeroPoint}; {sbyte.MinValue} … {sbyte.MaxValue} is allowed.");
                }
            }

            shapes.Require(!hasBias || bias.Type == DataType.Float32, $"the input is {input}, but the bias is {bias}; float32 is allowed.");
            return Output(shapes, DataType.Float32, output);
        }

        bool isInt16 = mayBeInt16 && input.Type == DataType.Int16;
        if (isInt16)
        {
            RequireQuantized(shapes, 0);
        }
        else
        {
            RequireInt8(shapes, 0);
        }

        shapes.Require(weights.Type == DataType.Int8, $"the input is {input}, but the weights are {weights}; int8 is allowed.");
        Quantization scales = WeightScales(shapes, channelAxis);
        float product = scales.Scale * input.Quantization!.Scale;        // with a single scale the reference multiplies in float32
        shapes.Require(
            scales.Scales.Length > 1 || float.IsFinite(product), $"the scales of input and weights are {input.Quantization.Scale} and {scales.Scale}; their product must be finite in float32.");
        if (scales.Axis >= 0 || isInt16)
        {
            Symmetric(shapes, scales, "the weights have");
        }

        shapes.Require(
            scales.ZeroPoint is >= sbyte.MinValue and <= sbyte.MaxValue, $"the weights {weights} have zero point {scales.ZeroPoint}; {sbyte.MinValue} … {sbyte.MaxValue} is allowed.");
        shapes.Require(
            !hasBias || bias.Type == DataType.Int32 || (isInt16 && bias.Type == DataType.Int64),
            $"the input is {input}, but the bias is {bias}; {(isInt16 ? "int64 and int32 are" : "int32 is")} allowed.");
        shapes.Require(!hasBias || shapes.IsConstant(2), "the integer bias is computed by the model; it must be a constant.");
        if (hasBias && bias.Quantization is { } biasScales)
        {
            Symmetric(shapes, biasScales, "the bias has");
        }

        return Output(shapes, input.Type, output, DeclaredQuantized(shapes));
    }

    /// <summary>The parameters of a layer's int8 weights: a constant with one scale, or one for each output channel.</summary>
    /// <param name="shapes">The inputs.</param>
    /// <param name="channelAxis">The axis of the weights that counts output channels.</param>
    /// <param name="input">Their position.</param>
    /// <param name="name">What they are called in messages.</param>
    internal static Quantization WeightScales(in Shapes shapes, int channelAxis, int input = 1, string name = "the weights")
    {
        TensorSpec weights = shapes.Input(input);
        int channels = weights.Shape[channelAxis];
        shapes.Require(shapes.IsConstant(input), $"{name} of int8 are computed by the model; they must be a constant.");
        Quantization? scales = weights.Quantization;
        shapes.Require(scales is not null, $"{name} {weights} have no scale; one, or one for each output channel, is needed.");
        int expected = scales.Axis < 0 ? 1 : channels;
        shapes.Require(
            (scales.Axis < 0 || scales.Axis == channelAxis) && scales.Scales.Length == expected,
            $"{name} {weights} have {scales.Scales.Length} scales along axis {scales.Axis}; one for the whole tensor, or {channels} along axis {channelAxis}, are allowed.");
        foreach (float scale in scales.Scales)
        {
            Scale(shapes, scale, name);
        }

        return scales;
    }

    /// <summary>The plan of a function of each element: float32, or int8 (perhaps int16) with the output's parameters as the model declares them.</summary>
    /// <param name="shapes">The inputs.</param>
    /// <param name="mayBeInt16">Whether int16 is allowed like int8.</param>
    internal static OperatorPlan Elementwise(in Shapes shapes, bool mayBeInt16 = false)
    {
        TensorSpec input = shapes.Input(0);
        if (input.Type == DataType.Float32)
        {
            return OperatorPlan.Elementwise(input);
        }

        if (mayBeInt16 && input.Type == DataType.Int16)
        {
            RequireQuantized(shapes, 0);
        }
        else
        {
            RequireInt8(shapes, 0);
        }

        return new OperatorPlan(input with { Quantization = DeclaredQuantized(shapes) }) { InPlaceInputs = 1 };
    }

    /// <summary>The plan of a function of each element whose int8 results have a scale and zero point that its definition fixes.</summary>
    /// <param name="shapes">The inputs.</param>
    /// <param name="scale">The scale of an int8 output.</param>
    /// <param name="zeroPoint">The zero point of an int8 output.</param>
    /// <param name="mayBeInt16">Whether int16 is allowed; its output has scale 2^-15 and zero point 0.</param>
    internal static OperatorPlan Elementwise(in Shapes shapes, float scale, int zeroPoint, bool mayBeInt16 = false)
    {
        OperatorPlan plan = Elementwise(shapes, mayBeInt16);
        if (plan.Outputs[0].Quantization is { } quantization)
        {
            if (plan.Outputs[0].Type == DataType.Int16)
            {
                (scale, zeroPoint) = (1f / 32768, 0);
            }

            shapes.Require(
                quantization.Scale == scale && quantization.ZeroPoint == zeroPoint,
                $"the declared output has scale {quantization.Scale} and zero point {quantization.ZeroPoint}; {scale} and {zeroPoint} are allowed. Requantize it afterwards.");
        }

        return plan;
    }

    /// <summary>An int8 input with one scale and zero point.</summary>
    /// <param name="shapes">The inputs.</param>
    /// <param name="input">Its position.</param>
    internal static void RequireInt8(in Shapes shapes, int input)
    {
        string name = input == 0 ? "the input" : $"input {input}";
        shapes.Require(
            shapes.Type(input) == DataType.Int8, $"{name} is {shapes.Input(input)}; float32 and int8 are allowed. Convert uint8 and int16 models to int8 when compiling.");
        Quantized(shapes, shapes.Input(input), name);
    }

    /// <summary>An int8 or int16 input with one scale; an int16 one has zero point 0.</summary>
    /// <param name="shapes">The inputs.</param>
    /// <param name="input">Its position.</param>
    internal static void RequireQuantized(in Shapes shapes, int input)
    {
        if (shapes.Type(input) != DataType.Int16)
        {
            RequireInt8(shapes, input);
            return;
        }

        string name = input == 0 ? "the input" : $"input {input}";
        Quantized(shapes, shapes.Input(input), name);
        SymmetricInt16(shapes, shapes.Input(input), name);
    }

    /// <summary>The parameters that the model declares for the int8 output.</summary>
    /// <param name="shapes">The inputs.</param>
    internal static Quantization DeclaredInt8(in Shapes shapes) => Declared(shapes, DataType.Int8);

    /// <summary>The parameters that the model declares for an output of the type of input 0, int8 or int16.</summary>
    /// <param name="shapes">The inputs.</param>
    internal static Quantization DeclaredQuantized(in Shapes shapes) => Declared(shapes, shapes.Type(0));

    private static Quantization Declared(in Shapes shapes, DataType type)
    {
        TensorSpec declared = shapes.Declared(0);
        shapes.Require(declared.Type == type, $"the input is {shapes.Input(0)}, but the model declares the output {declared}; {type.Name()} is allowed.");
        Quantized(shapes, declared, "the declared output");
        if (type == DataType.Int16)
        {
            SymmetricInt16(shapes, declared, "the declared output");
        }

        return declared.Quantization!;
    }

    private static void SymmetricInt16(in Shapes shapes, in TensorSpec spec, string name) =>
        shapes.Require(spec.Quantization!.ZeroPoint == 0, $"{name} {spec} has zero point {spec.Quantization.ZeroPoint}; 0 is allowed for int16 (symmetric quantization).");

    /// <summary>The output of pooling: float32, or int8 or int16 with the parameters of the input.</summary>
    /// <param name="shapes">The inputs.</param>
    /// <param name="output">Sizes of the output.</param>
    /// <param name="mayBeUInt8">Whether uint8 is allowed like int8.</param>
    internal static TensorSpec Pooled(in Shapes shapes, ReadOnlySpan<long> output, bool mayBeUInt8)
    {
        TensorSpec input = shapes.Input(0);
        if (input.Type == DataType.Float32)
        {
            return Output(shapes, DataType.Float32, output);
        }

        if (mayBeUInt8 && input.Type == DataType.UInt8)
        {
            Quantized(shapes, input, "the input");
        }
        else
        {
            RequireQuantized(shapes, 0);
        }

        return Output(shapes, input.Type, output, input.Quantization);
    }

    /// <summary>A quantized int8, uint8 or int16 tensor: a positive scale and a zero point within the type.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="spec">The tensor.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="perAxis">Whether parameters may vary along an axis.</param>
    internal static void Quantized(in Shapes shapes, in TensorSpec spec, string name, bool perAxis = false)
    {
        Quantization? quantization = spec.Quantization;
        shapes.Require(quantization is not null, $"{name} {spec} has no scale and zero point; a tensor of {spec.Type.Name()} needs them.");
        int axis = quantization.Axis;
        int expected = perAxis && axis >= 0 && axis < spec.Shape.Rank ? spec.Shape[axis] : axis < 0 ? 1 : -1;
        shapes.Require(
            quantization.Scales.Length == expected,
            $"{name} {spec} has {quantization.Scales.Length} scales along axis {axis}; one for the whole tensor{(perAxis ? ", or one for each index of an axis," : "")} is allowed.");
        foreach (float scale in quantization.Scales)
        {
            Scale(shapes, scale, name);
            shapes.Require(scale is >= LeastScale and <= MostScale, $"{name} {spec} has scale {scale}; 2^-60 … 2^60 is allowed.");
        }

        (int lowest, int highest) = spec.Type switch
        {
            DataType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            DataType.UInt8 => (byte.MinValue, byte.MaxValue),
            _ => (short.MinValue, short.MaxValue),
        };
        foreach (int zeroPoint in quantization.ZeroPoints)
        {
            shapes.Require(zeroPoint >= lowest && zeroPoint <= highest, $"{name} {spec} has zero point {zeroPoint}; {lowest} … {highest} is allowed.");
        }
    }

    /// <summary>Parameters whose zero points are all 0.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="quantization">The parameters.</param>
    /// <param name="name">Subject and verb of the message.</param>
    internal static void Symmetric(in Shapes shapes, Quantization quantization, string name)
    {
        int asymmetric = quantization.ZeroPoints.IndexOfAnyExcept(0);
        shapes.Require(
            asymmetric < 0,
            $"{name} zero point {(asymmetric < 0 ? 0 : quantization.ZeroPoints[asymmetric])} at channel {asymmetric}; 0 is allowed (symmetric quantization).");
    }

    private static void Scale(in Shapes shapes, float scale, string name) =>
        shapes.Require(scale > 0 && float.IsFinite(scale), $"{name}: scale {scale} is not a positive number.");

    /// <summary>An activation that exists; a value cast from elsewhere is refused.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="activation">The activation.</param>
    internal static void Known(in Shapes shapes, Activation activation) =>
        shapes.Require(activation <= Activation.ReluN1To1, $"the activation is {(byte)activation}; 0 … {(byte)Activation.ReluN1To1} is allowed.");

    /// <summary>The next attribute, an activation.</summary>
    /// <param name="attributes">The attribute bytes.</param>
    internal static Activation ReadActivation(ref AttributeReader attributes) => (Activation)attributes.Byte("activation", (byte)Activation.ReluN1To1);

    /// <summary>
    /// Checks that input 0 is [N, …, C] and input 1 the weights [O, …, C / groups] of a convolution over so many axes, and that the groups divide both channel counts.
    /// </summary>
    /// <returns>The output channels O.</returns>
    public static int ConvolutionOutputs(in Shapes shapes, int axes, int groups)
    {
        TensorSpec input = shapes.Input(0), weights = shapes.Input(1);
        shapes.Require(input.Shape.Rank == axes + 2, $"the input is {input}; [N, {(axes == 2 ? "" : "D, ")}H, W, C] is allowed.");
        shapes.Require(weights.Shape.Rank == axes + 2, $"the weights are {weights}; [O, {(axes == 2 ? "" : "KD, ")}KH, KW, C / groups] is allowed.");
        int channels = input.Shape[axes + 1], outputs = weights.Shape[0];
        shapes.Require(
            groups >= 1 && channels % groups == 0 && outputs % groups == 0,
            $"{groups} groups divide neither or only one of {channels} input channels and {outputs} output channels; both must be divisible.");
        shapes.Require(
            weights.Shape[axes + 1] == channels / groups,
            $"the input {input} has {channels} channels in {groups} groups, but the weights {weights} take {weights.Shape[axes + 1]} a group; {channels / groups} is allowed.");
        return outputs;
    }
}
