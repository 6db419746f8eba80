using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Runtime;
using Edge.Runtime.Training;
using Spectre.Console;

namespace Edge.Cli.Verbs;

/// <summary><c>edge inspect</c>: what is in a model and what it needs.</summary>
internal static class InspectVerb
{
    private static readonly string[] Schemes = ["last:1", "last:2", "bias", "full"];

    public static Command Create()
    {
        Verb verb = new("inspect", "Show a model's operators, tensors and metadata, and the bytes it needs to run and to be trained.");
        Argument<string> model = verb.Argument<string>("model", "The .edge file.");
        Option<int> batch = verb.Option("--batch", "Batch size of the training figures.", 1);
        return verb.Does((parsed, report) =>
        {
            using Model loaded = Models.Load(parsed.GetValue(model)!);
            Show(loaded, parsed.GetValue(batch), report);
        });
    }

    private static void Show(Model model, int batch, Report report)
    {
        JsonObject values = report.Values;
        values["identity"] = model.Identity;
        values["file_bytes"] = model.FileBytes;
        values["arena_bytes"] = model.InferenceBytes;
        values["arena_lower_bound_bytes"] = model.InferenceLowerBoundBytes;
        values["weight_bytes"] = model.WeightBytes;
        values["metadata_bytes"] = model.MetadataBytes;
        JsonArray operators = [];
        Table table = new() { Border = TableBorder.Simple };
        table.AddColumns("#", "operator", "inputs", "outputs", "weights", "attributes");
        int index = 0;
        foreach (OperatorDescription op in model.Operators)
        {
            operators.Add(new JsonObject
            {
                ["name"] = op.Name,
                ["kind"] = op.Kind,
                ["attributes"] = op.Attributes,
                ["inputs"] = Tensors(op.Inputs),
                ["outputs"] = Tensors(op.Outputs),
                ["weight_bytes"] = op.WeightBytes,
            });
            table.AddRow(index++.ToString(), op.Kind, Text(op.Inputs), Text(op.Outputs), $"{op.WeightBytes:N0}", Markup.Escape(op.Attributes));
        }

        values["operators"] = operators;
        values["inputs"] = Tensors(model.Inputs);
        values["outputs"] = Tensors(model.Outputs);
        JsonObject metadata = [];
        foreach ((string key, string value) in model.Metadata)
        {
            metadata[key] = value;
        }

        values["metadata"] = metadata;
        JsonObject training = [];
        Table schemes = new() { Border = TableBorder.Simple };
        schemes.AddColumns("training scheme", "bytes with Sgd", "bytes with Adam");
        foreach (string scheme in Schemes)
        {
            long? sgd = Bytes(model, scheme, batch, new Sgd(0.01f, 0.9f), out string reason);
            long? adam = Bytes(model, scheme, batch, new Adam(0.001f), out _);
            training[scheme] = sgd;
            training[scheme + " adam"] = adam;
            schemes.AddRow(scheme, sgd is null ? Markup.Escape(reason) : $"{sgd:N0}", adam is null ? "" : $"{adam:N0}");
        }

        values["training"] = training;
        values["training_batch"] = batch;
        report.Console.Write(table);
        report.Console.Write(schemes);
        report.Line($"inputs   {string.Join(", ", model.Inputs.Select(t => $"{t.Name} {t.Spec}"))}");
        report.Line($"outputs  {string.Join(", ", model.Outputs.Select(t => $"{t.Name} {t.Spec}"))}");
        foreach ((string key, string value) in model.Metadata)
        {
            report.Line($"{key}  {value.ReplaceLineEndings(", ")}");
        }

        report.Line($"file {model.FileBytes:N0} bytes: weights {model.WeightBytes:N0}, tables and metadata {model.MetadataBytes:N0}; inference arena {model.InferenceBytes:N0} (lower bound {model.InferenceLowerBoundBytes:N0})");
        report.Line($"identity {model.Identity}");
    }

    private static long? Bytes(Model model, string scheme, int batch, Optimizer optimizer, out string reason)
    {
        try
        {
            reason = "";
            return model.TrainingBytes(new TrainerOptions { Scheme = UpdateScheme.Parse(scheme), BatchSize = batch, Optimizer = optimizer });
        }
        catch (Exception error) when (error is ArgumentException or ShapeException)
        {
            reason = error.Message;
            return null;
        }
    }

    private static JsonArray Tensors(IReadOnlyList<TensorDescription> tensors)
    {
        JsonArray array = [];
        foreach (TensorDescription tensor in tensors)
        {
            JsonArray shape = [];
            foreach (int size in tensor.Spec.Shape.Axes)
            {
                shape.Add(size);
            }

            JsonObject item = new() { ["name"] = tensor.Name, ["type"] = Edge.Format.DataTypes.Name(tensor.Spec.Type), ["shape"] = shape };
            if (tensor.Spec.Quantization is { } quantization)
            {
                item["scale"] = quantization.Scale;
                item["zero_point"] = quantization.ZeroPoint;
                item["scales"] = quantization.Scales.Length;
            }

            array.Add(item);
        }

        return array;
    }

    private static string Text(IReadOnlyList<TensorDescription> tensors) => Markup.Escape(string.Join("\n", tensors.Select(t => t.Spec.ToString())));
}
