using Edge.Learning.Data;
using Edge.Learning.Recipes;
using Edge.Runtime.Training;

namespace Edge.Tests.Learning;

public sealed class RecipeTests
{
    private const string Small = """
        {
          "name": "small", "dataset": { "name": "moons", "samples": 60, "noise": 0.1 }, "input": [2],
          "layers": [ { "type": "dense", "units": 4, "activation": "relu" }, { "type": "dense", "units": 1 } ],
          "loss": "binary_cross_entropy", "optimizer": { "type": "adam", "learning_rate": 0.01 },
          "epochs": 2, "batch": 16, "validation": 0.25, "normalization": "standardize", // said twice
        }
        """;

    [Fact]
    public void TheBuiltInRecipesAreWhatTheirNamesSay()
    {
        Assert.Equal(["digits-cnn", "mnist-cnn", "mnist-mlp-128", "mnist-mlp-512", "moons"], Recipe.BuiltIn);
        foreach (string name in Recipe.BuiltIn)
        {
            Assert.Equal(name, Recipe.Load(name).Name);
        }

        Assert.Equal((784 * 128) + 128 + (128 * 10) + 10, Parameters("mnist-mlp-128"));
        Assert.Equal((784 * 512) + 512 + (512 * 10) + 10, Parameters("mnist-mlp-512"));
        Assert.Equal((32 * 9) + 32 + (64 * 9 * 32) + 64 + (1600 * 128) + 128 + 1290, Parameters("mnist-cnn"));
        Assert.Equal(30 + 110 + 11, Parameters("moons"));
        Recipe rms = Recipe.Load("mnist-mlp-512");
        Assert.IsType<RmsProp>(rms.Build().Optimizer);
        Assert.Equal((5, 128), (rms.Epochs, rms.BatchSize));

        static int Parameters(string name) => Recipe.Load(name).Build().Parameters.Sum(static p => p.Values.Length);
    }

    [Fact]
    public void ARecipeTrains()
    {
        RecipeResult result = RecipeRunner.Train(Recipe.Parse(Small), overrides: new RecipeOverrides { Threads = 1, Epochs = 3, LearningRate = 0.02f, Seed = 4 });
        Assert.Equal(3, result.History.Epochs.Count);
        Assert.Equal(0.02f, result.Network.Optimizer!.LearningRate);
        Assert.Equal(4UL, result.Network.Seed);
        Assert.True(double.IsFinite(result.History.Values("val_accuracy")[0]));
        Assert.Equal(18, result.Data.Test.Count);
        Assert.Equal(2, result.Data.Test.Normalization.Channels);
        Assert.NotEqual(1f, result.Data.Test.Normalization.Scale[0]);
        RecipeResult again = RecipeRunner.Train(Recipe.Parse(Small), overrides: new RecipeOverrides { Threads = 2, Epochs = 3, LearningRate = 0.02f, Seed = 4 });
        Assert.Equal(result.History.Values("loss"), again.History.Values("loss"));
    }

    [Fact]
    public void LayersMayNameWhatTheyRead()
    {
        string json = Small.Replace("""{ "type": "dense", "units": 1 }""", """
            { "type": "dense", "units": 4, "name": "b" }, { "type": "add", "inputs": ["b", "b"], "name": "sum", "activation": "relu" },
            { "type": "concatenate", "inputs": ["sum", "input"] }, { "type": "dense", "units": 1 }
            """, StringComparison.Ordinal);
        Assert.Contains("[6]", Recipe.Parse(json).Build().Summary(), StringComparison.Ordinal);
    }

    [Fact]
    public void ACosineWithoutStepsStretchesOverTheWholeTraining()
    {
        LearningRateSchedule schedule = Recipe.Load("mnist-cnn").Schedule(100)!;
        Assert.Equal(1, schedule.Rate(1, 1));
        Assert.Equal(0.5f, schedule.Rate(51, 1), 1e-6f);
        Assert.Equal(0, schedule.Rate(101, 1), 1e-6f);
        Assert.Null(Recipe.Load("moons").Schedule(100));
    }

    [Theory]
    [InlineData("\"epochs\": 2", "\"epoch\": 2", "'epochs' is missing")]
    [InlineData("\"epochs\": 2", "\"epochs\": 2, \"learning\": 1", "'learning' is unknown; allowed are name")]
    [InlineData("\"epochs\": 2", "\"epochs\": 0", "whole number of 1 or more")]
    [InlineData("\"units\": 4", "\"unit\": 4", "'units' is missing")]
    [InlineData("\"units\": 4", "\"units\": 4, \"filters\": 3", "Layer 0: 'filters' is unknown; allowed are")]
    [InlineData("\"type\": \"dense\", \"units\": 1", "\"type\": \"dens\", \"units\": 1", "Layer 1: 'type' is 'dens'; dense, conv2d")]
    [InlineData("\"relu\"", "\"rleu\"", "linear, relu")]
    [InlineData("\"adam\"", "\"adm\"", "sgd, rmsprop, adam, adamw")]
    [InlineData("0.01 }", "-0.01 }", "learningRate")]
    [InlineData("binary_cross_entropy", "bce", "softmax_cross_entropy, binary_cross_entropy, mean_squared_error")]
    [InlineData("\"noise\": 0.1", "\"noize\": 0.1", "'dataset': 'noize' is unknown; allowed are name, seed, samples, noise, test_split")]
    [InlineData("\"standardize\"", "\"unit\"", "dataset, standardize")]
    [InlineData("\"validation\": 0.25", "\"validation\": 1.5", "below 1")]
    [InlineData("\"validation\": 0.25", "\"metrics\": [\"acuracy\"]", "accuracy, binary_accuracy")]
    [InlineData("\"input\": [2]", "\"input\": 2", "list of whole numbers")]
    [InlineData("\"name\": \"small\",", "\"name\": \"small\", \"name\": \"twice\",", "not valid JSON")]
    [InlineData("{ \"type\": \"dense\", \"units\": 1 }", "{ \"type\": \"conv2d\", \"filters\": 1, \"kernel\": 3 }", "'conv2d' (Conv2D)")]
    [InlineData("{ \"type\": \"dense\", \"units\": 1 }", "{ \"type\": \"add\", \"inputs\": [\"input\", \"nobody\"] }", "'nobody'")]
    public void TypingErrorsAreRefusedWithWhatIsAllowed(string text, string replacement, string message)
    {
        string json = Small.Replace(text, replacement, StringComparison.Ordinal);
        Assert.NotEqual(Small, json);
        Assert.Contains(message, Assert.Throws<RecipeException>(() => Recipe.Parse(json)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnUnknownRecipeNamesTheKnownOnes() =>
        Assert.Contains("mnist-cnn", Assert.Throws<RecipeException>(() => Recipe.Load("mnist-cn")).Message, StringComparison.Ordinal);

    [Fact]
    public void DataThatDoesNotFitIsRefused()
    {
        string json = Small.Replace("\"input\": [2]", "\"input\": [3]", StringComparison.Ordinal);
        Assert.Throws<DatasetException>(() => RecipeRunner.Train(Recipe.Parse(json)));
    }
}
