using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

public sealed class QuantizerTests
{
    private const int Samples = 24;

    [Theory]
    [InlineData(CalibrationMethod.MinMax)]
    [InlineData(CalibrationMethod.Percentile)]
    [InlineData(CalibrationMethod.MeanSquareError)]
    public void Int8_stays_close_to_float(CalibrationMethod method)
    {
        Graph graph = Networks.Classifier();
        QuantizationResult result = Quantizer.Quantize(graph, Data(graph), new QuantizerOptions { Method = method });
        Assert.Empty(result.Report.Float);
        float[] input = GraphRunner.Values(graph.Inputs[0].Shape.ElementCount, 77);
        double snr = GraphRunner.Snr(GraphRunner.Run(graph, input)[0], GraphRunner.Run(result.Graph, input)[0]);
        Assert.True(snr > 25, $"{method}: {snr:F1} dB.");
    }

    [Fact]
    public void Int16_activations_are_far_closer_to_float_than_int8_ones()
    {
        Graph graph = Networks.Classifier();
        QuantizationResult wide = Quantizer.Quantize(graph, Data(graph), new QuantizerOptions { Activations = ActivationPrecision.Int16 });
        Assert.Empty(wide.Report.Float);
        Assert.All(wide.Graph.Nodes.Skip(1).SkipLast(1), static node => Assert.Equal((DataType.Int16, 0), (node.Output.Type, node.Output.Quantization!.ZeroPoint)));
        Node[] layers = [.. wide.Graph.Nodes.Where(static node => node.IsLayer)];
        Assert.All(layers, static node => Assert.Equal((DataType.Int8, DataType.Int64), (node.Inputs[1]!.Type, node.Inputs[2]!.Type)));

        // Against the same rounded weights in float32 only the activations differ.
        float[] input = GraphRunner.Values(graph.Inputs[0].Shape.ElementCount, 77);
        Graph rounded = Dequantizer.ToFloat(wide.Graph);
        double activations = GraphRunner.Snr(GraphRunner.Run(rounded, input)[0], GraphRunner.Run(wide.Graph, input)[0]);
        double int8 = GraphRunner.Snr(GraphRunner.Run(graph, input)[0], GraphRunner.Run(Quantizer.Quantize(graph, Data(graph)).Graph, input)[0]);
        double int16 = GraphRunner.Snr(GraphRunner.Run(graph, input)[0], GraphRunner.Run(wide.Graph, input)[0]);
        Assert.True(activations > 60 && int16 > int8 + 3, $"activations alone {activations:F1} dB; int8 {int8:F1} dB, int16 {int16:F1} dB.");
    }

    [Theory]
    [InlineData(QuantizedInterface.Float32)]
    [InlineData(QuantizedInterface.Int8)]
    public void Int16_takes_the_same_ways_as_int8(QuantizedInterface surface)
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 8));
        Tensor a = graph.Add("a1", default(Sigmoid), Networks.Dense(graph, "a", x, 4));
        Tensor b = Networks.Dense(graph, "b", x, 4);
        Tensor c = graph.Add("c", default(Tanh), Networks.Dense(graph, "pre", x, 4));
        Tensor both = graph.Add("both", new Concat(-1), a, b, c);
        Tensor sum = graph.Add("sum", new Add(Activation.Relu), both, graph.Constant<float>("half", new Shape(12), Enumerable.Repeat(0.5f, 12).ToArray()));
        graph.AddOutput(graph.Add("share", default(Softmax), Networks.Dense(graph, "out", graph.Add("swish", default(HardSwish), sum), 4)));
        QuantizationResult result = Quantizer.Quantize(graph, Data(graph), new QuantizerOptions { Activations = ActivationPrecision.Int16, Interface = surface });
        Assert.Empty(result.Report.Float);
        Assert.Equal(surface == QuantizedInterface.Int8 ? DataType.Int16 : DataType.Float32, result.Graph.Inputs[0].Type);
        Assert.Equal(surface == QuantizedInterface.Int8 ? DataType.Int16 : DataType.Float32, result.Graph.Outputs[0].Type);
        if (surface == QuantizedInterface.Float32)
        {
            AssertClose(graph, result.Graph, 35);
        }
    }

    [Fact]
    public void All_arithmetic_is_int8_between_one_quantize_and_one_dequantize()
    {
        Graph graph = Networks.Classifier(softmax: true);
        Graph int8 = Quantizer.Quantize(graph, Data(graph)).Graph;
        Assert.Equal("Quantize", int8.Nodes[0].Info.Name);
        Assert.Equal("Dequantize", int8.Nodes[^1].Info.Name);
        Assert.All(int8.Nodes.Skip(1).SkipLast(1), node => Assert.Equal(DataType.Int8, node.Output.Type));
        Assert.Equal("image", int8.Inputs[0].Name);
        Assert.Equal("probabilities", int8.Outputs[0].Name);
        Assert.Equal("classification", int8.Metadata["task"]);
    }

    [Fact]
    public void Constants_follow_the_specification()
    {
        Graph graph = Networks.Classifier();
        Graph int8 = Quantizer.Quantize(graph, Data(graph)).Graph;
        foreach (Node node in int8.Nodes.Where(node => node.IsLayer))
        {
            Tensor weights = node.Inputs[1]!;
            int axis = node.Operator is DepthwiseConv2D ? 2 : 0;
            Assert.Equal(DataType.Int8, weights.Type);
            Assert.Equal(axis, weights.Quantization!.Axis);
            Assert.Equal(weights.Shape[axis], weights.Quantization.Scales.Length);
            Assert.Equal(-1, weights.Quantization.ZeroPoints.IndexOfAnyExcept(0));
            sbyte[] values = weights.Values<sbyte>().ToArray();
            Assert.DoesNotContain((sbyte)-128, values);
            int inner = weights.Shape.Product(axis + 1, weights.Shape.Rank);
            for (int c = 0; c < weights.Shape[axis]; c++)
            {
                // The largest weight of each channel uses the whole range.
                Assert.Contains(Enumerable.Range(0, values.Length), i => i / inner % weights.Shape[axis] == c && Math.Abs((int)values[i]) == 127);
            }

            Tensor bias = node.Inputs[2]!;
            Assert.Equal(DataType.Int32, bias.Type);
            for (int c = 0; c < bias.Shape[0]; c++)
            {
                Assert.Equal(node.Inputs[0]!.Quantization!.Scale * weights.Quantization.Scales[c], bias.Quantization!.Scales[c]);
                Assert.Equal(0, bias.Quantization.ZeroPoints[c]);
            }
        }

        // Outputs of fused Relu start at 0, so its stored form is the smallest.
        Assert.Equal(-128, int8.Nodes.First(node => node.Operator is Conv2D { Activation: Activation.Relu }).Output.Quantization!.ZeroPoint);
    }

    [Fact]
    public void Operators_that_only_move_values_keep_their_parameters()
    {
        Graph graph = Networks.Classifier(softmax: true);
        Graph int8 = Quantizer.Quantize(graph, Data(graph), new QuantizerOptions { Interface = QuantizedInterface.Int8 }).Graph;
        foreach (Node node in int8.Nodes.Where(node => node.Operator is MaxPool2D or Reshape))
        {
            Assert.True(Quantization.Same(node.Inputs[0]!.Quantization, node.Output.Quantization));
        }

        Assert.True(Quantization.Same(new Quantization(1f / 256, -128), int8.Outputs[0].Quantization));
    }

    [Fact]
    public void Concatenated_tensors_share_parameters_and_stated_ones_are_requantized()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 8));
        Tensor a = Networks.Dense(graph, "a", x, 4);
        Tensor b = Networks.Dense(graph, "b", x, 4);
        Tensor c = graph.Add("c", default(Tanh), Networks.Dense(graph, "pre", x, 4));
        graph.AddOutput(Networks.Dense(graph, "out", graph.Add("both", new Concat(-1), a, b, c), 4));
        QuantizationResult result = Quantizer.Quantize(graph, Data(graph));
        Assert.Empty(result.Report.Float);
        Node concat = result.Graph.Nodes.Single(node => node.Operator is Concat);
        Assert.All(concat.Inputs, input => Assert.True(Quantization.Same(input!.Quantization, concat.Output.Quantization)));
        Assert.Equal(["Dense", "Dense", "Requantize"], concat.Inputs.Select(input => input!.Producer!.Info.Name));
        AssertClose(graph, result.Graph, 20);
    }

    [Fact]
    public void What_has_no_int8_form_stays_float_and_is_listed()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 8));
        Tensor a = Networks.Dense(graph, "a", x, 8);
        Tensor norm = graph.Add("norm", new LayerNorm(1e-3f), a, graph.Constant<float>("gamma", new Shape(8), [1, 1, 1, 1, 2, 2, 2, 2]), graph.Constant<float>("beta", new Shape(8), new float[8]));
        Tensor turned = graph.Add("turned", new Reshape([0, 2, 4]), norm);
        Tensor flat = graph.Add("flat", new Reshape([0, 8]), graph.Add("gelu", default(Gelu), turned));
        graph.AddOutput(Networks.Dense(graph, "b", flat, 4));
        QuantizationResult result = Quantizer.Quantize(graph, Data(graph));
        Assert.Equal(["norm", "turned", "gelu", "flat"], result.Report.Float.Select(op => op.Name));
        Assert.Contains("no int8 form", result.Report.Float[0].Reason, StringComparison.Ordinal);
        Assert.Contains("stays float32", result.Report.ToString(), StringComparison.Ordinal);
        Assert.Equal(["a", "b"], result.Report.Quantized.Select(op => op.Name));
        Assert.Equal(
            ["Quantize", "Dense", "Dequantize", "LayerNorm", "Reshape", "Gelu", "Reshape", "Quantize", "Dense", "Dequantize"], result.Graph.Nodes.Select(node => node.Info.Name));
        AssertClose(graph, result.Graph, 20);
    }

    [Fact]
    public void The_last_layers_can_stay_float()
    {
        Graph graph = Networks.Classifier(softmax: true);
        QuantizationResult result = Quantizer.Quantize(graph, Data(graph), new QuantizerOptions { FloatLastLayers = 2 });
        Assert.Equal(["hidden", "logits", "probabilities"], result.Report.Float.Select(op => op.Name));
        Assert.All(result.Report.Float, op => Assert.Contains("last 2 layers", op.Reason, StringComparison.Ordinal));
        Assert.Equal(DataType.Float32, result.Graph.Nodes.Single(node => node.Name == "hidden").Inputs[1]!.Type);
        QuantizationResult all = Quantizer.Quantize(graph, Data(graph), new QuantizerOptions { FloatLastLayers = 99 });
        Assert.Empty(all.Report.Quantized);
    }

    [Fact]
    public void An_int8_interface_states_its_parameters()
    {
        Graph graph = Networks.Classifier();
        Graph int8 = Quantizer.Quantize(graph, Data(graph), new QuantizerOptions { Interface = QuantizedInterface.Int8 }).Graph;
        Assert.DoesNotContain(int8.Nodes, node => node.Operator is Dequantize || node.Info.Name == "Quantize");
        using Model model = Model.Load(ModelEmitter.ToBytes(int8));
        using Session session = new(model);
        float[] input = GraphRunner.Values(graph.Inputs[0].Shape.ElementCount, 78);
        Quantization into = session.InputSpec(0).Quantization!;
        for (int i = 0; i < input.Length; i++)
        {
            session.Input<sbyte>(0)[i] = (sbyte)Math.Clamp(Math.Round(input[i] / into.Scale) + into.ZeroPoint, -128, 127);
        }

        session.Run();
        Quantization from = session.OutputSpec(0).Quantization!;
        float[] output = Array.ConvertAll(session.Output<sbyte>(0).ToArray(), value => (value - from.ZeroPoint) * from.Scale);
        Assert.True(GraphRunner.Snr(GraphRunner.Run(graph, input)[0], output) > 25);
    }

    [Fact]
    public void Bias_correction_takes_back_the_mean_error()
    {
        // One large weight a channel makes the step coarse, and positive inputs keep rounding errors from averaging out.
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 64));
        float[] weights = GraphRunner.Values(8 * 64, 5, -0.02f, 0.02f);
        for (int c = 0; c < 8; c++)
        {
            weights[c * 64] = 1;
        }

        graph.AddOutput(graph.Add("y", default(Dense), x, graph.Constant<float>("w", new Shape(8, 64), weights)));
        float[] samples = GraphRunner.Values(200 * 64, 6, 0, 1);
        CalibrationData data = new(samples);
        QuantizationResult with = Quantizer.Quantize(graph, data);
        QuantizationResult without = Quantizer.Quantize(graph, data, new QuantizerOptions { BiasCorrection = false });
        double corrected = MeanError(graph, with.Graph, samples);
        double uncorrected = MeanError(graph, without.Graph, samples);
        Assert.True(corrected < uncorrected / 2, $"{uncorrected} became {corrected}.");
        Assert.True(with.Report.Quantized[0].BiasCorrection > 0);
        Assert.Equal(0, without.Report.Quantized[0].BiasCorrection);
    }

    [Fact]
    public void A_channel_of_zero_weights_keeps_its_bias()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4));
        Tensor weights = graph.Constant<float>("w", new Shape(3, 4), [0, 0, 0, 0, 1e-12f, 0, 0, 0, 1, -1, 1, -1]);
        graph.AddOutput(graph.Add("y", default(Dense), x, weights, graph.Constant<float>("b", new Shape(3), [1.5f, -2, 0])));
        float[] output = GraphRunner.Run(Quantizer.Quantize(graph, Data(graph)).Graph, GraphRunner.Values(4, 3))[0];
        Assert.Equal(1.5f, output[0], 0.03f);
        Assert.Equal(-2f, output[1], 0.03f);
    }

    [Fact]
    public void The_same_data_give_the_same_bytes_and_a_file_read_back_keeps_its_identity()
    {
        Graph graph = Networks.Classifier();
        byte[] first = ModelEmitter.ToBytes(Quantizer.Quantize(graph, Data(graph)).Graph);
        byte[] second = ModelEmitter.ToBytes(Quantizer.Quantize(graph, Data(graph)).Graph);
        Assert.Equal(first, second);
        Assert.Equal(first, ModelEmitter.ToBytes(Graph.FromModel(first)));
    }

    [Fact]
    public void The_report_states_what_was_gained_and_lost()
    {
        Graph graph = Networks.Classifier();
        QuantizationReport report = Quantizer.Quantize(graph, Data(graph)).Report;
        Assert.Equal(6, report.Quantized.Count(op => op.WeightBytesBefore > 0));
        Assert.All(report.Quantized.Where(op => op.WeightBytesBefore > 0), op =>
        {
            Assert.InRange(op.WeightSnr, 35, 60);
            Assert.True(op.WeightBytesAfter < op.WeightBytesBefore);
        });
        Assert.True(report.FileBytesAfter < report.FileBytesBefore);
        Assert.Contains(report.Quantized, op => op.Name == "pool" && double.IsNaN(op.WeightSnr));
        Assert.Contains("stem", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_stored_in_the_model_is_calibrated_sample_by_sample()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(4, 8));
        graph.AddOutput(Networks.Dense(graph, "y", x, 4));
        QuantizationResult result = Quantizer.Quantize(graph, Data(graph));
        Assert.Equal(new Shape(4, 4), result.Graph.Outputs[0].Shape);
        AssertClose(graph, result.Graph, 25);
    }

    [Fact]
    public void Bad_data_and_options_are_refused()
    {
        Graph graph = Networks.Classifier();
        Assert.Throws<ShapeException>(() => Quantizer.Quantize(graph, new CalibrationData()));
        Assert.Throws<ShapeException>(() => Quantizer.Quantize(graph, new CalibrationData(new float[5])));
        Assert.Throws<ShapeException>(() => Quantizer.Quantize(graph, new CalibrationData(ReadOnlyMemory<float>.Empty)));
        float[] poisoned = new float[graph.Inputs[0].Shape.ElementCount];
        poisoned[7] = float.NaN;
        Assert.Throws<ArgumentException>(() => Quantizer.Quantize(graph, new CalibrationData(poisoned)));
        Assert.Throws<ArgumentException>(() => Quantizer.Quantize(graph, Data(graph), new QuantizerOptions { Percentile = 101 }));
        Assert.Throws<ArgumentException>(() => Quantizer.Quantize(graph, Data(graph), new QuantizerOptions { FloatLastLayers = -1 }));
    }

    private static CalibrationData Data(Graph graph) =>
        new(GraphRunner.Values(Samples * graph.Inputs[0].Shape.Product(1, graph.Inputs[0].Shape.Rank), 50));

    private static void AssertClose(Graph expected, Graph actual, double decibels)
    {
        float[] input = GraphRunner.Values(expected.Inputs[0].Shape.ElementCount, 79);
        double snr = GraphRunner.Snr(GraphRunner.Run(expected, input)[0], GraphRunner.Run(actual, input)[0]);
        Assert.True(snr > decibels, $"{snr:F1} dB; more than {decibels} is expected.");
    }

    /// <summary>Mean over the channels of |mean error over the samples|.</summary>
    private static double MeanError(Graph expected, Graph actual, float[] samples)
    {
        const int Channels = 8;
        double[] sums = new double[Channels];
        for (int i = 0; i < samples.Length; i += 64)
        {
            float[] right = GraphRunner.Run(expected, samples[i..(i + 64)])[0];
            float[] found = GraphRunner.Run(actual, samples[i..(i + 64)])[0];
            for (int c = 0; c < Channels; c++)
            {
                sums[c] += found[c] - right[c];
            }
        }

        return sums.Average(sum => Math.Abs(sum) / (samples.Length / 64));
    }
}
