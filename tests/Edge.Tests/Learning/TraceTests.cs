using Edge.Learning;
using Edge.Learning.Layers;
using Edge.Runtime;
using Edge.Runtime.Training;
using Edge.Tests.Harness;

namespace Edge.Tests.Learning;

/// <summary>Whole trainings recorded in PyTorch are repeated: layers, gradients, loss and optimizer together, step by step.</summary>
public sealed class TraceTests
{
    // A tensor's worst error, relative to its largest value. Losses: float32 sums in another order, carried over 20 to 30 steps.
    private const double LossTolerance = 1e-4;
    private const double FirstStepTolerance = 1e-4;
    private const double FinalTolerance = 1e-3;

    [Theory]
    [InlineData("mlp_sgd")]
    [InlineData("mlp_momentum")]
    [InlineData("mlp_nesterov")]
    [InlineData("mlp_rmsprop")]
    [InlineData("mlp_adam")]
    [InlineData("mlp_adamw")]
    public void PerceptronsRepeatTheirRecordedRun(string name) => Replay(name, new Sequential(
        new Input(20),
        new Dense(32, ActivationKind.Relu, name: "0"),
        new Dense(32, ActivationKind.Tanh, name: "2"),
        new Dense(5, name: "4")));

    [Fact]
    public void MoonsRepeatTheirRecordedRun() => Replay("moons", new Sequential(
        new Input(2),
        new Dense(10, ActivationKind.Relu, name: "0"),
        new Dense(10, ActivationKind.Relu, name: "2"),
        new Dense(1, name: "4")));

    [Fact]
    public void BatchNormalizationRepeatsItsRecordedRun() => Replay("cnn_batchnorm", new Sequential(
        new Input(12, 12, 3),
        new Conv2D(8, 3, padding: Padding.Explicit(1), useBias: false, name: "conv"),
        new BatchNormalization(0.9f, 1e-5f, unbiasedVariance: true, name: "bn"),
        new Relu(),
        new MaxPooling2D(2),
        new DepthwiseConv2D(3, 2, Padding.Explicit(1), name: "dw"),
        new Conv2D(12, 1, activation: ActivationKind.Relu6, name: "pw"),
        new GlobalAveragePooling2D(),
        new Dense(4, name: "fc")));

    [Fact]
    public void SkipConnectionsRepeatTheirRecordedRun()
    {
        Input x = new(12, 12, 3);
        Symbol a = new Conv2D(8, 3, padding: Padding.Explicit(1), activation: ActivationKind.Relu, name: "c1").Apply(x);
        Symbol b = new Add(ActivationKind.Relu).Apply(a, new Conv2D(8, 3, padding: Padding.Explicit(1), name: "c2").Apply(a));
        Symbol c = new Add().Apply(new Conv2D(16, 3, 2, Padding.Explicit(1), name: "c3").Apply(b), new Conv2D(16, 1, 2, name: "sk").Apply(b));
        Symbol y = new Flatten().Apply(new AveragePooling2D(2).Apply(new LeakyRelu(0.1f).Apply(c)));
        Replay("residual_cnn", new Network(x, new Dense(4, name: "fc").Apply(y)));
    }

    [Fact]
    public void AttentionRepeatsItsRecordedRun()
    {
        Input x = new(10, 16);
        Symbol a = new Add().Apply(x, new MultiHeadAttention(2, name: "mha").Apply(new LayerNormalization(1e-5f, name: "ln1").Apply(x)));
        Symbol up = new Dense(64, ActivationKind.Gelu, name: "up").Apply(new LayerNormalization(1e-5f, name: "ln2").Apply(a));
        Symbol b = new Add().Apply(a, new Dense(16, name: "down").Apply(up));
        Replay("attention", new Network(x, new Dense(3, name: "fc").Apply(new GlobalAveragePooling1D().Apply(b))));
    }

    [Fact]
    public void SimpleRecurrentLayersRepeatTheirRecordedRun() => Replay("rnn", new Sequential(
        new Input(12, 8),
        new SimpleRnn(16, recurrentBias: true, name: "rnn"),
        new Dense(3, name: "fc")));

    [Fact]
    public void LongShortTermMemoryRepeatsItsRecordedRun() => Replay("lstm", new Sequential(
        new Input(12, 8),
        new Lstm(16, recurrentBias: true, name: "rnn"),
        new Dense(3, name: "fc")));

    [Fact]
    public void GatedRecurrentUnitsRepeatTheirRecordedRun() => Replay("gru", new Sequential(
        new Input(12, 8),
        new Gru(16, name: "rnn"),
        new Dense(3, name: "fc")));

    private static void Replay(string name, Network network)
    {
        RecordedRun run = RecordedRun.Load(name);
        bool binary = name == "moons";
        network.Compile(run.Optimizer(), binary ? Loss.BinaryCrossEntropy : Loss.SoftmaxCrossEntropy);
        foreach (string parameter in run.Names("initial."))
        {
            run.Tensor<float>("initial." + parameter).CopyTo(network.Parameter(Ours(parameter)).Values, 0);
        }

        using Model model = network.TrainingModel();
        int batch = run.Tensor<float>("batch.0.y").Length;
        using Trainer trainer = new(model, new TrainerOptions { Optimizer = network.Optimizer!, Loss = network.Loss, BatchSize = batch });
        network.CopyTo(trainer);
        Dictionary<string, float[]> gradients = [];
        trainer.ObserveGradient = (parameter, gradient) => gradients[trainer.Parameters[parameter].Name] = gradient.ToArray();
        for (int step = 0; step < run.Losses.Length; step++)
        {
            float[] x = run.Tensor<float>($"batch.{step}.x");
            float loss = binary ? trainer.Step(x, run.Tensor<float>($"batch.{step}.y")) : trainer.Step(x, run.Tensor<int>($"batch.{step}.y"));
            double error = Math.Abs(loss - run.Losses[step]) / Math.Abs(run.Losses[step]);
            Assert.True(error <= LossTolerance, $"{name}, step {step}: loss {loss:R}, recorded {run.Losses[step]:R}, relative error {error:E2}.");
            if (step == 0)
            {
                CompareFirstStep(run, trainer, gradients, binary);
            }
        }

        network.CopyFrom(trainer);
        foreach (string parameter in run.Names("final."))
        {
            float[] expected = run.Tensor<float>("final." + parameter);
            float[] actual = network.Parameter(Ours(parameter)).Values;
            if (parameter == "qkv.bias")
            {
                // A key bias adds the same to all scores of a query, which softmax ignores: its gradient is rounding, and Adam makes whole steps of at most
                // about the learning rate of it. So the middle third is noise on both sides, bounded by the steps.
                int third = expected.Length / 3;
                Compare("final key bias", expected[third..(2 * third)], actual[third..(2 * third)], 0, 2 * network.Optimizer!.LearningRate * run.Losses.Length);
                expected = [.. expected[..third], .. expected[(2 * third)..]];
                actual = [.. actual[..third], .. actual[(2 * third)..]];
            }

            Compare($"final {parameter}", expected, actual, FinalTolerance);
        }
    }

    private static void CompareFirstStep(RecordedRun run, Trainer trainer, Dictionary<string, float[]> gradients, bool binary)
    {
        trainer.ObserveGradient = null;
        float[] output = run.Tensor<float>("step0.output");
        Compare("first output", Probabilities(output, binary ? 1 : trainer.OutputLength), trainer.Prediction.ToArray(), FirstStepTolerance);
        string[] recorded = [.. run.Names("step0.gradient.")];
        Assert.NotEmpty(recorded);
        Assert.Equal(recorded.Length, gradients.Count);
        double largest = recorded.Max(parameter => run.Tensor<float>("step0.gradient." + parameter).Max(Math.Abs));
        foreach (string parameter in recorded)
        {
            // A bias before a normalization has gradient 0 in exact arithmetic: what both sides then hold is rounding of the other gradients.
            Compare($"first gradient {parameter}", run.Tensor<float>("step0.gradient." + parameter), gradients[Ours(parameter)], FirstStepTolerance, 1e-6 * largest);
        }
    }

    private static float[] Probabilities(float[] logits, int width)
    {
        float[] probabilities = new float[logits.Length];
        for (int i = 0; i < logits.Length; i++)
        {
            double total = width == 1 ? 1 + Math.Exp(logits[i]) : logits.AsSpan(i / width * width, width).ToArray().Sum(static logit => Math.Exp(logit));
            probabilities[i] = (float)(Math.Exp(logits[i]) / total);
        }

        return probabilities;
    }

    private static void Compare(string what, float[] expected, float[] actual, double tolerance, double floor = 1e-9)
    {
        Assert.Equal(expected.Length, actual.Length);
        double allowed = Math.Max(floor, tolerance * expected.Max(Math.Abs));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs((double)expected[i] - actual[i]) <= allowed, $"{what}[{i}]: {actual[i]:R}, recorded {expected[i]:R}, allowed difference {allowed:E2}.");
        }
    }

    private static string Ours(string recorded)
    {
        int dot = recorded.LastIndexOf('.');
        (string layer, string parameter) = (recorded[..dot], recorded[(dot + 1)..]);
        layer = layer switch { "qkv" => "mha/qkv", "proj" => "mha/projection", _ => layer };
        bool normalizes = layer is "bn" or "ln1" or "ln2";
        return $"{layer}/" + parameter switch
        {
            "weight" => normalizes ? "gamma" : "weights",
            "bias" => normalizes ? "beta" : "bias",
            "weight_ih_l0" => "weights",
            "weight_hh_l0" => "recurrent",
            "bias_ih_l0" => "bias",
            "bias_hh_l0" => "recurrent_bias",
            "running_mean" => "mean",
            "running_var" => "variance",
            _ => parameter,
        };
    }
}
