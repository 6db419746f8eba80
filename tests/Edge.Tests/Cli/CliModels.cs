using Edge.Tests.Learning.Data;

namespace Edge.Tests.Cli;

/// <summary>Small models that the command itself trained, for all tests of its verbs.</summary>
public sealed class CliModels : IDisposable
{
    private const string DigitsRecipe = """
        {
          "name": "tiny", "dataset": { "name": "digits", "samples": 400, "test_samples": 100, "seed": 1 }, "input": [28, 28, 1],
          "layers": [
            { "type": "conv2d", "filters": 4, "kernel": 5, "strides": 3, "activation": "relu" }, { "type": "flatten" },
            { "type": "dense", "units": 16, "activation": "relu" }, { "type": "dense", "units": 10 }
          ],
          "loss": "softmax_cross_entropy", "optimizer": { "type": "adam", "learning_rate": 0.004 }, "epochs": 3, "batch": 32
        }
        """;

    private readonly TempFolder _folder = new();

    public CliModels()
    {
        File.WriteAllText(At("tiny.json"), DigitsRecipe);
        DigitsRun = EdgeCommand.Run("train", At("tiny.json"), "--out", At("digits.edge"), "--json");
        MoonsRun = EdgeCommand.Run("train", "moons", "--epochs", "20", "--seed", "3", "--out", At("new/folder/moons.edge"), "--history", At("history.csv"), "--json");
    }

    internal EdgeCommand.Result DigitsRun { get; }

    internal EdgeCommand.Result MoonsRun { get; }

    public string Digits => At("digits.edge");

    public string Moons => At("new/folder/moons.edge");

    public string At(string name) => Path.Combine(_folder.Path, name);

    public void Dispose() => _folder.Dispose();
}
