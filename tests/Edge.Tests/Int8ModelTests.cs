using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests;

/// <summary>Int8 networks from file to output.</summary>
public sealed class Int8ModelTests
{
    private const int Size = 8;
    private static readonly Quantization s_image = new(0.0078125f, -1);
    private static readonly Quantization s_first = new(0.02f, -128);
    private static readonly Quantization s_second = new(0.05f, 4);
    private static readonly Quantization s_sum = new(0.06f, -10);
    private static readonly Quantization s_logits = new(0.1f, 12);
    private static readonly Quantization s_shares = new(1f / 256, -128);

    [Theory]
    [InlineData(true, 1, 1)]
    [InlineData(true, 2, 3)]
    [InlineData(false, 3, 2)]
    public void A_network_gives_the_bits_of_the_chained_reference(bool prepack, int threads, int batch)
    {
        Random random = new(41);
        sbyte[] convWeights = Int8Testing.Values(random, 12 * 3 * 3 * 3), depthWeights = Int8Testing.Values(random, 3 * 3 * 12), denseWeights = Int8Testing.Values(random, 10 * 4 * 4 * 12);
        int[] convBias = Bias(random, 12), depthBias = Bias(random, 12), denseBias = Bias(random, 10);
        float[] convScales = Scales(random, 12, 0.02f), depthScales = Scales(random, 12, 0.01f);
        const float DenseScale = 0.0004f;

        Graph graph = new();
        Tensor x = graph.AddInput("image", new Shape(1, Size, Size, 3));
        Tensor image = graph.Add("quantize", default(Quantize), Int8(s_image, 1, Size, Size, 3), x);
        Tensor first = graph.Add(
            "conv", new Conv2D(Padding: new(1, 1, 1, 1), Activation: Activation.Relu6), Int8(s_first, 1, Size, Size, 12), image,
            graph.Constant<sbyte>("w1", new Shape(12, 3, 3, 3), convWeights, new(convScales, [], 0)), graph.Constant<int>("b1", new Shape(12), convBias));
        Tensor second = graph.Add(
            "depthwise", new DepthwiseConv2D(Padding: new(1, 1, 1, 1)), Int8(s_second, 1, Size, Size, 12), first,
            graph.Constant<sbyte>("w2", new Shape(3, 3, 12), depthWeights, new(depthScales, [], 2)), graph.Constant<int>("b2", new Shape(12), depthBias));
        Tensor sum = graph.Add("add", new Add(Activation.Relu), Int8(s_sum, 1, Size, Size, 12), first, second);
        Tensor pooled = graph.Add("pool", new MaxPool2D(2, 2, 2, 2), Int8(s_sum, 1, 4, 4, 12), sum);
        Tensor flat = graph.Add("flat", new Reshape([0, -1]), Int8(s_sum, 1, 4 * 4 * 12), pooled);
        Tensor logits = graph.Add(
            "dense", default(Dense), Int8(s_logits, 1, 10), flat,
            graph.Constant<sbyte>("w3", new Shape(10, 4 * 4 * 12), denseWeights, new(DenseScale, 0)), graph.Constant<int>("b3", new Shape(10), denseBias));
        Tensor shares = graph.Add("softmax", default(Softmax), Int8(s_shares, 1, 10), logits);
        graph.AddOutput(graph.Add("probabilities", default(Dequantize), shares));
        graph.AddOutput(logits);

        using Model model = Model.Load(ModelEmitter.ToBytes(graph), new ModelLoadOptions { Prepack = prepack });
        using Session session = new(model, new SessionOptions { Threads = threads, BatchSize = batch });
        float[] values = [.. Enumerable.Range(0, batch * Size * Size * 3).Select(_ => (2 * random.NextSingle()) - 1)];
        values.CopyTo(session.Input<float>());
        session.Run();

        sbyte[] q = Array.ConvertAll(values, static value => (sbyte)TfliteReference.Quantize(value, s_image.Scale, s_image.ZeroPoint, -128, 127));
        ConvGeometry conv = new(batch, Size, Size, 3, Size, Size, 12, 3, 3, PadTop: 1, PadLeft: 1);
        sbyte[] q1 = TfliteReference.Conv(conv, q, convWeights, convBias, convScales, s_image.Scale, s_image.ZeroPoint, s_first.Scale, Range(Activation.Relu6, s_first));
        ConvGeometry depthwise = conv with { InputChannels = 12 };
        sbyte[] q2 = TfliteReference.Depthwise(depthwise, q1, depthWeights, depthBias, depthScales, s_first.Scale, s_first.ZeroPoint, s_second.Scale, Range(Activation.None, s_second));
        sbyte[] q3 = [.. q1.Zip(q2, static (a, b) => TfliteReference.Add(
            a, b, s_first.Scale, s_first.ZeroPoint, s_second.Scale, s_second.ZeroPoint, s_sum.Scale, Range(Activation.Relu, s_sum), subtract: false))];
        sbyte[] q4 = TfliteReference.Pool(new(batch, Size, Size, 12, 4, 4, 12, 2, 2, 2, 2), average: false, q3, -128, 127);
        sbyte[] q5 = TfliteReference.Conv(
            Int8Conv.Dense(batch, 4 * 4 * 12, 10), q4, denseWeights, denseBias, [1f], s_sum.Scale * DenseScale, s_sum.ZeroPoint, s_logits.Scale, Range(Activation.None, s_logits));
        sbyte[] q6 = TfliteReference.Softmax(q5, 10, 1, s_logits.Scale);
        Assert.Equal(q5, session.Output<sbyte>(1).ToArray());
        Assert.Equal(Array.ConvertAll(q6, static value => (value + 128) / 256f), session.Output<float>(0).ToArray());
        foreach (sbyte[] layer in (sbyte[][])[q1, q2, q3, q4, q5])
        {
            Assert.True(layer.Distinct().Count() > 7, $"{layer.Distinct().Count()} different values: too few to tell right from wrong.");
        }

        Assert.Equal(0, AllocationMeter.Measure(session.Run));
    }

    [Theory]
    [InlineData(8, true)]
    [InlineData(2000, false)]
    public void Layers_that_share_weights_cannot_multiply_memory(int layers, bool runs)
    {
        const int Width = 256;
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, Width), DataType.Int8, s_second);
        Tensor weights = graph.Constant<sbyte>("w", new Shape(Width, Width), new sbyte[Width * Width], new(0.1f, 0));
        for (int i = 0; i < layers; i++)
        {
            x = graph.Add("dense", default(Dense), Int8(s_second, 1, Width), x, weights);
        }

        graph.AddOutput(x);
        byte[] file = ModelEmitter.ToBytes(graph, new EmitOptions { StripNames = true });
        using Model model = Model.Load(file);
        if (runs)
        {
            using Session session = new(model);
            session.Run();
        }
        else
        {
            ModelFormatException exception = Assert.Throws<ModelFormatException>(() => new Session(model));
            Assert.Contains("are allowed for a file of", exception.Message, StringComparison.Ordinal);
        }

        Assert.InRange(model.PreparedBytes, 1, (4L * file.Length) + (128 << 10));
    }

    [Fact]
    public void The_tail_of_an_int8_network_trains_in_float32_and_its_head_stays_int8()
    {
        Random random = new(43);
        Graph graph = new();
        Tensor x = graph.Add("quantize", default(Quantize), Int8(s_second, 1, 6), graph.AddInput("x", new Shape(1, 6)));
        Tensor hidden = graph.Add(
            "hidden", new Dense(Activation.Relu), Int8(s_first, 1, 16), x,
            graph.Constant<sbyte>("w1", new Shape(16, 6), Int8Testing.Values(random, 16 * 6), new(0.002f, 0)), graph.Constant<int>("b1", new Shape(16), Bias(random, 16)));
        Tensor logits = graph.Add(
            "logits", default(Dense), Int8(s_logits, 1, 3), hidden,
            graph.Constant<sbyte>("w2", new Shape(3, 16), Int8Testing.Values(random, 3 * 16), new(0.002f, 0)), graph.Constant<int>("b2", new Shape(3), new int[3]));
        graph.AddOutput(graph.Add("probabilities", default(Dequantize), graph.Add("softmax", default(Softmax), Int8(s_shares, 1, 3), logits)));
        using Model model = Model.Load(ModelEmitter.ToBytes(graph));
        using Trainer trainer = new(model, new TrainerOptions { Optimizer = new Sgd(0.05f), Scheme = UpdateScheme.LastLayers(1), Loss = Loss.SoftmaxCrossEntropy });
        float[] sample = [2, -4.5f, 0.5f, 0.15f, 3.85f, -1];
        float before = trainer.Step(sample, (int[])[2]);
        float after = before;
        for (int i = 0; i < 30; i++)
        {
            after = trainer.Step(sample, (int[])[2]);
        }

        Assert.True(after < 0.5f * before, $"The loss went from {before} to {after}.");
    }

    private static TensorSpec Int8(Quantization quantization, params ReadOnlySpan<int> sizes) => new(DataType.Int8, new Shape(sizes), quantization);

    private static Int8Range Range(Activation activation, Quantization quantization) => Int8Range.Of(activation, quantization.Scale, quantization.ZeroPoint);

    private static int[] Bias(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(-3000, 3000))];

    private static float[] Scales(Random random, int count, float most) => [.. Enumerable.Range(0, count).Select(_ => most * (0.2f + (0.8f * random.NextSingle())))];
}
