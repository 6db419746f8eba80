using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>Operators that change the size of pictures, and those that pick and put rows.</summary>
internal static class SpatialMappings
{
    /// <summary>The operators.</summary>
    public static IReadOnlyList<TfliteMapping> Table { get; } =
    [
        TfliteMapping.One("TRANSPOSE_CONV", "ConvTranspose2D", ConvTransposed),
        TfliteMapping.One("RESIZE_BILINEAR", "Resize", static node => Resized(node, OptionsKind.ResizeBilinear, 2, ResizeMode.Linear)),
        TfliteMapping.One("RESIZE_NEAREST_NEIGHBOR", "Resize", static node => Resized(node, OptionsKind.ResizeNearestNeighbor, 0, ResizeMode.Nearest)),
        TfliteMapping.One("SPACE_TO_BATCH_ND", "SpaceToBatch", static node => node.Move(Blocks(node, static (block, before, after) => new SpaceToBatch(block, before, after)))),
        TfliteMapping.One("BATCH_TO_SPACE_ND", "BatchToSpace", static node => node.Move(Blocks(node, static (block, before, after) => new BatchToSpace(block, before, after)))),
        TfliteMapping.One("LOCAL_RESPONSE_NORMALIZATION", "LocalResponseNormalization", ResponseNormalized),
        TfliteMapping.One("REVERSE_SEQUENCE", "ReverseSequence", SequencesReversed),
        TfliteMapping.One("CONV_3D", "Conv3D", Volume),
        TfliteMapping.One("TFLite_Detection_PostProcess", "DetectionPostProcess", Detections),
        TfliteMapping.One("GATHER_ND", "GatherNd", GatherRows),
        TfliteMapping.One("SCATTER_ND", "ScatterNd", ScatterRows),
    ];

    /// <remarks>Inputs: 0 size of the output, 1 weights OHWI, 2 data, 3 bias. Padding: ComputePaddingHeightWidth, TensorFlow Lite kernels/padding.h, for the output as a convolution's input.</remarks>
    private static void ConvTransposed(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.TransposeConv);
        Tensor input = node.Input(2);
        LayerMappings.Rank(input, 4, "[N, H, W, C]");
        Shape weights = node.Stated(1).Shape;
        int[] size = node.Integers(0, "the size of the output");
        if (weights.Rank != 4 || size.Length != 4)
        {
            throw new ModelImportException($"its weights have shape {weights} and its output [{string.Join(", ", size.Take(8))}]; four axes each are needed.");
        }

        (int strideWidth, int strideHeight) = (options.Int32(1), options.Int32(2));
        (int top, int bottom, int moreRows) = Cut(options.Byte(0), size[1], input.Shape[1], weights[1], strideHeight);
        (int left, int right, int moreColumns) = Cut(options.Byte(0), size[2], input.Shape[2], weights[2], strideWidth);
        Tensor constant = LayerMappings.Weights(node, 1, input, weights, 0, 0, isDense: false);
        Tensor? bias = LayerMappings.Bias(node, 3, weights[0]);
        node.Activated(
            options.Byte(3),
            activation => new ConvTranspose2D(strideHeight, strideWidth, 1, 1, new Padding2D(top, bottom, left, right), moreRows, moreColumns, 1, activation),
            input, constant, bias);
    }

    /// <summary>What is cut off before and behind one axis of the output, and what is added behind it.</summary>
    private static (int Before, int After, int More) Cut(byte padding, int output, int input, int kernel, int stride)
    {
        if (stride < 1 || output < 1 || padding > 1)
        {
            throw new ModelImportException($"its stride is {stride}, its output's size {output}, its padding {padding}; at least 1, at least 1, and 0 (SAME) or 1 (VALID) are allowed.");
        }

        long windows = padding == 0 ? ((long)output + stride - 1) / stride : Math.Max(0, ((long)output + stride - kernel) / stride);
        long total = Math.Max(0, ((windows - 1) * stride) + kernel - output);
        int before = checked((int)(total / 2));
        long behind = ((input - 1L) * stride) + kernel - before - output;
        return (before, checked((int)Math.Max(0, behind)), checked((int)Math.Max(0, -behind)));
    }

    private static void Resized(TfliteNode node, OptionsKind kind, int firstFlag, ResizeMode mode)
    {
        FlatTable options = node.Options(kind);
        (bool alignsCorners, bool centersPixels) = (options.Bool(firstFlag), options.Bool(firstFlag + 1));
        int[] size = node.Integers(1, "the size");
        if (size.Length != 2)
        {
            throw new ModelImportException($"its size has {size.Length} numbers; height and width are needed.");
        }

        ResizeTransform transform = alignsCorners ? ResizeTransform.TensorFlowAlignCorners : centersPixels ? ResizeTransform.TensorFlowHalfPixel : ResizeTransform.TensorFlow;
        if (alignsCorners && centersPixels)
        {
            throw new ModelImportException("it aligns corners and centers pixels at once; one of both is allowed.");
        }

        NearestRounding rounding = alignsCorners ? NearestRounding.RoundPreferCeiling : NearestRounding.Floor;
        Resize op = new(IntList.Create([-1, size[0], size[1], -1]), mode, transform, rounding);
        if (mode == ResizeMode.Linear && node.IsLegacy(0))
        {
            node.Move(ResizedNumbers(node, op, node.Stated(0).InterfaceQuantization!));
        }
        else
        {
            node.Move(node.Builder.Add(node.Name, op, node.Input(0)));
        }
    }

    /// <summary>Legacy uint8 is interpolated in float32, the stored integers themselves, and halves round up. Source: ResizeBilinear, TensorFlow Lite kernels/internal/reference/resize_bilinear.h.</summary>
    private static Tensor ResizedNumbers(TfliteNode node, Resize op, Quantization parameters)
    {
        Tensor resized = node.Builder.Add($"{node.Name}/resized", op, node.StoredNumbers(0));
        Tensor above = node.Builder.Add($"{node.Name}/above", new ParametricUnary(ParametricFunction.Affine, 1, 0.5f), resized);
        Tensor rounded = node.Builder.Add($"{node.Name}/rounded", new Unary(UnaryFunction.Floor), above);
        Tensor real = node.Builder.Add($"{node.Name}/affine", new ParametricUnary(ParametricFunction.Affine, parameters.Scale, -parameters.ZeroPoint * parameters.Scale), rounded);
        return node.Builder.Add(node.Name, default(Quantize), new TensorSpec(DataType.Int8, default, node.Input(0).Quantization), real);
    }

    private static void ResponseNormalized(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.LocalResponseNormalization);
        int radius = options.Int32(0);
        if (radius is < 0 or > (1 << 16))
        {
            throw new ModelImportException($"its radius is {radius}; 0 … {1 << 16} is allowed.");
        }

        node.Compute(new LocalResponseNormalization((2 * radius) + 1, options.Single(2), options.Single(3), options.Single(1)), node.Input(0));
    }

    private static void SequencesReversed(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.ReverseSequence);
        node.Move(node.Builder.Add(node.Name, new ReverseSequence(options.Int32(1), options.Int32(0)), node.Input(0), node.Input(1)));
    }

    /// <remarks>Inputs: 0 data, 1 weights [KD, KH, KW, C, O], 2 bias.</remarks>
    private static void Volume(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.Conv3D);
        Tensor input = node.Input(0), weights = node.Constant(1, "the weights");
        LayerMappings.Rank(input, 5, "[N, D, H, W, C]");
        LayerMappings.Rank(weights, 5, "[KD, KH, KW, C, O]");
        int[] strides = [options.Int32(1), options.Int32(3), options.Int32(2)], dilations = [options.Int32(5, 1), options.Int32(7, 1), options.Int32(6, 1)];
        int[] before = new int[3], after = new int[3];
        for (int axis = 0; axis < 3; axis++)
        {
            (before[axis], after[axis]) = LayerMappings.Padding(options.Byte(0), input.Shape[axis + 1], weights.Shape[axis], strides[axis], dilations[axis]);
        }

        Window3D window = new(IntList.Create(strides), IntList.Create(dilations), IntList.Create(before), IntList.Create(after));
        int groups = weights.Shape[3] > 0 && input.Shape[4] % weights.Shape[3] == 0 ? input.Shape[4] / weights.Shape[3] : 1;
        Tensor permuted = ConstantLayout.Permute(node.Builder.Graph, weights, IntList.Create([4, 0, 1, 2, 3]));
        node.Activated(options.Byte(4), activation => new Conv3D(window, groups, activation), input, permuted, LayerMappings.Bias(node, 2, weights.Shape[4]));
    }

    /// <remarks>Inputs: 0 encodings, 1 scores, 2 anchors; outputs: boxes, classes, scores, count. Options: TensorFlow Lite kernels/detection_postprocess.cc.</remarks>
    private static void Detections(TfliteNode node)
    {
        FlexMap options = FlexMap.Read(node.Operator.CustomOptions);
        IReadOnlyList<Tensor> results = node.Builder.AddAll(
            node.Name,
            new DetectionPostProcess(
                options.Integer("max_detections"),
                options.Integer("max_classes_per_detection"),
                options.Integer("num_classes"),
                (float)options.Number("nms_score_threshold"),
                (float)options.Number("nms_iou_threshold"),
                (float)options.Number("y_scale"),
                (float)options.Number("x_scale"),
                (float)options.Number("h_scale"),
                (float)options.Number("w_scale"),
                options.Number("use_regular_nms", 0) != 0,
                options.Integer("detections_per_class", 100)),
            [], node.Real(node.Input(0)), node.Real(node.Input(1)), node.Real(node.Input(2)));
        for (int i = 0; i < Math.Min(node.OutputCount, results.Count); i++)
        {
            node.Set(results[i], i);
        }
    }

    private static Tensor Blocks<TOperator>(TfliteNode node, Func<IntList, IntList, IntList, TOperator> make) where TOperator : struct, IOperator<TOperator>
    {
        int[] block = node.Integers(1, "the block"), edges = node.Integers(2, "what is added or cut");
        if (edges.Length != 2 * block.Length)
        {
            throw new ModelImportException($"its block has {block.Length} axes and {edges.Length} edges; two for each axis are needed.");
        }

        int[] before = new int[block.Length], after = new int[block.Length];
        for (int i = 0; i < block.Length; i++)
        {
            (before[i], after[i]) = (edges[2 * i], edges[(2 * i) + 1]);
        }

        return node.Builder.Add(node.Name, make(IntList.Create(block), IntList.Create(before), IntList.Create(after)), node.Input(0));
    }

    private static void GatherRows(TfliteNode node)
    {
        Tensor data = node.Input(0), indices = node.Input(1);
        RequireWithin(indices, data.Shape);
        node.Move(node.Builder.Add(node.Name, default(GatherNd), data, indices));
    }

    /// <summary>Rows added into zeros.</summary>
    private static void ScatterRows(TfliteNode node)
    {
        Tensor indices = node.Input(0), updates = node.Input(1);
        int[] sizes = node.Integers(2, "the shape");
        if (sizes.Length > Shape.MaxRank || Array.Exists(sizes, static size => size < 1))
        {
            throw new ModelImportException($"it scatters into shape [{string.Join(", ", sizes.Take(16))}]; at most {Shape.MaxRank} axes of at least 1 are needed.");
        }

        Shape shape = new(sizes);
        RequireWithin(indices, shape);
        Tensor zeros = ConstantMappings.Filled(node, $"{node.Name}/zeros", updates.Spec with { Shape = shape }, new byte[sizeof(long)]);
        node.Move(node.Builder.Add(node.Name, new ScatterNd(Scattering.Add), zeros, indices, updates));
    }

    /// <summary>Constant indices are checked at conversion; computed ones when the model runs.</summary>
    private static void RequireWithin(Tensor indices, Shape data)
    {
        if (!indices.IsConstant || indices.Shape.Rank == 0 || indices.Shape[-1] > data.Rank)
        {
            return;
        }

        long[] values = GraphBuilder.Integers(indices, "the list of indices");
        for (int i = 0; i < values.Length; i++)
        {
            int axis = i % indices.Shape[-1];
            if (values[i] < 0 || values[i] >= data[axis])
            {
                throw new ModelImportException($"it picks element {values[i]} of axis {axis}; 0 … {data[axis] - 1} is allowed.");
            }
        }
    }
}
