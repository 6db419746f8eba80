using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Tests.Compiler;

/// <summary>Int8 weights beside float32 activations: made by the quantizer, fused where a model brings them behind a Dequantize, trained as float copies.</summary>
public sealed class WeightQuantizationTests
{
    private static readonly float[] s_image = GraphRunner.Values(12 * 12 * 3, 5, 0, 1);

    [Fact]
    public void Weights_alone_become_int8()
    {
        Graph graph = Networks.Classifier();
        QuantizationResult result = Quantizer.QuantizeWeights(graph);
        Assert.Contains(result.Report.Quantized, static op => op is { Name: "hidden", Operator: "Dense", WeightSnr: > 35 });
        Assert.Contains(result.Report.Float, static op => op.Name == "stem" && op.Reason.Contains("fewer than 1024", StringComparison.Ordinal));
        Assert.True(result.Report.FileBytesAfter < result.Report.FileBytesBefore * 0.75);
        float[][] expected = GraphRunner.Run(graph, s_image);
        Assert.InRange(GraphRunner.Snr(expected[0], GraphRunner.Run(result.Graph, s_image)[0]), 30, 200);
    }

    [Fact]
    public void The_file_gives_the_same_bits_prepacked_or_not_and_after_a_round_trip()
    {
        byte[] file = ModelEmitter.ToBytes(Quantizer.QuantizeWeights(Networks.Classifier()).Graph);
        byte[][] outputs = [.. ((bool[])[true, false]).Select(prepack =>
        {
            using Model model = Model.Load(file, new ModelLoadOptions { Prepack = prepack });
            using Session session = new(model);
            s_image.CopyTo(session.Input<float>(0));
            session.Run();
            return session.Output<byte>(0).ToArray();
        })];
        Assert.Equal(outputs[0].Length, outputs[1].Length);
        Assert.Equal(file, ModelEmitter.ToBytes(Graph.FromModel(file)));
        using Model again = Model.Load(file);
        Assert.Contains(again.Operators, static op => op.Inputs.Count > 1 && op.Inputs[0].Spec.Type == DataType.Float32 && op.Inputs[1].Spec.Type == DataType.Int8);
    }

    [Theory]
    [InlineData(DataType.Int8, true)]
    [InlineData(DataType.Int8, false)]
    [InlineData(DataType.UInt8, true)]
    public void A_dequantize_before_a_layer_disappears(DataType type, bool perChannel)
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 64));
        byte[] stored = [.. Enumerable.Range(0, 40 * 64).Select(static i => (byte)(i * 89))];
        int zeroPoint = type == DataType.UInt8 ? 120 : -3;
        Quantization parameters = perChannel
            ? new([.. Enumerable.Range(1, 40).Select(static i => i * 1e-3f)], [.. Enumerable.Repeat(zeroPoint, 40)], 0)
            : new(0.01f, zeroPoint);
        Tensor weights = graph.Constant("w", new TensorSpec(type, new Shape(40, 64), parameters), stored);
        Tensor real = graph.Add("w_float", default(Dequantize), weights);
        graph.AddOutput(graph.Add("y", new Dense(), x, real));
        graph.AddOutput(graph.Add("z", new Dense(Activation.Relu), x, real));
        float[] input = GraphRunner.Values(64, 3);
        float[][] expected = GraphRunner.Run(graph, input);
        IReadOnlyList<KeyValuePair<string, int>> changes = Compile.Optimize(graph);
        Assert.Contains(changes, static change => change is { Key: "weight dequantize fusion", Value: 2 });
        Assert.Equal(["Dense", "Dense"], graph.Nodes.Select(static node => node.Info.Name));
        Assert.Equal(DataType.Int8, graph.Nodes[0].Inputs[1]!.Type);
        Assert.Equal(expected, GraphRunner.Run(graph, input));
    }

    [Fact]
    public void A_dequantize_that_others_read_stays_for_them()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 2, 70));
        Tensor weights = graph.Constant<sbyte>("w", new Shape(300, 70), [.. Enumerable.Range(0, 21000).Select(static i => (sbyte)(i * 7))], new Quantization(0.01f, 0));
        Tensor real = graph.Add("w_float", default(Dequantize), weights);
        graph.AddOutput(graph.Add("y", new Dense(), x, real));
        graph.AddOutput(graph.Add("z", new MatMul(TransposeB: true), x, real));
        Compile.Optimize(graph);
        Assert.Equal(["Dequantize", "Dense", "MatMul"], graph.Nodes.Select(static node => node.Info.Name));
        Assert.Equal(DataType.Int8, graph.Nodes[1].Inputs[1]!.Type);
    }

    [Fact]
    public void Weights_are_held_as_float_once_packed_or_not()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 8, 8, 64));
        Tensor weights = graph.Constant<float>("w", new Shape(64, 3, 3, 64), GraphRunner.Values(64 * 64 * 9, 1));
        graph.AddOutput(graph.Add("a", new Conv2D(), x, weights));
        graph.AddOutput(graph.Add("b", new Conv2D(Activation: Activation.Relu), x, weights));
        byte[] file = ModelEmitter.ToBytes(Quantizer.QuantizeWeights(graph).Graph);
        const int Float = 64 * 64 * 9 * sizeof(float);
        using Model plain = Model.Load(file, new ModelLoadOptions { Prepack = false });
        using Session first = new(plain);                                // kernels are bound for the first session
        Assert.Equal(Float, plain.PreparedBytes);                        // shared by both
        using Model packed = Model.Load(file);
        using Session second = new(packed);
        Assert.InRange(packed.PreparedBytes, 2 * Float, 2 * Float + 1024);        // two packed forms, nothing besides
    }

    [Fact]
    public void Training_works_on_float_copies_of_the_weights()
    {
        byte[] file = ModelEmitter.ToBytes(Quantizer.QuantizeWeights(Networks.Classifier()).Graph);
        using Model model = Model.Load(file);
        using Trainer trainer = new(model, new TrainerOptions { Scheme = UpdateScheme.LastLayers(2), Optimizer = new Sgd(0.02f), Loss = Loss.SoftmaxCrossEntropy });
        float first = trainer.Step(s_image, [3]);
        float last = first;
        for (int step = 0; step < 30; step++)
        {
            last = trainer.Step(s_image, [3]);
        }

        Assert.True(last < first / 4, $"{first} at first, {last} at last");
        using Model personal = model.Personalize(trainer.SavePersonalization());
        using Session session = new(personal);
        s_image.CopyTo(session.Input<float>(0));
        session.Run();
        float[] logits = session.Output<float>(0).ToArray();
        Assert.Equal(3, Array.IndexOf(logits, logits.Max()));
    }
}
