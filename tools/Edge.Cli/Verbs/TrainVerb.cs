using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Compiler;
using Edge.Learning;
using Edge.Learning.Callbacks;
using Edge.Learning.Recipes;
using Edge.Learning.Training;

namespace Edge.Cli.Verbs;

/// <summary><c>edge train</c>: a recipe becomes a model.</summary>
internal static class TrainVerb
{
    public static Command Create()
    {
        Verb verb = new("train", "Train a network by a recipe and compile it into a .edge model.");
        Argument<string> recipe = verb.Argument<string>("recipe", $"A recipe file (.json, see docs/training.md), or one of {string.Join(", ", Recipe.BuiltIn)}; digits-cnn and moons need no data.");
        Option<string?> data = verb.Option<string>("--data", Datasets.DataHelp);
        Option<int?> epochs = verb.Count("--epochs", "How often every sample is seen. Default: the recipe's.");
        Option<int?> batch = verb.Count("--batch", "Samples per step. Default: the recipe's.");
        Option<ulong?> seed = verb.Option<ulong?>("--seed", "Seed of initial values, order and dropout. Default: the recipe's.");
        Option<float?> rate = verb.Rate("--learning-rate", "How far a step goes. Default: the recipe's.");
        Option<int> threads = verb.Count("--threads", "Threads; results do not depend on it.", Environment.ProcessorCount);
        Option<string?> output = verb.Option<string>("--out", "Where the model goes. Default: RECIPE.edge in the current folder.");
        Option<string?> history = verb.Option<string>("--history", "Where loss and metrics by epoch go: .csv or .json.");
        Option<string?> checkpoint = verb.Option<string>("--checkpoint", "Save the training state here after each epoch, and go on from it if it is there.");
        Option<bool> strip = verb.Option("--strip-names", "Leave names of tensors and operators out of the file.", false);
        return verb.Does((parsed, report) =>
        {
            Recipe loaded = Recipe.Load(parsed.GetValue(recipe)!);
            string path = parsed.GetValue(output) ?? loaded.Name + ".edge";
            Models.CheckTarget(path);
            List<Callback> callbacks = [];
            if (parsed.GetValue(history) is { } log)
            {
                callbacks.Add(new HistoryLogger(log));
            }

            TrainingCheckpoint? resume = null;
            if (parsed.GetValue(checkpoint) is { } state)
            {
                callbacks.Add(new CheckpointEvery(state));
                resume = TrainingCheckpoint.Load(state);
            }

            RecipeOverrides overrides = new()
            {
                Epochs = parsed.GetValue(epochs),
                BatchSize = parsed.GetValue(batch),
                Seed = parsed.GetValue(seed),
                LearningRate = parsed.GetValue(rate),
                Threads = parsed.GetValue(threads),
                Callbacks = callbacks,
                Resume = resume,
            };
            RecipeResult result = Run(loaded, parsed.GetValue(data), overrides, report);
            byte[] model = ModelEmitter.ToBytes(result.Network.Export(), new EmitOptions { StripNames = parsed.GetValue(strip) });
            Models.Write(path, model);
            Describe(loaded, result, path, model.Length, report);
        });
    }

    /// <summary>Trains under a progress bar.</summary>
    internal static RecipeResult Run(Recipe recipe, string? data, RecipeOverrides overrides, Report report)
    {
        RecipeResult result = null!;
        report.Progress($"training {recipe.Name}", progress => result = RecipeRunner.Train(recipe, data, overrides, new Listener(progress)));
        return result.History.Epochs.FirstOrDefault(static epoch => !double.IsFinite(epoch["loss"])) is not { } diverged
            ? result
            : throw new InvalidOperationException($"The loss is no finite number after epoch {diverged.Epoch}: the steps are too long. Try a smaller --learning-rate; no model was written.");
    }

    private static void Describe(Recipe recipe, RecipeResult result, string path, long bytes, Report report)
    {
        report.Values["recipe"] = recipe.Name;
        report.Values["out"] = path;
        report.Values["file_bytes"] = bytes;
        report.Values["epochs"] = result.History.Epochs.Count;
        report.Values["seconds"] = result.Elapsed.TotalSeconds;
        JsonArray seconds = [];
        JsonArray losses = [];
        foreach (EpochRecord epoch in result.History.Epochs)
        {
            seconds.Add(epoch.Seconds);
            losses.Add(Report.Number(epoch["loss"]));
        }

        report.Values["seconds_per_epoch"] = seconds;
        report.Values["losses"] = losses;
        foreach ((string name, double value) in result.Test.Values)
        {
            report.Values[name] = Report.Number(value);
        }

        report.Values["samples"] = result.Data.Test.Count;
        report.Line($"test: {result.Test} on {result.Data.Test.Count:N0} samples held back; trained in {result.Elapsed.TotalSeconds:0.0} s");
        report.Line($"{path}: {bytes:N0} bytes; look into it with 'edge inspect {path}'");
    }

    private sealed class Listener(Action<double, string> progress) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            double share = (value.Epoch - 1 + ((double)value.Batch / value.Batches)) / value.Epochs;
            progress(value.Finished is null ? Math.Min(share, 0.999) : (double)value.Epoch / value.Epochs, string.Create(CultureInfo.InvariantCulture, $"epoch {value.Epoch}/{value.Epochs}, loss {value.Loss:0.0000}"));
        }
    }
}
