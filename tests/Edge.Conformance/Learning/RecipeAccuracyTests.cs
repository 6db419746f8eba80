using Edge.Compiler;
using Edge.Learning.Data;
using Edge.Learning.Recipes;
using Edge.Runtime;
using Edge.Tests.Harness;

namespace Edge.Conformance.Learning;

/// <summary>Each built-in recipe reaches the accuracy it promises, on samples it did not see, and the exported file reaches it too.</summary>
/// <remarks>Minutes, not seconds: run one by one with <c>-method</c>. mnist-cnn is in <see cref="TrainedCnnTests"/>, which needs the trained network for more.</remarks>
public sealed class RecipeAccuracyTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("mnist-mlp-512", 0.980)]
    [InlineData("mnist-mlp-128", 0.975)]
    public void MnistIsLearned(string name, double accuracy) => Reaches(name, accuracy, Path.GetDirectoryName(SharedData.Require("mnist"))!);

    [Fact]
    public void MoonsAreLearned() => Reaches("moons", 0.995, null);

    [Fact]
    public void GeneratedDigitsAreLearned() => Reaches("digits-cnn", 0.95, null);

    private void Reaches(string name, double accuracy, string? folder) => Reaches(name, RecipeRunner.Train(Recipe.Load(name), folder), accuracy, output);

    internal static void Reaches(string name, RecipeResult result, double accuracy, ITestOutputHelper output)
    {
        output.WriteLine($"{name}: {result.Test} after {result.Elapsed.TotalSeconds:0.0} s of training");
        output.WriteLine(result.History.ToCsv());
        Assert.True(result.Test["accuracy"] >= accuracy, $"{name}: {result.Test}; {accuracy} is promised.");

        using Model model = Model.Load(ModelEmitter.ToBytes(result.Network.Export()));
        double exported = Accuracy(model, result.Data.Test);
        output.WriteLine($"{name}: the exported file of {model.FileBytes} bytes has accuracy {exported}");
        Assert.Equal(result.Test["accuracy"], exported, 5e-4);     // folding rounds anew, which may turn a tie
    }

    private static double Accuracy(Model model, Dataset data)
    {
        using Session session = new(model);
        float[] prediction = new float[session.Output<float>().Length];
        int right = 0;
        for (int i = 0; i < data.Count; i++)
        {
            data.CopyFeatures(i, session.Input<float>());
            session.Run();
            session.Output<float>().CopyTo(prediction);
            int found = prediction.Length == 1 ? (prediction[0] > 0.5f ? 1 : 0) : Edge.Learning.Metrics.Metric.ArgMax(prediction);
            right += found == data.Label(i) ? 1 : 0;
        }

        return (double)right / data.Count;
    }
}
