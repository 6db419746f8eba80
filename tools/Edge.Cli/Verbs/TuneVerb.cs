using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Learning.Data;
using Edge.Learning.FineTuning;
using Edge.Runtime;
using Edge.Runtime.Training;

namespace Edge.Cli.Verbs;

/// <summary><c>edge tune</c>: a finished model learns from a few samples, as it would on the device.</summary>
internal static class TuneVerb
{
    private const ulong SampleSeed = 0x7E57;

    public static Command Create()
    {
        Verb verb = new("tune", "Fine-tune a model on a few labelled samples, as a device does, and save what it learned.");
        Argument<string> model = verb.Argument<string>("model", "The .edge file, float32 or int8; it does not change.");
        Option<string?> data = verb.Option<string>("--data", Datasets.DataHelp);
        Option<string?> dataset = verb.Option<string>("--dataset", Datasets.NameHelp);
        Option<string> scheme = verb.Scheme("What changes: the last K layers (last:K), only biases (bias) or everything (full); less needs less memory and time.", "last:2");
        Option<int> samples = verb.Count("--samples", "Labelled samples, taken from the training part, as many of each class.", 100);
        Option<int> epochs = verb.Count("--epochs", "How often each sample is seen.", 30);
        Option<int> batch = verb.Count("--batch", "Samples per step.", 16);
        Option<string> optimizer = verb.Choice("--optimizer", "adam, sgd (momentum 0.9), rmsprop or adamw.", "adam", "adam", "sgd", "rmsprop", "adamw");
        Option<float?> rate = verb.Rate("--learning-rate", "Learning rate. Default: 0.001, or 0.01 for sgd.");
        Option<int> threads = verb.Count("--threads", "Threads; results do not depend on it.", 1);
        Option<ulong> seed = verb.Option("--seed", "Seed of choice and order of samples.", SampleSeed);
        Option<double> rotate = verb.Option("--rotate", "Turns every image by so many degrees: a user who writes differently.", 0.0);
        Option<bool> invert = verb.Option("--invert", "Inverts every image: dark pen on white paper.", false);
        Option<int> testSamples = verb.Count("--test-samples", "Test samples to measure before and after; 0 for all.", 0, lowest: 0);
        Option<string?> output = verb.Option<string>("--out", "Where the personalization goes (two slots, PATH.0 and PATH.1). Default: NAME.edgedelta beside the model.");
        return verb.Does((parsed, report) =>
        {
            string path = parsed.GetValue(model)!;
            using Model loaded = Models.Load(path);
            TrainTest parts = Datasets.Load(loaded, parsed.GetValue(dataset), parsed.GetValue(data));
            ulong order = parsed.GetValue(seed);
            int count = parsed.GetValue(samples);
            Dataset user = parts.Train.Take(Math.Min(count, parts.Train.Count), order, stratified: parts.Train.HasClasses);
            Dataset test = parsed.GetValue(testSamples) is > 0 and int limit && limit < parts.Test.Count ? parts.Test.Slice(0, limit) : parts.Test;
            if (parsed.GetValue(rotate) != 0 || parsed.GetValue(invert))
            {
                user = DistributionShift.RotateAndInvert(user, parsed.GetValue(rotate), parsed.GetValue(invert));
                test = DistributionShift.RotateAndInvert(test, parsed.GetValue(rotate), parsed.GetValue(invert));
            }

            string name = parsed.GetValue(optimizer)!;
            string state = parsed.GetValue(output) ?? Path.ChangeExtension(path, ".edgedelta");
            Models.CheckTarget(state);
            FineTuneOptions options = new()
            {
                Scheme = UpdateScheme.Parse(parsed.GetValue(scheme)!),
                Optimizer = Optimizers.Create(name, parsed.GetValue(rate) ?? (name == "sgd" ? 0.01f : 0.001f)),
                Epochs = parsed.GetValue(epochs),
                BatchSize = parsed.GetValue(batch),
                Threads = parsed.GetValue(threads),
                Seed = order,
                SavePath = state,
            };
            FineTuneResult result = null!;
            report.Progress($"tuning {options.Scheme.Name} on {user.Count} samples", progress => result = FineTuner.Tune(loaded, user, options with { Progress = share => progress(share, "") }, test));
            Describe(result, options, user.Count, test.Count, state, report);
        });
    }

    private static void Describe(FineTuneResult result, FineTuneOptions options, int samples, int testSamples, string state, Report report)
    {
        JsonObject values = report.Values;
        values["scheme"] = options.Scheme.Name;
        values["samples"] = samples;
        values["test_samples"] = testSamples;
        foreach ((string name, double value) in result.Before.Values)
        {
            values[name + "_before"] = Report.Number(value);
            values[name + "_after"] = Report.Number(result.After[name]);
        }

        values["steps"] = result.Steps;
        values["seconds"] = result.Elapsed.TotalSeconds;
        values["training_bytes"] = result.TrainingBytes;
        values["personalization_bytes"] = result.Personalization.Length;
        values["out"] = state;
        report.Line($"before: {result.Before}");
        report.Line($"after:  {result.After}   ({samples} samples, {result.Steps} steps in {result.Elapsed.TotalSeconds:0.00} s, {result.TrainingBytes:N0} bytes of memory)");
        report.Line($"{state}: {result.Personalization.Length:N0} bytes; use it with --personalization {state}");
    }
}
