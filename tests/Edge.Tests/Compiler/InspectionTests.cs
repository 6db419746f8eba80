using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

/// <summary>Quantized networks read as float32, traced and compared layer by layer.</summary>
public sealed class InspectionTests
{
    private static readonly CalibrationData s_data = new(GraphRunner.Values(40 * 12 * 12 * 3, 3, 0, 1));

    [Theory]
    [InlineData(QuantizedInterface.Float32)]
    [InlineData(QuantizedInterface.Int8)]
    public void A_quantized_network_reads_as_the_float_network_it_stands_for(QuantizedInterface surface)
    {
        Graph original = Networks.Classifier(softmax: true);
        Graph quantized = Quantizer.Quantize(original, s_data, new QuantizerOptions { Interface = surface }).Graph;
        Graph real = Dequantizer.ToFloat(quantized, out IReadOnlyDictionary<Tensor, Tensor> counterparts);
        real.Validate();
        Assert.Equal(quantized.Inputs.Select(static input => (input.Name, input.Spec.Type)), real.Inputs.Select(static input => (input.Name, input.Spec.Type)));
        Assert.Equal(quantized.Outputs.Select(static output => (output.Name, output.Type, output.Shape)), real.Outputs.Select(static output => (output.Name, output.Type, output.Shape)));
        Assert.All(quantized.Nodes.SelectMany(static node => node.Outputs), output => Assert.Equal(DataType.Float32, counterparts[output].Type));
        Assert.All(real.Nodes.Where(static node => node.IsLayer), static node => Assert.Equal(DataType.Float32, node.Inputs[1]!.Type));

        ModelInputs[] samples = ModelInputs.Random(quantized, 3);
        IReadOnlyList<LayerDifference> noise = LayerComparison.Compare(real, quantized, [(counterparts[quantized.Outputs[0]], quantized.Outputs[0])], samples);
        Assert.InRange(noise[0].Snr, 20, 200);
        Compile.Optimize(original);
        float[] image = GraphRunner.Values(12 * 12 * 3, 9, 0, 1);
        if (surface == QuantizedInterface.Float32)
        {
            Assert.InRange(GraphRunner.Snr(GraphRunner.Run(original, image)[0], GraphRunner.Run(real, image)[0]), 20, 200);
        }
    }

    [Fact]
    public void A_range_that_took_over_a_relu_clamps()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4), DataType.Int8, new Quantization(0.1f, 0));
        Tensor weights = graph.Constant<sbyte>("w", new Shape(4, 4), [.. Enumerable.Range(0, 16).Select(static i => (sbyte)(i % 5 == 0 ? -100 : 0))], new Quantization(0.01f, 0));
        TensorSpec declared = new(DataType.Int8, new Shape(1, 4), new Quantization(0.05f, -128));
        graph.AddOutput(graph.Add("y", new Dense(), declared, x, weights));
        Graph real = Dequantizer.ToFloat(graph, out IReadOnlyDictionary<Tensor, Tensor> counterparts);
        using LayerTrace trace = new(real, [counterparts[graph.Outputs[0]]]);
        ((sbyte[])[50, -50, 120, -120]).CopyTo(trace.Input<sbyte>(0));
        trace.Run();
        float[] values = trace.Values(0);
        Assert.Equal([0, 5, 0, 12], values.Select(static value => MathF.Round(value, 3)));
    }

    [Fact]
    public void What_has_no_float_form_stays_as_it_is()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4), DataType.Int8, new Quantization(0.5f, 0));
        Tensor clamped = graph.Add("a", new Relu(), new TensorSpec(DataType.Int8, new Shape(1, 4), new Quantization(0.5f, 0)), x);
        Tensor kept = graph.AddNode(Int8Only.Info, default(Int8Only), "b", [clamped]).Output;
        graph.AddOutput(graph.Add("c", new Relu(), new TensorSpec(DataType.Int8, new Shape(1, 4), new Quantization(0.5f, 0)), kept));
        Graph real = Dequantizer.ToFloat(graph, out IReadOnlyDictionary<Tensor, Tensor> counterparts);
        real.Validate();
        Assert.Equal(DataType.Int8, real.Nodes.Single(static node => node.Operator is Int8Only).Inputs[0]!.Type);
        Assert.Equal(DataType.Float32, counterparts[kept].Type);
    }

    [Fact]
    public void Tensors_are_paired_by_name_and_else_by_order()
    {
        Graph original = Networks.Classifier();
        original.Metadata["input.0.scale"] = "0.00392157";
        Compile.Optimize(original);
        Graph quantized = Quantizer.Quantize(original, s_data).Graph;
        IReadOnlyList<(Tensor Reference, Tensor Other)> byName = LayerComparison.Match(original, quantized);
        Assert.All(byName.Where(static pair => pair.Other.Producer!.IsLayer && pair.Other.Name != pair.Other.Producer.Name + "_int8"), static pair => Assert.Equal(pair.Reference.Name, pair.Other.Name));
        Assert.Equal(quantized.Outputs[0], byName[^1].Other);
        Assert.Equal(original.Outputs[0], byName[^1].Reference);

        Graph stripped = Graph.FromModel(ModelEmitter.ToBytes(quantized, new EmitOptions { StripNames = true }));
        IReadOnlyList<(Tensor Reference, Tensor Other)> byOrder = LayerComparison.Match(original, stripped);
        Assert.Equal(
            byName.Where(static pair => pair.Other.Producer!.Operator is Conv2D).Select(static pair => pair.Reference),
            byOrder.Where(static pair => pair.Other.Producer!.Operator is Conv2D).Select(static pair => pair.Reference));
        IReadOnlyList<LayerDifference> differences = LayerComparison.Compare(original, stripped, byOrder, ModelInputs.Random(original, 2));
        Assert.All(differences.Where(static difference => difference.Operator is "Conv2D"), static difference => Assert.InRange(difference.Snr, 20, 100));
        Assert.All(LayerComparison.Compare(original, original, LayerComparison.Match(original, original), ModelInputs.Random(original, 2)), static same => Assert.Equal((0, 1), (same.MaxError, same.Cosine)));
    }

    [Fact]
    public void The_layer_that_loses_most_is_named_with_what_helps()
    {
        // One channel of large weights leaves the others two or three steps of a common scale.
        Graph original = new();
        Tensor x = original.AddInput("x", new Shape(1, 32));
        float[] weights = GraphRunner.Values(32 * 32, 4, -0.01f, 0.01f);
        GraphRunner.Values(32, 5, -100, 100).CopyTo(weights, 0);
        Tensor first = original.Add("first", new Dense(Activation.Relu), x, original.Constant<float>("w1", new Shape(32, 32), GraphRunner.Values(32 * 32, 6)));
        Tensor bad = original.Add("bad", new Dense(), first, original.Constant<float>("w2", new Shape(32, 32), weights));
        original.AddOutput(original.Add("rest", new Slice([0, 1], [1, 31]), bad));

        Graph coarse = original.Clone();
        sbyte[] rounded = [.. weights.Select(static weight => (sbyte)MathF.Round(weight / (100f / 127)))];
        Node node = coarse.Nodes[1];
        coarse.SetInput(node, 1, coarse.Constant<sbyte>("w2", new Shape(32, 32), rounded, new Quantization(100f / 127, 0)));
        IReadOnlyList<(Tensor Reference, Tensor Other)> pairs = LayerComparison.Match(original, coarse);
        IReadOnlyList<LayerDifference> differences = LayerComparison.Compare(original, coarse, pairs, ModelInputs.Random(original, 4));
        QuantizationAdvice advice = QuantizationAdvice.Find(coarse, [.. pairs.Zip(differences, static (pair, difference) => (pair.Other, difference))])!;
        Assert.Equal("rest", advice.Diverges);
        Assert.Equal(["int16 activations", "per-channel weights", "keep this layer float32"], RemediesOf(coarse, differences, pairs, "bad").Select(static remedy => remedy.Name));
        Assert.Null(QuantizationAdvice.Find(original, [.. pairs.Select((pair, i) => (pair.Reference, differences[0]))]));
    }

    [Fact]
    public void Random_inputs_repeat_themselves_and_keep_to_the_range()
    {
        Graph graph = new();
        Tensor pixels = graph.AddInput("pixels", new Shape(1, 50));
        Tensor words = graph.AddInput("words", new Shape(1, 40), DataType.Int32);
        Tensor table = graph.Constant<float>("table", new Shape(7, 9), new float[63]);
        graph.AddOutput(graph.Add("q", default(Edge.Runtime.Operators.Quantize), new TensorSpec(DataType.Int8, new Shape(1, 50), new Quantization(0.02f, -128)), pixels));
        graph.AddOutput(graph.Add("e", new Embedding(), words, table));
        ModelInputs[] first = ModelInputs.Random(graph, 2), again = ModelInputs.Random(graph, 2);
        Assert.Equal(first[1].Values(0), again[1].Values(0));
        Assert.NotEqual(first[0].Values(0), first[1].Values(0));
        Assert.All(first[0].Values(0), static value => Assert.InRange(value, 0, 0.02f * 255));
        Assert.All(first[0].Values(1), static value => Assert.InRange(value, 0, 6));
        Graph scaled = new();
        scaled.AddOutput(scaled.Add("r", new Relu(), scaled.AddInput("x", new Shape(1, 100))));
        scaled.Metadata["input.0.scale"] = "2";
        scaled.Metadata["input.0.offset"] = "-255";
        float[] values = ModelInputs.Random(scaled, 1)[0].Values(0);
        Assert.True(values.Min() is >= -255 and < -100 && values.Max() is <= 255 and > 100);
    }

    [Fact]
    public void Samples_of_a_wrong_size_are_refused()
    {
        Graph graph = Networks.Classifier();
        Assert.Contains("take 1728", Assert.Throws<ShapeException>(() => ModelInputs.FromBytes(graph, new byte[1727])).Message, StringComparison.Ordinal);
        Assert.Contains("takes 432", Assert.Throws<ShapeException>(() => ModelInputs.FromValues(graph, new float[5])).Message, StringComparison.Ordinal);
        Graph other = new();
        other.AddOutput(other.Add("r", new Relu(), other.AddInput("x", new Shape(1, 3))));
        Assert.Throws<ShapeException>(() => LayerComparison.Compare(graph, other, [(graph.Outputs[0], other.Outputs[0])], ModelInputs.Random(graph, 1)));
    }

    [Fact]
    public void Channels_first_and_channels_last_are_compared_on_the_same_picture()
    {
        Graph last = new(), first = new();
        Tensor weights = last.Constant<float>("w", new Shape(4, 3, 3, 3), GraphRunner.Values(108, 2));
        last.AddOutput(last.Add("conv", new Conv2D(), last.AddInput("x", new Shape(1, 5, 6, 3)), weights));
        Tensor turned = first.Add("turn", new Transpose([0, 2, 3, 1]), first.AddInput("x", new Shape(1, 3, 5, 6)));
        first.AddOutput(first.Add("conv", new Conv2D(), turned, first.Constant<float>("w", weights.Shape, weights.Values<float>())));
        foreach ((Graph reference, Graph other) in ((Graph, Graph)[])[(last, first), (first, last)])
        {
            LayerDifference conv = Assert.Single(LayerComparison.Compare(reference, other, LayerComparison.Match(reference, other), ModelInputs.Random(reference, 2)));
            Assert.Equal(0, conv.MaxError);
        }
    }

    [Fact]
    public void Inputs_of_indices_are_calibrated_with_too()
    {
        Graph graph = new();
        Tensor words = graph.AddInput("words", new Shape(1, 4), DataType.Int32);
        Tensor embedded = graph.Add("rows", new Embedding(), words, graph.Constant<float>("table", new Shape(9, 16), GraphRunner.Values(144, 8)));
        graph.AddOutput(graph.Add("dense", new Dense(), embedded, graph.Constant<float>("w", new Shape(5, 16), GraphRunner.Values(80, 9))));
        QuantizationResult result = Quantizer.Quantize(graph, new CalibrationData(new ReadOnlyMemory<float>([0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 0])));
        Assert.Equal(["rows", "dense"], result.Report.Quantized.Select(static node => node.Name));
        Assert.Empty(result.Report.Float);
        IReadOnlyList<LayerDifference> noise = LayerComparison.Compare(graph, result.Graph, [(graph.Outputs[0], result.Graph.Outputs[0])], ModelInputs.Random(graph, 3));
        Assert.InRange(noise[0].Snr, 25, 100);
    }

    [Fact]
    public void Operators_can_be_kept_float()
    {
        Graph graph = Networks.Classifier();
        QuantizationResult result = Quantizer.Quantize(graph, s_data, new QuantizerOptions { KeepFloat = ["hidden"] });
        Assert.Equal("it was asked to stay float32.", Assert.Single(result.Report.Float).Reason);
        Assert.Equal("hidden", Assert.Single(FloatIslands.Find(result.Graph)).Name);
        Assert.Empty(FloatIslands.Find(graph));
        Assert.Contains("no operator 'nobody'", Assert.Throws<ArgumentException>(() => Quantizer.Quantize(graph, s_data, new QuantizerOptions { KeepFloat = ["nobody"] })).Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<QuantizationRemedy> RemediesOf(Graph graph, IReadOnlyList<LayerDifference> differences, IReadOnlyList<(Tensor Reference, Tensor Other)> pairs, string node)
    {
        // As if this layer were the first to diverge.
        int index = Enumerable.Range(0, pairs.Count).First(i => pairs[i].Other.Producer!.Name == node);
        return QuantizationAdvice.Find(graph, [(pairs[index].Other, differences[index] with { Snr = 3 })])!.Remedies;
    }

    private readonly record struct Int8Only : IOperator<Int8Only>
    {
        public static OperatorInfo Info { get; } = OperatorInfo.Data("Int8Only", 60_000);

        public static Int8Only Read(ref AttributeReader attributes) => default;

        public void Write(AttributeWriter attributes)
        {
        }

        public OperatorPlan Infer(in Shapes shapes)
        {
            shapes.Require(shapes.Type(0) == DataType.Int8, "int8 is allowed.");
            return OperatorPlan.Like(shapes.Input(0));
        }

        public void Forward(in Buffers io) => io.Input<byte>(0).CopyTo(io.Output<byte>(0));
    }
}
