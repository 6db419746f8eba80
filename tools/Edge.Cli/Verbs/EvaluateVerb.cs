using System.CommandLine;
using Edge.Learning;
using Edge.Learning.Data;
using Edge.Runtime;

namespace Edge.Cli.Verbs;

/// <summary><c>edge evaluate</c>: accuracy of a model on a test set.</summary>
internal static class EvaluateVerb
{
    public static Command Create()
    {
        Verb verb = new("evaluate", "Measure accuracy and loss of a model on the test part of a data set.");
        Argument<string> model = verb.Argument<string>("model", "The .edge file.");
        Option<string?> data = verb.Option<string>("--data", Datasets.DataHelp);
        Option<string?> dataset = verb.Option<string>("--dataset", Datasets.NameHelp);
        Option<int> threads = verb.Count("--threads", "Threads that share the work.", 1);
        Option<int> samples = verb.Count("--samples", "Samples to measure, from the first on; 0 for all.", 0, lowest: 0);
        Option<string?> personalization = verb.Option<string>("--personalization", "Saved fine-tuning to apply.");
        return verb.Does((parsed, report) =>
        {
            using Model loaded = Models.Load(parsed.GetValue(model)!, parsed.GetValue(personalization));
            Dataset test = Datasets.Load(loaded, parsed.GetValue(dataset), parsed.GetValue(data)).Test;
            int count = parsed.GetValue(samples);
            test = count > 0 && count < test.Count ? test.Slice(0, count) : test;
            ModelEvaluation result = null!;
            report.Progress($"measuring {test.Count:N0} samples of {test.Name}", progress =>
                result = ModelEvaluator.Measure(loaded, test, parsed.GetValue(threads), share => progress(share, "")));
            report.Values["accuracy"] = Report.Number(result.Accuracy);
            report.Values["loss"] = Report.Number(result.Loss);
            report.Values["samples"] = result.Samples;
            report.Values["dataset"] = test.Name;
            report.Line($"{(double.IsNaN(result.Accuracy) ? "" : $"accuracy {result.Accuracy * 100:0.00} %, ")}loss {result.Loss:0.0000}, {result.Samples:N0} samples of {test.Name}");
        });
    }
}
