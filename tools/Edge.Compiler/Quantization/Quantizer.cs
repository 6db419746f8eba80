using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>Turns a float32 network into integers after training, by the TFLite 8-bit quantization specification, or its form with int16 activations.</summary>
/// <remarks>
/// Activations are int8 with scale and zero point (or int16, symmetric), weights int8 symmetric with one scale for each output channel, biases int32 (int64). The ranges of activations come from
/// calibration samples. What has no integer form stays float32 between Dequantize and Quantize, and is listed in the report.
/// </remarks>
public static class Quantizer
{
    /// <summary>Quantizes a network.</summary>
    /// <param name="floatGraph">A float32 graph; unchanged. It is optimized first: batch normalizations and activations should be part of their layers.</param>
    /// <param name="data">Calibration samples.</param>
    /// <param name="options">How; the defaults when null.</param>
    /// <exception cref="Edge.Runtime.ShapeException">The data do not fit the inputs.</exception>
    /// <exception cref="ArgumentException">A value that is not finite, or an option out of range.</exception>
    public static QuantizationResult Quantize(Graph floatGraph, CalibrationData data, QuantizerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(floatGraph);
        ArgumentNullException.ThrowIfNull(data);
        options ??= new QuantizerOptions();
        if (!(options.Percentile > 50) || options.Percentile > 100 || options.FloatLastLayers < 0)
        {
            throw new ArgumentException($"Percentile {options.Percentile} and {options.FloatLastLayers} float layers; above 50 up to 100, and at least 0, are allowed.", nameof(options));
        }

        bool wide = options.Activations == ActivationPrecision.Int16;
        if (wide)
        {
            options = options with { Method = CalibrationMethod.MinMax };
        }

        Graph graph = floatGraph.Clone();
        Compile.Optimize(graph);
        if (options.KeepFloat.FirstOrDefault(name => graph.Nodes.All(node => node.Name != name)) is { } unknown)
        {
            throw new ArgumentException($"There is no operator '{unknown}' to keep float32; the first are {string.Join(", ", graph.Nodes.Take(10).Select(static node => $"'{node.Name}'"))}.", nameof(options));
        }

        data.Count(graph);
        Dictionary<string, string> asked = Asked(graph, options);
        MaskLimiting.Run(graph, data, asked);
        new Int8Lowering(graph, asked).Run();
        Dictionary<Node, string> reasons = Reasons(graph, asked);
        Node[] int8 = [.. graph.Nodes.Where(node => !reasons.ContainsKey(node))];
        ParameterPlan plan = new(int8, Calibrator.Ranges(graph, int8, data, options), wide ? DataType.Int16 : DataType.Int8);
        Dictionary<Node, LayerParameters> layers = Layers(graph, reasons, plan, wide);
        if (options.BiasCorrection)
        {
            CorrectBiases(graph, layers, data);
        }

        QuantizedGraphBuilder builder = new(graph, plan, layers, reasons, options.Interface);
        Graph result = builder.Build();
        return new QuantizationResult(result, new QuantizationReport
        {
            Quantized = builder.Quantized,
            Float = builder.Float,
            FileBytesBefore = ModelEmitter.ToBytes(graph).Length,
            FileBytesAfter = ModelEmitter.ToBytes(result).Length,
        });
    }

    /// <summary>Elements from which on weights are worth rounding; below, the bytes saved are few. Source: TFLite's converter, dynamic-range quantization.</summary>
    private const int FewestWeights = 1024;

    /// <summary>
    /// Rounds weights alone: Dense, Conv2D and DepthwiseConv2D keep float32 activations and get int8 weights, symmetric, one scale for each output channel. The file shrinks to about
    /// a quarter, no calibration is needed, and arithmetic stays float32: the runtime dequantizes the weights once at load. Known as dynamic-range or weight-only quantization.
    /// </summary>
    /// <param name="floatGraph">A float32 graph; unchanged. It is optimized first.</param>
    /// <returns>The graph; its report lists the layers whose weights were rounded, with the range of the weights, and as float the layers that stay as they are.</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static QuantizationResult QuantizeWeights(Graph floatGraph)
    {
        ArgumentNullException.ThrowIfNull(floatGraph);
        Graph graph = floatGraph.Clone();
        Compile.Optimize(graph);
        long before = ModelEmitter.ToBytes(graph).Length;
        List<QuantizedOperator> quantized = [];
        List<FloatOperator> kept = [];
        Dictionary<Tensor, (Tensor Weights, QuantizedWeights Rounded)> made = [];
        foreach (Node node in graph.Nodes)
        {
            if (node.Operator is ConvTranspose2D || Fusable.ChannelAxis(node) is not { } axis || node.Inputs[1] is not { Type: DataType.Float32 } weights)
            {
                continue;
            }

            if (!weights.IsConstant || weights.Shape.ElementCount < FewestWeights)
            {
                kept.Add(new FloatOperator(node.Name, node.Info.Name, weights.IsConstant
                    ? $"its {weights.Shape.ElementCount} weights are fewer than {FewestWeights}." : "its weights are computed and no constants."));
                continue;
            }

            if (!made.TryGetValue(weights, out (Tensor Weights, QuantizedWeights Rounded) result) || result.Weights.Quantization!.Axis != axis)
            {
                QuantizedWeights rounded = new(weights, axis, [], 1);
                made[weights] = result = (graph.Constant(weights.Name, rounded.Spec, rounded.Data), rounded);
            }

            graph.SetInput(node, 1, result.Weights);
            float most = result.Rounded.Spec.Quantization!.Scales.ToArray().Max() * sbyte.MaxValue;
            quantized.Add(new QuantizedOperator(
                node.Name, node.Info.Name, new ValueRange(-most, most), most / sbyte.MaxValue, 0, result.Rounded.Snr, weights.Spec.Bytes, result.Rounded.Bytes, 0));
        }

        return new QuantizationResult(graph, new QuantizationReport { Quantized = quantized, Float = kept, FileBytesBefore = before, FileBytesAfter = ModelEmitter.ToBytes(graph).Length });
    }

    /// <summary>Names of nodes that were asked to stay float32, with the reason.</summary>
    private static Dictionary<string, string> Asked(Graph graph, QuantizerOptions options)
    {
        Dictionary<string, string> asked = [];
        Node[] layers = [.. graph.Nodes.Where(static node => node.IsLayer)];
        Node? firstFloat = options.FloatLastLayers == 0 ? null : layers.Length <= options.FloatLastLayers ? graph.Nodes.FirstOrDefault() : layers[^options.FloatLastLayers];
        bool behind = false;
        foreach (Node node in graph.Nodes)
        {
            behind |= node == firstFloat;
            if (options.KeepFloat.Contains(node.Name))
            {
                asked.Add(node.Name, "it was asked to stay float32.");
            }
            else if (behind)
            {
                asked.Add(node.Name, $"it belongs to the last {options.FloatLastLayers} layers, which were asked to stay float32.");
            }
        }

        return asked;
    }

    /// <summary>Why nodes stay float32, as far as that is known before the int8 graph is built.</summary>
    private static Dictionary<Node, string> Reasons(Graph graph, Dictionary<string, string> asked)
    {
        Dictionary<Node, string> reasons = [];
        foreach (Node node in graph.Nodes.Reverse())
        {
            QuantizationRule rule = QuantizationRules.Of(node.Operator);
            if (asked.TryGetValue(node.Name, out string? wish))
            {
                reasons.Add(node, wish);
            }
            else if (rule == QuantizationRule.Conversion)
            {
                reasons.Add(node, "it converts types.");
            }
            else if (rule == QuantizationRule.None)
            {
                reasons.Add(node, $"{node.Info.Name} has no int8 form.");
            }
            else if (rule == QuantizationRule.Layer && (!node.Inputs[1]!.IsConstant || node.Input(2) is { IsConstant: false }))
            {
                reasons.Add(node, "its weights or biases are computed and no constants.");
            }
            else if (rule == QuantizationRule.Layer && node.Inputs.Any(static input => input is { Type: not DataType.Float32 }))
            {
                reasons.Add(node, "it reads other types than float32.");
            }
            else if (rule != QuantizationRule.Layer && BecomesIntegers(graph, node, reasons))
            {
                reasons.Add(node, Integers);
            }
        }

        KeepStates(graph, reasons);
        return reasons;
    }

    private const string Integers = "its result becomes integers, which rounding to int8 would change.";

    /// <summary>Whether real numbers that a node computes end as integers: sizes, indices.</summary>
    private static bool BecomesIntegers(Graph graph, Node node, Dictionary<Node, string> reasons) =>
        node.Outputs.All(output => output is { Type: DataType.Float32, Consumers.Count: > 0 } && !graph.IsOutput(output) && output.Consumers.All(
            reader => reader.Operator is Cast ? reader.Output.Type != DataType.Float32 : reader.Operator is Embedding or OneHot && reader.Inputs[0] == output || ReferenceEquals(reasons.GetValueOrDefault(reader), Integers)));

    /// <summary>A state is int8 where everything beside it is: otherwise it would be rounded in every run for nothing.</summary>
    private static void KeepStates(Graph graph, Dictionary<Node, string> reasons)
    {
        foreach (IGrouping<int?, Node> state in graph.Nodes.Where(static node => node.StateId is not null).GroupBy(static node => node.StateId).ToArray())
        {
            string? reason = state.Select(reasons.GetValueOrDefault).FirstOrDefault(static known => known is not null);
            if (reason is null && state.Any(node => node.Output.Consumers.Any(reasons.ContainsKey) || (node.Inputs[0]!.Producer is { } producer && reasons.ContainsKey(producer))))
            {
                reason = "what reads or writes this state is float32.";
            }

            foreach (Node node in state.Where(node => reason is not null && !reasons.ContainsKey(node)))
            {
                reasons.Add(node, reason!);
            }
        }
    }

    private static Dictionary<Node, LayerParameters> Layers(Graph graph, Dictionary<Node, string> reasons, ParameterPlan plan, bool wide)
    {
        Dictionary<Node, LayerParameters> layers = [];
        foreach (Node node in graph.Nodes)
        {
            if (Fusable.ChannelAxis(node) is { } axis && !reasons.ContainsKey(node))
            {
                float[]? bias = node.Input(2) is { } stated ? stated.Values<float>().ToArray() : null;
                float inputScale = plan.Parameters(node.Inputs[0]!).Scale;
                layers.Add(node, new LayerParameters { Weights = new QuantizedWeights(node.Inputs[1]!, axis, bias, inputScale, wide), Bias = bias });
            }
        }

        return layers;
    }

    /// <summary>Adds E[w · x] − E[w' · x] to each bias, w' being the rounded weights and E the mean over calibration samples and positions.</summary>
    /// <remarks>
    /// Both are linear in the weights, so the difference is the mean output of the same layer with the weights w − w': one more node for each layer of the float model.
    /// Source: Nagel et al. 2019, arXiv:1906.04721, section 4.2 (empirical form).
    /// </remarks>
    private static void CorrectBiases(Graph graph, Dictionary<Node, LayerParameters> layers, CalibrationData data)
    {
        Graph copy = graph.Clone(out Dictionary<Tensor, Tensor> copies);
        Node[] nodes = [.. graph.Nodes.Where(layers.ContainsKey)];
        Tensor[] errors = new Tensor[nodes.Length];
        double[][] sums = new double[nodes.Length][];
        long[] counts = new long[nodes.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            Node node = nodes[i];
            Tensor weights = copy.Constant<float>(node.Name + "_error", node.Inputs[1]!.Shape, layers[node].Weights.Error());
            errors[i] = copy.AddNode(node.Info, Fusable.With(node.Operator, Activation.None), node.Name + "_error", [copies[node.Inputs[0]!], weights]).Output;
            sums[i] = new double[node.Output.Shape[-1]];
        }

        Calibrator.Run(copy, errors, data, (layer, values) =>
        {
            double[] sum = sums[layer];
            for (int i = 0; i < values.Length; i++)
            {
                sum[i % sum.Length] += values[i];
            }

            counts[layer] += values.Length / sum.Length;
        });
        for (int i = 0; i < nodes.Length; i++)
        {
            LayerParameters layer = layers[nodes[i]];
            layer.Bias ??= new float[sums[i].Length];
            for (int c = 0; c < sums[i].Length; c++)
            {
                double correction = sums[i][c] / counts[i];
                layer.Bias[c] = (float)(layer.Bias[c] + correction);
                layer.LargestCorrection = Math.Max(layer.LargestCorrection, Math.Abs(correction));
            }
        }
    }
}

/// <summary>What becomes of a layer's constants.</summary>
internal sealed class LayerParameters
{
    public required QuantizedWeights Weights { get; init; }

    /// <summary>Float32 bias, corrected; or null.</summary>
    public float[]? Bias { get; set; }

    public double LargestCorrection { get; set; }
}
