using System.Runtime.InteropServices;
using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>Layers with weights, pools, softmax.</summary>
internal static class LayerMappings
{
    /// <summary>The operators.</summary>
    public static IReadOnlyList<TfliteMapping> Table { get; } =
    [
        TfliteMapping.One("CONV_2D", "Conv2D", Conv),
        TfliteMapping.One("DEPTHWISE_CONV_2D", "DepthwiseConv2D", Depthwise),
        TfliteMapping.One("FULLY_CONNECTED", "Dense", FullyConnected),
        TfliteMapping.One("AVERAGE_POOL_2D", "AveragePool2D", AveragePool),
        TfliteMapping.One("MAX_POOL_2D", "MaxPool2D", MaxPool),
        TfliteMapping.One("SOFTMAX", "Softmax", static node => node.Compute(new Softmax(node.Options(OptionsKind.Softmax).Single(0)), node.Input(0))),
        TfliteMapping.Several("L2_POOL_2D", "Multiply, AveragePool2D, Unary", LengthPool),
        TfliteMapping.One("LOG_SOFTMAX", "LogSoftmax", static node => node.Compute(default(LogSoftmax), node.Input(0))),
        TfliteMapping.One("L2_NORMALIZATION", "L2Normalization", static node => node.Compute(new L2Normalization(1e-6f), node.Input(0))),
        TfliteMapping.One("BATCH_MATMUL", "MatMul, Dense", MatrixProduct),
    ];

    /// <summary>The padding of a window.</summary>
    /// <param name="code">0: SAME, 1: VALID.</param>
    /// <param name="input">[N, H, W, C].</param>
    /// <param name="height">Kernel, stride and dilation along the height.</param>
    /// <param name="width">The same along the width.</param>
    public static Padding2D Padding(byte code, Tensor input, (int Kernel, int Stride, int Dilation) height, (int Kernel, int Stride, int Dilation) width)
    {
        Rank(input, 4, "[N, H, W, C]");
        (int top, int bottom) = Padding(code, input.Shape[1], height.Kernel, height.Stride, height.Dilation);
        (int left, int right) = Padding(code, input.Shape[2], width.Kernel, width.Stride, width.Dilation);
        return new Padding2D(top, bottom, left, right);
    }

    /// <summary>The padding of a window along one axis.</summary>
    /// <param name="code">0: SAME, 1: VALID.</param>
    /// <param name="input">Length of the input.</param>
    /// <param name="kernel">Length of the window.</param>
    /// <param name="stride">Elements the window moves.</param>
    /// <param name="dilation">Distance between window elements.</param>
    public static (int Before, int After) Padding(byte code, int input, int kernel, int stride, int dilation)
    {
        if (kernel < 1 || stride < 1 || dilation < 1)
        {
            throw new ModelImportException($"its window has size {kernel}, stride {stride} and dilation {dilation}; at least 1 is allowed for each.");
        }

        return code switch
        {
            0 => Padding2D.SameAxis(input, kernel, stride, dilation),
            1 => (0, 0),
            _ => throw new ModelImportException($"its padding is {code}; 0 (SAME) and 1 (VALID) are allowed."),
        };
    }

    /// <summary>Refuses a tensor of another rank.</summary>
    public static void Rank(Tensor tensor, int rank, string meaning)
    {
        if (tensor.Shape.Rank != rank)
        {
            throw new ModelImportException($"it reads {tensor}; {meaning} is needed.");
        }
    }

    /// <summary>Weights of a layer, in the types and layout of the runtime.</summary>
    /// <remarks>
    /// Beside float32, int8 weights stay int8 (dynamic-range quantization) unless the caller wants them expanded. Beside int8: int8 with a scale for each channel, or one for the whole tensor where the reference rounds
    /// the product of scales to float32 (dense layers and legacy uint8). Legacy uint8 weights become int8 with zero point 0 where they fit, else less 128.
    /// </remarks>
    /// <param name="node">The operator.</param>
    /// <param name="input">The position of the weights.</param>
    /// <param name="data">What the layer reads.</param>
    /// <param name="shape">Their shape in the runtime, with the same elements.</param>
    /// <param name="channelAxis">Its axis that counts output channels.</param>
    /// <param name="sourceAxis">That axis in the file.</param>
    /// <param name="isDense">Whether the layer is dense.</param>
    public static Tensor Weights(TfliteNode node, int input, Tensor data, Shape shape, int channelAxis, int sourceAxis, bool isDense)
    {
        if (!node.IsStored(input))
        {
            return node.Builder.Reshape($"{node.Name}/weights", node.Input(input), shape);
        }

        TfliteTensor stated = node.Stated(input);
        bool isFloat = data.Type == DataType.Float32;
        ReadOnlyMemory<byte> elements = node.Conversion.Constants.Elements(stated);
        if (isFloat && stated.IsQuantized && (node.Conversion.Options.ExpandWeights || stated.Kind == TensorKind.Int16))
        {
            return node.Builder.Constant<float>(stated.Name, shape, Dequantized(stated, elements.Span));
        }

        if (!stated.IsQuantized)
        {
            return node.Builder.Graph.Constant(stated.Name, new TensorSpec(stated.Type, shape), elements);
        }

        if (stated.Scales.Length > 1 && stated.QuantizedAxis != sourceAxis)
        {
            throw new ModelImportException($"its weights are quantized along axis {stated.QuantizedAxis}; axis {sourceAxis} or one scale for all is allowed.");
        }

        Quantization quantization;
        if (stated.Kind == TensorKind.UInt8)
        {
            (elements, int zeroPoint) = UInt8Weights(elements.Span, stated.ZeroPoints[0]);
            quantization = new Quantization(stated.Scales[0], zeroPoint);
        }
        else if (stated.Scales.Length == 1 && (isDense || isFloat))
        {
            quantization = new Quantization(stated.Scales[0], stated.ZeroPoints[0]);
        }
        else
        {
            float[] scales = stated.Scales;
            int[] zeroPoints = stated.ZeroPoints;
            if (scales.Length == 1)
            {
                Array.Resize(ref scales, shape[channelAxis]);
                Array.Resize(ref zeroPoints, scales.Length);
                Array.Fill(scales, scales[0]);
                Array.Fill(zeroPoints, zeroPoints[0]);
            }

            quantization = new Quantization(scales, zeroPoints, channelAxis);
        }

        return node.Builder.Graph.Constant(stated.Name, new TensorSpec(DataType.Int8, shape, quantization), elements);
    }

    /// <summary>The bias of a layer; null where it is left out.</summary>
    /// <param name="node">The operator.</param>
    /// <param name="input">Its position.</param>
    /// <param name="channels">Output channels.</param>
    public static Tensor? Bias(TfliteNode node, int input, int channels)
    {
        if (node.Optional(input) is not { } bias)
        {
            return null;
        }

        return bias.Shape.ElementCount == channels ? node.Builder.Reshape($"{node.Name}/bias", bias, new Shape(channels)) : bias;
    }

    /// <summary>Real values of quantized elements.</summary>
    public static float[] Dequantized(TfliteTensor stated, ReadOnlySpan<byte> elements)
    {
        int inner = 1;
        for (int axis = stated.Axes.Length - 1; axis > stated.QuantizedAxis; axis--)
        {
            inner *= stated.Axes[axis];
        }

        float[] values = new float[stated.Kind == TensorKind.Int16 ? elements.Length / 2 : elements.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int channel = stated.Scales.Length == 1 ? 0 : i / inner % stated.Scales.Length;
            int element = stated.Kind switch
            {
                TensorKind.UInt8 => elements[i],
                TensorKind.Int16 => MemoryMarshal.Cast<byte, short>(elements)[i],
                _ => (sbyte)elements[i],
            };
            values[i] = (element - stated.ZeroPoints[channel]) * stated.Scales[channel];
        }

        return values;
    }

    private static (ReadOnlyMemory<byte> Elements, int ZeroPoint) UInt8Weights(ReadOnlySpan<byte> elements, int zeroPoint)
    {
        byte[] symmetric = new byte[elements.Length];
        for (int i = 0; i < symmetric.Length; i++)
        {
            int value = elements[i] - zeroPoint;
            if (value is < sbyte.MinValue or > sbyte.MaxValue)
            {
                return (TfliteConstants.ToInt8(elements), zeroPoint - TfliteTensor.UInt8Zero);
            }

            symmetric[i] = (byte)value;
        }

        return (symmetric, 0);
    }

    private static void Conv(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.Conv2D);
        Tensor input = node.Input(0);
        Shape weights = node.Stated(1).Shape;
        if (weights.Rank != 4)
        {
            throw new ModelImportException($"its weights have shape {weights}; [O, KH, KW, C] is needed.");
        }

        (int strideWidth, int strideHeight) = (options.Int32(1), options.Int32(2));
        (int dilationWidth, int dilationHeight) = (options.Int32(4, 1), options.Int32(5, 1));
        Padding2D padding = Padding(options.Byte(0), input, (weights[1], strideHeight, dilationHeight), (weights[2], strideWidth, dilationWidth));
        int channels = input.Shape[3];
        int groups = channels % weights[3] == 0
            ? channels / weights[3]
            : throw new ModelImportException($"it reads {input}, but its weights {weights} take {weights[3]} channels; a divisor of {channels} is needed.");
        node.Activated(
            options.Byte(3),
            activation => new Conv2D(strideHeight, strideWidth, dilationHeight, dilationWidth, padding, groups, activation),
            input, Weights(node, 1, input, weights, 0, 0, isDense: false), Bias(node, 2, weights[0]));
    }

    private static void Depthwise(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.DepthwiseConv2D);
        Tensor input = node.Input(0);
        Shape weights = node.Stated(1).Shape;
        if (weights.Rank != 4 || weights[0] != 1)
        {
            throw new ModelImportException($"its weights have shape {weights}; [1, KH, KW, C · multiplier] is needed.");
        }

        (int strideWidth, int strideHeight) = (options.Int32(1), options.Int32(2));
        (int dilationWidth, int dilationHeight) = (options.Int32(5, 1), options.Int32(6, 1));
        Padding2D padding = Padding(options.Byte(0), input, (weights[1], strideHeight, dilationHeight), (weights[2], strideWidth, dilationWidth));
        node.Activated(
            options.Byte(4),
            activation => new DepthwiseConv2D(strideHeight, strideWidth, dilationHeight, dilationWidth, padding, activation),
            input, Weights(node, 1, input, new Shape(weights[1], weights[2], weights[3]), 2, 3, isDense: false), Bias(node, 2, weights[3]));
    }

    private static void FullyConnected(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.FullyConnected);
        if (options.Byte(1) != 0)
        {
            throw new ModelImportException($"its weights have format {options.Byte(1)} (shuffled for one processor); 0 is supported. Convert the model without shuffling.");
        }

        Tensor input = node.Input(0);
        Shape weights = node.IsStored(1) ? node.Stated(1).Shape : node.Input(1).Shape;
        if (weights.Rank != 2)
        {
            throw new ModelImportException($"its weights have shape {weights}; [out, in] is needed.");
        }

        bool keepsAxes = options.Bool(2);
        if (!keepsAxes && (input.Shape.Rank != 2 || input.Shape[1] != weights[1]))
        {
            int rows = input.Shape.ElementCount / weights[1];
            input = (long)rows * weights[1] == input.Shape.ElementCount
                ? node.Builder.Reshape($"{node.Name}/rows", input, new Shape(rows, weights[1]))
                : throw new ModelImportException($"it reads {input}, but its weights {weights} take {weights[1]} values; a multiple of them is needed.");
        }

        node.Activated(
            options.Byte(0), static activation => new Dense(activation), input, Weights(node, 1, input, weights, 0, 0, isDense: true), Bias(node, 2, weights[0]));
    }

    private static (FlatTable Options, int Height, int Width, int StrideHeight, int StrideWidth, Padding2D Padding) Pool(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.Pool2D);
        (int strideWidth, int strideHeight) = (options.Int32(1), options.Int32(2));
        (int width, int height) = (options.Int32(3), options.Int32(4));
        return (options, height, width, strideHeight, strideWidth, Padding(options.Byte(0), node.Input(0), (height, strideHeight, 1), (width, strideWidth, 1)));
    }

    private static void AveragePool(TfliteNode node)
    {
        (FlatTable options, int height, int width, int strideHeight, int strideWidth, Padding2D padding) = Pool(node);
        Tensor input = node.Input(0);
        bool isUInt8 = node.Stated(0) is { Kind: TensorKind.UInt8, IsQuantized: true };
        if (isUInt8)
        {
            // Legacy uint8 rounds halves up, int8 away from zero: pooled as uint8.
            TfliteTensor stated = node.Stated(0);
            input = node.Builder.Add($"{node.Name}/uint8", default(Requantize), new TensorSpec(DataType.UInt8, default, stated.InterfaceQuantization), input);
        }

        Activation activation = TfliteNode.Clamp(options.Byte(5));
        Tensor pooled = node.Builder.Add(node.Name, new AveragePool2D(height, width, strideHeight, strideWidth, padding, false, activation), input);
        if (isUInt8)
        {
            pooled = node.Builder.Add($"{node.Name}/int8", default(Requantize), new TensorSpec(DataType.Int8, default, node.Input(0).Quantization), pooled);
        }

        node.Move(pooled);
    }

    private static void MaxPool(TfliteNode node)
    {
        (FlatTable options, int height, int width, int strideHeight, int strideWidth, Padding2D padding) = Pool(node);
        node.Move(node.Builder.Add(node.Name, new MaxPool2D(height, width, strideHeight, strideWidth, padding, TfliteNode.Clamp(options.Byte(5))), node.Input(0)));
    }

    /// <summary>√ of the mean of squares. Source: L2Pool, TensorFlow Lite kernels/internal/reference/pooling.h.</summary>
    private static void LengthPool(TfliteNode node)
    {
        (FlatTable options, int height, int width, int strideHeight, int strideWidth, Padding2D padding) = Pool(node);
        Tensor squares = node.Builder.Add($"{node.Name}/squares", new Unary(UnaryFunction.Square), node.Real(node.Input(0)));
        Tensor means = node.Builder.Add($"{node.Name}/means", new AveragePool2D(height, width, strideHeight, strideWidth, padding), squares);
        node.ComputeReal(new Unary(UnaryFunction.Sqrt), options.Byte(5), means);
    }

    /// <summary>One constant matrix as the weights of a dense layer: trainable, in int8 with the bits of the reference, which has one scale for the tensor. Null where it is none.</summary>
    private static Tensor? DenseWeights(TfliteNode node, Tensor left, Tensor right, bool isTransposed)
    {
        int rank = right.Shape.Rank;
        bool isWeights = right.Type == DataType.Float32 || (right.Type == DataType.Int8 && right.Quantization is { Axis: < 0 });
        if (!right.IsConstant || !isWeights || rank < 2 || left.Shape.Rank < rank || right.Shape.Product(0, rank - 2) != 1)
        {
            return null;
        }

        Tensor matrix = ConstantLayout.Reshape(node.Builder.Graph, right, new Shape(right.Shape[-2], right.Shape[-1]));
        return isTransposed ? matrix : ConstantLayout.Permute(node.Builder.Graph, matrix, IntList.Create([1, 0]));
    }

    private static void MatrixProduct(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.BatchMatMul);
        Tensor left = node.Input(0), right = node.Input(1);
        if (!options.Bool(0) && !node.Conversion.Options.ExpandWeights && DenseWeights(node, left, right, isTransposed: options.Bool(1)) is { } weights)
        {
            node.Compute(default(Dense), left, weights);
            return;
        }

        MatMul op = new(options.Bool(0), options.Bool(1));
        if (IsInt8(left) && IsInt8(right) && node.StatedOutput(0) is { Kind: TensorKind.Int8, IsQuantized: true })
        {
            node.Compute(op, left, right);
        }
        else
        {
            node.ComputeReal(op, 0, left, right);
        }

        static bool IsInt8(Tensor tensor) => tensor is { Type: DataType.Int8, Quantization.Axis: < 0 };
    }
}
