using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>
/// Quantized tensors. Both styles, float operators between QuantizeLinear and DequantizeLinear, and operators on integers, become the first one; a compiler
/// pass then makes int8 operators of it. Scales and zero points that are not known at conversion become arithmetic.
/// </summary>
internal static class OnnxQuantization
{
    /// <summary>Kinds that read a quantized tensor, with the position of the tensor and its scale; the zero point follows the scale.</summary>
    private static readonly Dictionary<string, (int Tensor, int Scale)[]> s_readers = new()
    {
        ["DequantizeLinear"] = [(0, 1)],
        ["QLinearConv"] = [(0, 1)],
        ["QLinearMatMul"] = [(0, 1), (3, 4)],
        ["com.microsoft.DequantizeLinear"] = [(0, 1)],
        ["com.microsoft.QLinearAdd"] = [(0, 1), (3, 4)],
        ["com.microsoft.QLinearMul"] = [(0, 1), (3, 4)],
        ["com.microsoft.QLinearSigmoid"] = [(0, 1)],
        ["com.microsoft.QLinearLeakyRelu"] = [(0, 1)],
        ["com.microsoft.QLinearSoftmax"] = [(0, 1)],
        ["com.microsoft.QLinearAveragePool"] = [(0, 1)],
        ["com.microsoft.QLinearGlobalAveragePool"] = [(0, 1)],
        ["com.microsoft.QGemm"] = [(0, 1)],
    };

    public static IEnumerable<OnnxOperator> Table =>
    [
        OnnxOperator.Same("DequantizeLinear", "Dequantize", static node => Real(node, node.Input(0), 1, node.Int32("axis", 1))),
        OnnxOperator.Same("com.microsoft.DequantizeLinear", "Dequantize", static node => Real(node, node.Input(0), 1, node.Int32("axis", 1))),
        OnnxOperator.Same("QuantizeLinear", "Quantize", static node => Stored(node, node.Input(0), 1, node.Int32("axis", 1))),
        OnnxOperator.Same("com.microsoft.QuantizeLinear", "Quantize", static node => Stored(node, node.Input(0), 1, node.Int32("axis", 1))),
        OnnxOperator.Many("DynamicQuantizeLinear", OperatorSupport.Emulated, "Reduce, Binary, Unary, Clip, Cast", DynamicQuantizeLinear),
        OnnxOperator.Made("ConvInteger", "Cast, Subtract, Conv2D", ConvInteger),
        OnnxOperator.Made("MatMulInteger", "Cast, Subtract, MatMul", MatMulInteger),
        OnnxOperator.Same("QLinearConv", "Conv2D, DepthwiseConv2D", QLinearConv),
        OnnxOperator.Same("QLinearMatMul", "Dense, MatMul", static node =>
            Stored(node, OnnxConvolution.Product(node, Real(node, node.Input(0), 1), Real(node, node.Input(3), 4, -1)), 6)),
        OnnxOperator.Same("com.microsoft.QLinearAdd", "Add", static node => Pair(node, static (node, a, b) => node.Builder.Add(node.Name, new Add(), a, b))),
        OnnxOperator.Same("com.microsoft.QLinearMul", "Multiply", static node => Pair(node, static (node, a, b) => node.Builder.Add(node.Name, new Multiply(), a, b))),
        OnnxOperator.Same("com.microsoft.QLinearSigmoid", "Sigmoid", static node => Single(node, static (node, x) => node.Builder.Add(node.Name, new Sigmoid(), x))),
        OnnxOperator.Same("com.microsoft.QLinearLeakyRelu", "LeakyRelu", static node =>
            Single(node, static (node, x) => node.Builder.Add(node.Name, new LeakyRelu(node.Float("alpha", 0.01f)), x))),
        OnnxOperator.Same("com.microsoft.QLinearAveragePool", "AveragePool2D", static node => Single(node, OnnxPooling.AveragePool)),
        OnnxOperator.Same("com.microsoft.QLinearGlobalAveragePool", "GlobalAveragePool", static node => Single(node, OnnxPooling.GlobalAveragePool)),
        OnnxOperator.Same("com.microsoft.QLinearSoftmax", "Softmax", static node =>
            Single(node, static (node, x) => OnnxActivations.AlongAxis(node, x, node.Integer("opset", 13), static (node, x) => node.Builder.Add(node.Name, new Softmax(), x)))),
        OnnxOperator.Made("com.microsoft.QLinearConcat", "Concat", QLinearConcat),
        OnnxOperator.Same("com.microsoft.QGemm", "Dense", QGemm),
    ];

    /// <summary>The scale and zero point of an input that only readers of quantized tensors with the same constant ones read; null otherwise.</summary>
    /// <param name="nodes">The nodes that are converted.</param>
    /// <param name="name">The input.</param>
    /// <param name="type">Its type.</param>
    /// <param name="constant">Finds a constant by name.</param>
    public static Quantization? OfInput(IReadOnlyList<OnnxNodeMessage> nodes, string name, DataType type, Func<string, Tensor?> constant)
    {
        Quantization? found = null;
        foreach (OnnxNodeMessage node in nodes)
        {
            for (int i = 0; i < node.Inputs.Count; i++)
            {
                if (node.Inputs[i] != name)
                {
                    continue;
                }

                (int, int Scale)[] readers = s_readers.GetValueOrDefault(node.FullKind, []);
                int scale = Array.Find(readers, reader => reader.Item1 == i).Scale;
                Tensor? zero = scale > 0 && scale + 1 < node.Inputs.Count && node.Inputs[scale + 1].Length > 0 ? constant(node.Inputs[scale + 1]) : null;
                bool zeroIsKnown = scale > 0 && (scale + 1 >= node.Inputs.Count || node.Inputs[scale + 1].Length == 0 || zero is not null);
                if (scale == 0 || !zeroIsKnown || constant(node.Inputs[scale]) is not { } scales || Parameters(scales, zero, type) is not { } parameters ||
                    (found is not null && !Quantization.Same(found, parameters)))
                {
                    return null;
                }

                found = parameters;
            }
        }

        return found;
    }

    /// <summary>The real numbers that a quantized tensor stands for.</summary>
    /// <param name="node">The node.</param>
    /// <param name="x">The tensor.</param>
    /// <param name="scaleInput">The input that holds its scale; the zero point follows.</param>
    /// <param name="axis">The axis along which they vary, if they do; negative counts from the end.</param>
    public static Tensor Real(OnnxNode node, Tensor x, int scaleInput, int axis = 0)
    {
        Tensor scale = node.Input(scaleInput);
        Tensor? zero = node.Optional(scaleInput + 1);
        if (scale.Shape.ElementCount == 1 && Parameters(scale, zero, x.Type) is { } single)
        {
            if (x.IsConstant && x.Quantization is null)
            {
                x = node.Builder.Graph.Constant(x.Name, x.Spec with { Quantization = single }, x.Data);
            }

            if (Quantization.Same(x.Quantization, single))
            {
                return node.Builder.Add(node.Name, new Dequantize(), x);
            }

            if (x.Quantization is { Axis: < 0 } other)
            {
                // The tensor is read with other parameters than it was made with: q = real / s1 + z1, and s2 · (q − z2) is meant.
                return node.Builder.Add(
                    node.Name,
                    new ParametricUnary(ParametricFunction.Affine, single.Scale / other.Scale, single.Scale * (other.ZeroPoint - single.ZeroPoint)),
                    node.Builder.Add(node.Name + "_stored", new Dequantize(), x));
            }
        }

        node.Require(x.Quantization is null, $"the input {x} is read with other scales than it was made with; the same are needed.");
        if (x is { IsConstant: true, Type: DataType.Int8 or DataType.UInt8 } && scale is { IsConstant: true, Shape.Rank: 1 } && zero is null or { IsConstant: true } &&
            node.Axis(axis, x.Shape.Rank) is var along && x.Shape[along] == scale.Shape[0])
        {
            int[] zeros = zero is null ? [] : Integers(zero);
            if (zeros.Length is 0 || zeros.Length == scale.Shape[0])
            {
                Quantization varying = new(scale.Values<float>(), zeros, along);
                return node.Builder.Add(node.Name, new Dequantize(), node.Builder.Graph.Constant(x.Name, x.Spec with { Quantization = varying }, x.Data));
            }
        }

        Tensor real = OnnxArithmetic.Cast(node, x, DataType.Float32);
        if (zero is not null && !(zero.IsConstant && zero.Data.Span.IndexOfAnyExcept((byte)0) < 0))
        {
            real = node.Builder.Add(node.Name + "_centered", new Subtract(), real, Along(node, OnnxArithmetic.Cast(node, zero, DataType.Float32), x.Shape, axis));
        }

        return node.Builder.Add(node.Name, new Multiply(), real, Along(node, scale, x.Shape, axis));
    }

    /// <summary>Real numbers as a quantized tensor.</summary>
    /// <param name="node">The node.</param>
    /// <param name="x">The real numbers.</param>
    /// <param name="scaleInput">The input that holds the scale; the zero point follows.</param>
    /// <param name="axis">The axis along which they vary, if they do; negative counts from the end.</param>
    public static Tensor Stored(OnnxNode node, Tensor x, int scaleInput, int axis = 0)
    {
        Tensor scale = node.Input(scaleInput);
        Tensor? zero = node.Optional(scaleInput + 1);
        DataType type = zero?.Type ?? (node.Integer("output_dtype", 0) is > 0 and var stated ? OnnxTypes.Becomes(stated, "the result") : DataType.UInt8);
        x = OnnxArithmetic.Cast(node, x, DataType.Float32);
        if (scale.Shape.ElementCount == 1 && type is DataType.Int8 or DataType.UInt8 or DataType.Int16 && Parameters(scale, zero, type) is { } single)
        {
            return node.Builder.Add(node.Name, new Quantize(), new TensorSpec(type, x.Shape, single), x);
        }

        Tensor steps = node.Builder.Add(
            node.Name + "_steps", new Unary(UnaryFunction.Round), node.Builder.Add(node.Name + "_scaled", new Binary(BinaryFunction.Divide), x, Along(node, scale, x.Shape, axis)));
        if (zero is not null)
        {
            steps = node.Builder.Add(node.Name + "_shifted", new Add(), steps, Along(node, OnnxArithmetic.Cast(node, zero, DataType.Float32), x.Shape, axis));
        }

        (int lowest, int highest) = type switch
        {
            DataType.Int8 => (-128, 127),
            DataType.UInt8 => (0, 255),
            DataType.Int16 => (-32768, 32767),
            DataType.Int32 => (0, 65535),         // uint16 is held as int32
            _ => throw node.Fail($"the result is to be {type.Name()}; int8, uint8, int16 and uint16 are allowed."),
        };
        return OnnxArithmetic.Cast(node, node.Builder.Add(node.Name + "_clamped", new Clip(lowest, highest), steps), type);
    }

    /// <summary>One scale and zero point as the runtime keeps them; null where they are not known, or not for this type.</summary>
    private static Quantization? Parameters(Tensor scale, Tensor? zero, DataType type)
    {
        if (scale is not { IsConstant: true, Type: DataType.Float32 } || scale.Shape.ElementCount != 1 || (zero is not null && (!zero.IsConstant || zero.Shape.ElementCount != 1)) ||
            type is not (DataType.Int8 or DataType.UInt8 or DataType.Int16))
        {
            return null;
        }

        float value = scale.Values<float>()[0];
        return value > 0 && float.IsFinite(value) ? new Quantization(value, zero is null ? 0 : Integers(zero)[0]) : null;
    }

    private static int[] Integers(Tensor tensor) => tensor.Type switch
    {
        DataType.Int8 => Array.ConvertAll(tensor.Values<sbyte>().ToArray(), static value => (int)value),
        DataType.UInt8 => Array.ConvertAll(tensor.Values<byte>().ToArray(), static value => (int)value),
        DataType.Int16 => Array.ConvertAll(tensor.Values<short>().ToArray(), static value => (int)value),
        DataType.Int32 => tensor.Values<int>().ToArray(),
        _ => throw new ModelImportException($"the zero point is {tensor}; int8, uint8, int16, uint16 and int32 are allowed."),
    };

    /// <summary>Values that vary along an axis, shaped to broadcast.</summary>
    private static Tensor Along(OnnxNode node, Tensor values, Shape shape, int axis)
    {
        if (values.Shape.Rank != 1 || values.Shape[0] == 1)
        {
            node.Require(values.Shape.ElementCount == 1, $"the scale or zero point is {values}; one value, or one for each index of an axis, is allowed.");
            return OnnxLayout.Reshape(node, values, new Shape(), -1);
        }

        int at = node.Axis(axis, shape.Rank);
        node.Require(shape[at] == values.Shape[0], $"the scale or zero point is {values}; {shape[at]} values are needed for axis {at} of {shape}.");
        int[] sizes = new int[shape.Rank - at];
        Array.Fill(sizes, 1);
        sizes[0] = values.Shape[0];
        return OnnxLayout.Reshape(node, values, new Shape(sizes), -1);
    }

    private static Tensor Single(OnnxNode node, Func<OnnxNode, Tensor, Tensor> convert) => Stored(node, convert(node, Real(node, node.Input(0), 1)), 3);

    private static Tensor Pair(OnnxNode node, Func<OnnxNode, Tensor, Tensor, Tensor> convert) =>
        Stored(node, convert(node, Real(node, node.Input(0), 1), Real(node, node.Input(3), 4)), 6);

    private static Tensor QLinearConv(OnnxNode node)
    {
        Tensor x = Real(node, node.Input(0), 1), weights = Real(node, node.Input(3), 4, axis: 0);
        Tensor? bias = node.Optional(8);
        return Stored(node, OnnxConvolution.Conv(node, x, weights, bias is null ? null : Bias(node, bias, node.Input(1), node.Input(4))), 6);
    }

    private static Tensor QGemm(OnnxNode node)
    {
        Tensor a = Real(node, node.Input(0), 1), b = Real(node, node.Input(3), 4, axis: node.Flag("transB") ? 0 : 1);
        Tensor? bias = node.Optional(6);
        Tensor y = OnnxConvolution.Gemm(node, a, b, bias is null ? null : Bias(node, bias, node.Input(1), node.Input(4)));
        return node.Has(7) ? Stored(node, y, 7) : y;
    }

    /// <summary>A bias of integers counts steps of input scale times weight scale.</summary>
    private static Tensor Bias(OnnxNode node, Tensor bias, Tensor inputScale, Tensor weightScale)
    {
        Tensor scale = node.Builder.Add(node.Name + "_bias_scale", new Multiply(), inputScale, weightScale);
        Tensor real = OnnxArithmetic.Cast(node, bias, DataType.Float32);
        return node.Builder.Add(node.Name + "_bias", new Multiply(), real, scale.Shape.ElementCount == 1 ? OnnxLayout.Reshape(node, scale, new Shape(), -1) : scale);
    }

    private static Tensor QLinearConcat(OnnxNode node)
    {
        // Inputs: output scale and zero point, then tensor, scale and zero point of each part.
        Tensor[] parts = [.. Enumerable.Range(0, (node.InputCount - 2) / 3).Select(i => Real(node, node.Input(2 + (3 * i)), 3 + (3 * i)))];
        return Stored(node, OnnxMovement.Joined(node, parts, node.Axis("axis", 1, parts[0].Shape.Rank)), 0);
    }

    /// <summary>Integers less their zero point, as float32, which holds every product and their sums up to 2²⁴ exactly.</summary>
    private static Tensor Centered(OnnxNode node, int input, int zeroInput, int axis)
    {
        Tensor x = node.Input(input), real = OnnxArithmetic.Cast(node, x, DataType.Float32);
        return node.Optional(zeroInput) is not { } zero
            ? real
            : node.Builder.Add(node.Name + "_centered", new Subtract(), real, Along(node, OnnxArithmetic.Cast(node, zero, DataType.Float32), x.Shape, axis));
    }

    private static Tensor MatMulInteger(OnnxNode node)
    {
        Tensor a = Centered(node, 0, 2, node.Input(0).Shape.Rank >= 2 ? -2 : -1), b = Centered(node, 1, 3, -1);
        return OnnxArithmetic.Cast(node, OnnxConvolution.Product(node, a, b), DataType.Int32);
    }

    private static Tensor ConvInteger(OnnxNode node) =>
        OnnxArithmetic.Cast(node, OnnxConvolution.Conv(node, Centered(node, 0, 2, 1), Centered(node, 1, 3, 0), null), DataType.Int32);

    /// <summary>uint8 on a scale that the data themselves decide, as the operator's definition computes it.</summary>
    private static IReadOnlyList<Tensor?> DynamicQuantizeLinear(OnnxNode node)
    {
        Tensor x = node.Input(0), zero = node.Builder.Scalar(node.Name + "_0", 0f), most = node.Builder.Scalar(node.Name + "_255", 255f);
        IntList all = IntList.Create([.. Enumerable.Range(0, x.Shape.Rank)]);
        Tensor lowest = node.Builder.Add(node.Name + "_min", new Binary(BinaryFunction.Minimum), node.Builder.Add(node.Name + "_min", new Reduce(Reduction.Minimum, all, KeepDims: false), x), zero);
        Tensor highest = node.Builder.Add(node.Name + "_max", new Binary(BinaryFunction.Maximum), node.Builder.Add(node.Name + "_max", new Reduce(Reduction.Maximum, all, KeepDims: false), x), zero);
        Tensor range = node.Builder.Add(node.Name + "_range", new Subtract(), highest, lowest);
        Tensor scale = node.Builder.Add(node.Name + "_scale", new Binary(BinaryFunction.Divide), range, most);
        Tensor first = node.Builder.Add(node.Name + "_first", new Binary(BinaryFunction.Divide), node.Builder.Add(node.Name + "_negative", new Subtract(), zero, lowest), scale);
        Tensor point = node.Builder.Add(node.Name + "_point", new Unary(UnaryFunction.Round), node.Builder.Add(node.Name + "_point", new Clip(0, 255), first));
        Tensor steps = node.Builder.Add(node.Name + "_steps", new Unary(UnaryFunction.Round), node.Builder.Add(node.Name + "_steps", new Binary(BinaryFunction.Divide), x, scale));
        Tensor shifted = node.Builder.Add(node.Name + "_shifted", new Clip(0, 255), node.Builder.Add(node.Name + "_shifted", new Add(), steps, point));
        return [OnnxArithmetic.Cast(node, shifted, DataType.UInt8), scale, OnnxArithmetic.Cast(node, point, DataType.UInt8)];
    }
}
