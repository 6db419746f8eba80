using Edge.Compiler;
using Edge.Format;
using Edge.Learning;
using Edge.Learning.Layers;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Activation = Edge.Learning.Layers.Activation;
using Add = Edge.Learning.Layers.Add;
using Conv2D = Edge.Learning.Layers.Conv2D;
using Dense = Edge.Learning.Layers.Dense;
using DepthwiseConv2D = Edge.Learning.Layers.DepthwiseConv2D;
using Dropout = Edge.Learning.Layers.Dropout;
using Embedding = Edge.Learning.Layers.Embedding;
using Gru = Edge.Learning.Layers.Gru;
using LeakyRelu = Edge.Learning.Layers.LeakyRelu;
using Lstm = Edge.Learning.Layers.Lstm;
using Multiply = Edge.Learning.Layers.Multiply;
using Reshape = Edge.Learning.Layers.Reshape;
using Softmax = Edge.Learning.Layers.Softmax;
using Subtract = Edge.Learning.Layers.Subtract;

namespace Edge.Tests.Learning;

public sealed class LayerTests
{
    public static TheoryData<string, Func<Layer>, int[], int[]> Shapes() => new()
    {
        { "dense", () => new Dense(7), [5], [7] },
        { "dense of rows", () => new Dense(7, ActivationKind.Gelu), [3, 5], [3, 7] },
        { "conv valid", () => new Conv2D(4, 3), [8, 9, 3], [6, 7, 4] },
        { "conv same", () => new Conv2D(4, (3, 2), 2, Padding.Same), [8, 9, 3], [4, 5, 4] },
        { "conv explicit", () => new Conv2D(4, 3, padding: new Padding2D(1, 0, 2, 0)), [8, 9, 3], [7, 9, 4] },
        { "conv dilated, grouped", () => new Conv2D(4, 3, dilation: 2, groups: 2, useBias: false), [8, 9, 6], [4, 5, 4] },
        { "depthwise", () => new DepthwiseConv2D(3, multiplier: 2, activation: ActivationKind.Relu6), [8, 9, 3], [6, 7, 6] },
        { "max", () => new MaxPooling2D(), [8, 9, 3], [4, 4, 3] },
        { "max same", () => new MaxPooling2D(3, 2, Padding.Same), [8, 9, 3], [4, 5, 3] },
        { "average", () => new AveragePooling2D((2, 3)), [8, 9, 3], [4, 3, 3] },
        { "global average", () => new GlobalAveragePooling2D(), [8, 9, 3], [3] },
        { "mean over time", () => new GlobalAveragePooling1D(), [8, 3], [3] },
        { "flatten", () => new Flatten(), [8, 9, 3], [216] },
        { "reshape", () => new Reshape([4, -1]), [8, 3], [4, 6] },
        { "permute", () => new Permute([3, 1, 2]), [8, 9, 3], [3, 8, 9] },
        { "zero padding", () => new ZeroPadding2D(new Padding2D(1, 2, 3, 4)), [8, 9, 3], [11, 16, 3] },
        { "dropout", () => new Dropout(0.5f), [8], [8] },
        { "batch normalization", () => new BatchNormalization(), [8, 9, 3], [8, 9, 3] },
        { "layer normalization", () => new LayerNormalization(), [8, 3], [8, 3] },
        { "attention", () => new MultiHeadAttention(2), [5, 8], [5, 8] },
        { "embedding", () => new Embedding(6, 4), [5], [5, 4] },
        { "recurrent", () => new SimpleRnn(4, activation: RecurrentActivation.Relu), [5, 3], [4] },
        { "recurrent, all steps", () => new SimpleRnn(4, returnSequences: true, useBias: false), [5, 3], [5, 4] },
        { "lstm", () => new Lstm(4), [5, 3], [4] },
        { "lstm, all steps", () => new Lstm(4, returnSequences: true, reverse: true), [5, 3], [5, 4] },
        { "gru", () => new Gru(4), [5, 3], [4] },
        { "gru, all steps", () => new Gru(4, returnSequences: true, resetAfter: false, recurrentBias: false), [5, 3], [5, 4] },
        { "activation", () => new Activation(ActivationKind.HardSwish), [8], [8] },
        { "leaky relu", () => new LeakyRelu(0.2f), [8], [8] },
        { "softmax", () => new Softmax(), [8], [8] },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void ALayerHasItsShapeAndRuns(string what, Func<Layer> layer, int[] input, int[] output)
    {
        Assert.NotEmpty(what);
        Input x = new(input);
        Network network = new(x, layer().Apply(x));
        Assert.Equal(new Shape(output), network.Output.Shape);
        float[] samples = new float[2 * x.Shape.ElementCount];
        Array.Fill(samples, 0.5f);
        float[] predictions = network.Predict(samples);
        Assert.Equal(2 * network.Output.Shape.ElementCount, predictions.Length);
        Assert.All(predictions, static value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void MergingLayersComputeElementByElement()
    {
        Input x = new(2);
        Symbol doubled = new Add().Apply(x, x);
        Symbol zero = new Subtract().Apply(x, x);
        Symbol cube = new Multiply().Apply(x, x, x);
        float[] y = new Network(x, new Concatenate().Apply(doubled, zero, cube, x)).Predict([3f, -2f]);
        Assert.Equal([6f, -4f, 0f, 0f, 27f, -8f, 3f, -2f], y);
    }

    [Fact]
    public void AMistakeNamesTheLayer()
    {
        Input x = new(28, 28, 1);
        ShapeException rank = Assert.Throws<ShapeException>(() => new Conv2D(8, 3, name: "stem").Apply(new Flatten().Apply(x)));
        Assert.Contains("'stem' (Conv2D)", rank.Message, StringComparison.Ordinal);
        Assert.Contains("[784]", rank.Message, StringComparison.Ordinal);
        ShapeException window = Assert.Throws<ShapeException>(() => new Sequential(x, new Conv2D(8, 3), new Conv2D(8, 27)));
        Assert.Contains("'conv2d_1' (Conv2D)", window.Message, StringComparison.Ordinal);
        Assert.Contains("'concatenate' (Concatenate)", Assert.Throws<ShapeException>(() => new Concatenate().Apply(x)).Message, StringComparison.Ordinal);
        Assert.Contains("heads", Assert.Throws<ShapeException>(() => new MultiHeadAttention(3).Apply(new Input(4, 8))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Dense(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Dropout(1));
        Assert.Throws<ShapeException>(() => new Input(0));
    }

    [Fact]
    public void ANetworkHasOneInputAndUniqueNames()
    {
        Input x = new(2);
        Input other = new(2);
        Assert.Throws<ArgumentException>(() => new Network(x, new Add().Apply(x, other)));
        Assert.Throws<ArgumentException>(() => new Sequential(x, new Dense(2, name: "a"), new Dense(2, name: "a")));
        Sequential network = new(x, new Dense(2), new Dense(2, name: "dense"), new Dense(2));
        Assert.Equal(["dense_1/weights", "dense_1/bias", "dense/weights", "dense/bias", "dense_2/weights", "dense_2/bias"], network.Parameters.Select(static p => p.Name));
    }

    [Fact]
    public void ALayerAppliedTwiceSharesItsParameters()
    {
        Input x = new(3);
        Dense twice = new(3, useBias: false);
        Network network = new(x, twice.Apply(twice.Apply(x)));
        NetworkParameter only = Assert.Single(network.Parameters);
        float[] w = [0, 1, 0, 0, 0, 1, 1, 0, 0];
        w.CopyTo(only.Values, 0);
        Assert.Equal([3f, 1f, 2f], network.Predict([1f, 2f, 3f]));
    }

    [Fact]
    public void InitialValuesDependOnTheSeedAlone()
    {
        Sequential Make(ulong seed) => new(seed, new Input(100), new Dense(50, kernelInitializer: Initializer.HeNormal), new Dense(50, kernelInitializer: Initializer.HeUniform), new Dense(20));
        Sequential a = Make(1);
        Assert.Equal(a.Parameters.Select(static p => p.Values), Make(1).Parameters.Select(static p => p.Values));
        Assert.NotEqual(a.Parameters[0].Values, Make(2).Parameters[0].Values);
        double limit = Math.Sqrt(6.0 / 70);
        Assert.InRange(a.Parameter("dense_2/weights").Values.Max(Math.Abs), 0.95 * limit, limit);
        Assert.InRange(a.Parameter("dense_1/weights").Values.Max(Math.Abs), 0.95 * Math.Sqrt(6.0 / 50), Math.Sqrt(6.0 / 50));
        double variance = a.Parameter("dense/weights").Values.Average(static v => (double)v * v);
        Assert.InRange(variance, 0.95 * 2 / 100, 1.05 * 2 / 100);     // 5,000 values: three standard errors are 6 %
        Assert.All(a.Parameter("dense/bias").Values, static v => Assert.Equal(0, v));
    }

    [Fact]
    public void TheSummaryCountsParameters()
    {
        string summary = new Sequential(new Input(28, 28, 1), new Conv2D(8, 3), new BatchNormalization(), new Flatten(), new Dense(10)).Summary();
        Assert.Contains("conv2d", summary, StringComparison.Ordinal);
        Assert.Contains("[26, 26, 8]", summary, StringComparison.Ordinal);
        Assert.Contains("54,202 parameters: 54,186 trainable, 16 running statistics", summary, StringComparison.Ordinal);
    }

    [Fact]
    public void ExportFoldsAndKeepsTheResult()
    {
        Input x = new(6, 6, 2);
        Network network = new(x, new Dense(3).Apply(new Flatten().Apply(new Dropout(0.5f).Apply(new Activation(ActivationKind.Relu).Apply(new BatchNormalization(name: "bn").Apply(new Conv2D(4, 3).Apply(x)))))), seed: 3);
        network.Parameter("bn/mean").Values.AsSpan().Fill(0.1f);
        network.Parameter("bn/variance").Values.AsSpan().Fill(0.5f);
        network.Parameter("bn/gamma").Values.AsSpan().Fill(1.5f);
        network.Compile(new Edge.Runtime.Training.Sgd(0.1f), Edge.Runtime.Training.Loss.SoftmaxCrossEntropy);
        Graph exported = network.Export(new ExportOptions { Metadata = new Dictionary<string, string> { ["labels"] = "a\nb\nc" } });
        Assert.Equal(["Conv2D", "Reshape", "Dense", "Softmax"], exported.Nodes.Select(static node => node.Info.Name));
        Assert.Equal("classification", exported.Metadata["task"]);
        Assert.Equal("softmax_cross_entropy", exported.Metadata["training.loss"]);
        Assert.Equal("a\nb\nc", exported.Metadata["labels"]);
        float[] sample = [.. Enumerable.Range(0, 72).Select(static i => MathF.Sin(i))];
        using Model model = Model.Load(ModelEmitter.ToBytes(exported));
        using Session session = new(model);
        float[] folded = new float[3];
        session.Run(sample, folded);
        float[] whole = network.Predict(sample);
        Assert.Equal(1, whole.Sum(), 1e-5);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(whole[i], folded[i], 1e-5);
        }
    }
}
