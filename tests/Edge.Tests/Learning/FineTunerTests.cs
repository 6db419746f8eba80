using Edge.Compiler;
using Edge.Learning;
using Edge.Learning.Data;
using Edge.Learning.FineTuning;
using Edge.Learning.Layers;
using Edge.Learning.Metrics;
using Edge.Runtime;
using Edge.Runtime.Training;
using Edge.Tests.Learning.Data;

namespace Edge.Tests.Learning;

public sealed class FineTunerTests
{
    [Theory]
    [InlineData("full")]
    [InlineData("last:1")]
    public void AModelLearnsFromAFewSamplesAndKeepsIt(string scheme)
    {
        using TempFolder folder = new();
        Dataset train = TwoMoons.Generate(200, 0.1f, 1);
        Sequential network = new(1, new Input(2), new Dense(16, ActivationKind.Relu), new Dense(2));
        network.Compile(new Adam(0.02f), Loss.SoftmaxCrossEntropy, new Accuracy());
        network.Fit(train, new FitOptions { Epochs = 30, BatchSize = 32, Threads = 1 });
        using Model model = Model.Load(ModelEmitter.ToBytes(network.Export()));

        // The user's moons lie elsewhere: the model's boundary is off by a shift of its inputs.
        Dataset user = TwoMoons.Generate(60, 0.1f, 3);
        Dataset test = TwoMoons.Generate(200, 0.1f, 4);
        (user, test) = (Shifted(user), Shifted(test));
        FineTuneOptions options = new() { Scheme = UpdateScheme.Parse(scheme), Optimizer = new Adam(0.02f), Epochs = 40, BatchSize = 16, SavePath = Path.Combine(folder.Path, "user.edgedelta") };
        FineTuneResult result = FineTuner.Tune(model, user, options, test);

        Assert.True(result.Before["accuracy"] < 0.8, $"before: {result.Before}");
        Assert.True(result.After["accuracy"] >= result.Before["accuracy"] + 0.15, $"before: {result.Before}, after: {result.After}");
        Assert.Equal(40, result.Losses.Count);
        Assert.Equal(40 * 4, result.Steps);
        Assert.True(FineTuner.TryLoad(options.SavePath, out byte[]? saved));
        Assert.Equal(result.Personalization, saved);
        using Model personal = model.Personalize(saved);
        using Session session = new(personal);
        float[] features = new float[2];
        float[] output = new float[2];
        int right = 0;
        for (int i = 0; i < test.Count; i++)
        {
            test.CopyFeatures(i, features);
            session.Run(features, output);
            right += Metric.ArgMax(output) == test.Label(i) ? 1 : 0;
        }

        Assert.Equal(result.After["accuracy"], (double)right / test.Count, 1e-9);
        Assert.Equal(result.Personalization, FineTuner.Tune(model, user, options with { Threads = 2, SavePath = null }, test).Personalization);
    }

    [Fact]
    public void TheModelsOwnNormalizationIsUsed()
    {
        Dataset digits = Digits.Generate(20, 1);
        Sequential network = new(1, new Input(28, 28, 1), new Flatten(), new Dense(10));
        network.Compile(new Sgd(0.1f), Loss.SoftmaxCrossEntropy);
        using Model model = Model.Load(ModelEmitter.ToBytes(network.Export(new ExportOptions { Data = digits.WithNormalization(new Normalization(0.01f, -0.5f)) })));
        Normalization stated = ModelNormalization.Of(model)!;
        Assert.Equal((0.01f, -0.5f), (stated.Scale[0], stated.Offset[0]));
        FineTuneOptions options = new() { Optimizer = new Sgd(0.01f), Epochs = 1 };
        Assert.Equal(FineTuner.Tune(model, digits.WithNormalization(Normalization.Identity), options).Personalization, FineTuner.Tune(model, digits, options).Personalization);
    }

    private static Dataset Shifted(Dataset moons)
    {
        float[] features = new float[2 * moons.Count];
        int[] labels = new int[moons.Count];
        for (int i = 0; i < moons.Count; i++)
        {
            moons.CopyRaw(i, features.AsSpan(2 * i, 2));
            features[(2 * i) + 1] += 0.8f;
            labels[i] = moons.Label(i);
        }

        return new Dataset("moons", moons.Source + ", moved up", [2], features, labels, moons.ClassNames);
    }
}
