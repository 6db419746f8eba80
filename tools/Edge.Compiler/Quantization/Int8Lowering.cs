using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>Says what has no int8 form, or a coarse one, with operators that have one. The float32 network stays the same to rounding.</summary>
/// <param name="graph">An optimized float32 graph; changed.</param>
/// <param name="kept">Names of nodes that stay as they are.</param>
internal sealed class Int8Lowering(Graph graph, IReadOnlyDictionary<string, string> kept)
{
    public void Run()
    {
        ExpandWeights();
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (kept.ContainsKey(node.Name) || node.Output.Type != DataType.Float32 || node.Outputs.Count != 1 || node.Inputs[0]!.Type != DataType.Float32)
            {
                continue;
            }

            Tensor x = node.Inputs[0]!;
            Tensor? made = node.Operator switch
            {
                BatchNorm norm => Normalization(node, norm, x),
                GlobalAveragePool pool => graph.Add(node.Name + "/mean", new ReduceMean([1, 2], pool.KeepDims), x),       // with a range of its own
                AveragePool2D { CountIncludePad: true } pool => Pool(node, pool, x),
                Resize { Mode: ResizeMode.Linear } resize => Linear(node, resize, x),
                MatMul { TransposeA: false } product when node.Inputs[1] is { IsConstant: true, Shape.Rank: 2 } weights => Product(node, product, x, weights),
                Binary binary => Combination(node, binary, x, node.Inputs[1]!),
                Reduce reduce => Terms(node, reduce, x),
                _ => null,
            };
            if (made is null)
            {
                continue;
            }

            string name = node.Output.Name;
            graph.ReplaceUses(node.Output, made);
            graph.Remove(node);
            graph.Rename(made, name);
        }

        graph.TopologicalSort();
    }

    /// <summary>Weights that are int8 beside float32 data become float32: rounded again to the same steps, their layers can be int8 altogether.</summary>
    private void ExpandWeights()
    {
        Dictionary<Tensor, Tensor> expanded = [];
        foreach (Node node in graph.Nodes.Where(node => Fusable.ChannelAxis(node) is not null && !kept.ContainsKey(node.Name) && node.Inputs[0]!.Type == DataType.Float32).ToArray())
        {
            if (node.Inputs[1] is not { IsConstant: true } weights || !Dequantizer.IsQuantized(weights.Spec))
            {
                continue;
            }

            if (!expanded.TryGetValue(weights, out Tensor? real))
            {
                float[] values = new float[weights.Shape.ElementCount];
                AffineQuantization.Dequantize(weights.Data.Span, weights.Spec, values);
                expanded.Add(weights, real = graph.Constant<float>(weights.Name, weights.Shape, values));
            }

            graph.SetInput(node, 1, real);
        }
    }

    /// <summary>y = s · x + b for each channel is a depthwise convolution of one pixel: int8 with a scale for each channel.</summary>
    private Tensor? Normalization(Node node, BatchNorm norm, Tensor x)
    {
        if (Enumerable.Range(1, 4).Any(i => node.Input(i) is not { IsConstant: true, Type: DataType.Float32 }))
        {
            return null;
        }

        int channels = x.Shape[-1];
        ReadOnlySpan<float> gamma = node.Inputs[1]!.Values<float>(), beta = node.Inputs[2]!.Values<float>(), mean = node.Inputs[3]!.Values<float>(), variance = node.Inputs[4]!.Values<float>();
        float[] scale = new float[channels];
        float[] bias = new float[channels];
        for (int c = 0; c < channels; c++)
        {
            double factor = gamma[c] / Math.Sqrt((double)variance[c] + norm.Epsilon);
            scale[c] = (float)factor;
            bias[c] = (float)(beta[c] - (mean[c] * factor));
        }

        int rank = x.Shape.Rank;
        int[] picture = rank == 1 ? [1, 1, 1, channels] : rank == 2 ? [0, 1, 1, channels] : [0, x.Shape.Product(1, rank - 1), 1, channels];
        Tensor from = rank == 4 ? x : graph.Add(node.Name + "/picture", new Reshape(IntList.Create(picture)), x);
        Tensor weights = graph.Constant<float>(node.Name + "/scale", new Shape(1, 1, channels), scale);
        Tensor made = graph.Add(node.Name + "/depthwise", new DepthwiseConv2D(), from, weights, graph.Constant<float>(node.Name + "/bias", new Shape(channels), bias));
        if (rank == 4)
        {
            return made;
        }

        int[] back = [.. x.Shape.Axes];
        back[0] = rank == 1 ? channels : 0;
        return graph.Add(node.Name + "/reshape", new Reshape(IntList.Create(back)), made);
    }

    private Tensor Pool(Node node, AveragePool2D pool, Tensor x)
    {
        Padding2D padding = pool.Padding;
        Tensor padded = padding == default ? x : graph.Add(node.Name + "/pad", new Pad([0, padding.Top, padding.Left, 0], [0, padding.Bottom, padding.Right, 0], 0), x);
        return graph.Add(node.Name + "/pool", pool with { Padding = default, CountIncludePad = false }, padded);
    }

    /// <summary>The transforms of ONNX that are those of TFLite where the scale is the ratio of the sizes.</summary>
    private Tensor? Linear(Node node, Resize resize, Tensor x)
    {
        Shape from = x.Shape, to = node.Output.Shape;
        bool exact = resize.Scales.Count == 0 || Enumerable.Range(0, from.Rank).All(axis => resize.Scales[axis] == 0 || resize.Scales[axis] == (float)to[axis] / from[axis]);
        if (from.Rank != 4 || !exact || resize.Antialias || resize.Region.Count > 0 || to[1] < 2 || to[2] < 2)
        {
            return null;
        }

        ResizeTransform? transform = resize.Transform switch
        {
            ResizeTransform.HalfPixel or ResizeTransform.PytorchHalfPixel or ResizeTransform.HalfPixelSymmetric => ResizeTransform.TensorFlowHalfPixel,
            ResizeTransform.AlignCorners => ResizeTransform.TensorFlowAlignCorners,
            ResizeTransform.Asymmetric => ResizeTransform.TensorFlow,
            _ => null,
        };
        return transform is null ? null : graph.Add(node.Name + "/resize", new Resize(resize.Sizes, ResizeMode.Linear, transform.Value), x);
    }

    /// <summary>Weights of a matrix product are those of a dense layer: a scale for each column.</summary>
    private Tensor Product(Node node, MatMul product, Tensor x, Tensor weights)
    {
        if (!product.TransposeB)
        {
            (int rows, int columns) = (weights.Shape[0], weights.Shape[1]);
            ReadOnlySpan<float> values = weights.Values<float>();
            float[] turned = new float[values.Length];
            for (int i = 0; i < turned.Length; i++)
            {
                turned[i] = values[(i % rows * columns) + (i / rows)];
            }

            weights = graph.Constant<float>(weights.Name, new Shape(columns, rows), turned);
        }

        return graph.Add(node.Name + "/dense", default(Dense), x, weights);
    }

    private Tensor? Combination(Node node, Binary binary, Tensor x, Tensor y)
    {
        float? scalar = y is { IsConstant: true, Shape.ElementCount: 1 } && y.Shape.Rank <= x.Shape.Rank ? y.Values<float>()[0] : null;
        switch (binary.Function)
        {
            case BinaryFunction.Divide when y.IsConstant && y.Values<float>().IndexOf(0f) < 0:
                float[] inverse = [.. y.Values<float>()];
                for (int i = 0; i < inverse.Length; i++)
                {
                    inverse[i] = 1 / inverse[i];
                }

                return graph.Add(node.Name + "/multiply", default(Multiply), x, graph.Constant<float>(y.Name + "_inverse", y.Shape, inverse));
            case BinaryFunction.Minimum when scalar is { } most && !float.IsNaN(most):
                return graph.Add(node.Name + "/clip", new Clip(float.NegativeInfinity, most), x);
            case BinaryFunction.Maximum when scalar is { } least && !float.IsNaN(least):
                return graph.Add(node.Name + "/clip", new Clip(least, float.PositiveInfinity), x);
            case BinaryFunction.Power when scalar is 2 or 0.5f or -1 or -0.5f:
                UnaryFunction function = scalar switch
                {
                    2 => UnaryFunction.Square,
                    0.5f => UnaryFunction.Sqrt,
                    -1 => UnaryFunction.Reciprocal,
                    _ => UnaryFunction.Rsqrt,
                };
                return graph.Add(node.Name + "/unary", new Unary(function), x);
            default:
                return null;
        }
    }

    private Tensor? Terms(Node node, Reduce reduce, Tensor x)
    {
        UnaryFunction? before = reduce.Kind switch
        {
            Reduction.L1 => UnaryFunction.Abs,
            Reduction.L2 or Reduction.SumOfSquares => UnaryFunction.Square,
            _ => null,
        };
        if (before is null && reduce.Kind != Reduction.LogSum)
        {
            return null;
        }

        Tensor terms = before is { } function ? graph.Add(node.Name + "/terms", new Unary(function), x) : x;
        Tensor sum = graph.Add(node.Name + "/sum", new ReduceSum(reduce.Axes, reduce.KeepDims), terms);
        return reduce.Kind switch
        {
            Reduction.L2 => graph.Add(node.Name + "/root", new Unary(UnaryFunction.Sqrt), sum),
            Reduction.LogSum => graph.Add(node.Name + "/log", new Unary(UnaryFunction.Log), sum),
            _ => sum,
        };
    }
}
