using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;
using Spectre.Console;

namespace Edge.Cli.Verbs;

/// <summary><c>edge inspect</c>: what is in a model and what it needs.</summary>
internal static partial class InspectVerb
{
    private const int ShownLines = 12;

    private static readonly string[] Schemes = ["last:1", "last:2", "bias", "full"];

    // Attributes that say nothing: stride and dilation 1, one group, no padding, no activation.
    private static readonly string[] Silent = ["stride 1×1", "dilation 1×1", "groups 1", "padding 0", "activation none", "beta 1"];

    public static Command Create()
    {
        Verb verb = new("inspect", "Show a model's operators, tensors and metadata, and the bytes it needs to run and to be trained.");
        Argument<string> model = verb.Argument<string>("model", "The .edge file.");
        Option<int> batch = verb.Count("--batch", "Batch size of the training figures.", 1);
        Option<string?> personalization = verb.Option<string>("--personalization", "Saved fine-tuning to apply.");
        return verb.Does((parsed, report) =>
        {
            string path = parsed.GetValue(model)!;
            using Model loaded = Models.Load(path, parsed.GetValue(personalization));
            Operators(loaded, report);
            Training(loaded, parsed.GetValue(batch), report);
            Programs(path, report);
            Summary(loaded, report);
        });
    }

    private static void Operators(Model model, Report report)
    {
        JsonArray operators = [];
        Table table = Tables.Plain("#", "operator", "inputs → outputs", "weights");
        table.Columns[0].RightAligned();
        table.Columns[3].RightAligned();
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

            // One attribute and one tensor a line: the table of an int8 model fits into 80 columns or a few more.
            string tensors = string.Join("\n", [.. op.Inputs.Select(static tensor => Text(tensor.Spec)), .. op.Outputs.Select(static tensor => "→ " + Text(tensor.Spec))]);
            table.AddRow($"{index++}", Markup.Escape(string.Join("\n", [op.Kind, .. Attributes(op.Attributes)])), Markup.Escape(tensors), $"{op.WeightBytes:N0}");
        }

        report.Values["operators"] = operators;
        report.Console.Write(table);
    }

    private static void Training(Model model, int batch, Report report)
    {
        JsonObject training = [];
        JsonObject trainingAdam = [];
        Table table = Tables.Plain("training scheme", "bytes with Sgd", "bytes with Adam");
        table.Columns[1].RightAligned();
        table.Columns[2].RightAligned();
        string? reason = null;
        foreach (string scheme in Schemes)
        {
            long? sgd = Bytes(model, scheme, batch, new Sgd(0.01f, 0.9f), ref reason);
            long? adam = Bytes(model, scheme, batch, new Adam(0.001f), ref reason);
            if (sgd is not null && adam is not null)
            {
                training[scheme] = sgd;
                trainingAdam[scheme] = adam;
                table.AddRow(scheme, $"{sgd:N0}", $"{adam:N0}");
            }
        }

        report.Values["training"] = training;
        report.Values["training_adam"] = trainingAdam;
        report.Values["training_batch"] = batch;
        if (training.Count > 0)
        {
            report.Console.Write(table);
        }

        if (reason is not null)
        {
            report.Values["training_refused"] = reason;
            report.Line($"not every scheme can train this model: {reason}");
        }
    }

    private static void Programs(string path, Report report)
    {
        ModelView file = ModelView.Open(File.ReadAllBytes(path), new ModelLimits());
        JsonArray programs = [];
        foreach (ProgramRecord program in file.Programs)
        {
            string kind = program.Kind.ToString().ToLowerInvariant();
            string? scheme = program.Kind != ProgramKind.Train ? null : program.Scheme switch
            {
                1 => UpdateScheme.LastLayers((int)program.SchemeArgument).Name,
                2 => UpdateScheme.BiasesOnly.Name,
                _ => UpdateScheme.All.Name,
            };
            programs.Add(new JsonObject { ["kind"] = kind, ["scheme"] = scheme, ["batch"] = program.Batch, ["steps"] = program.StepCount, ["arena_bytes"] = program.ArenaBytes });
            report.Line($"program {kind}{(scheme is null ? "" : " " + scheme)}: batch {program.Batch}, {program.StepCount} steps, arena {program.ArenaBytes:N0} bytes");
        }

        if (programs.Count == 0)
        {
            report.Line("programs: none in the file; planned at load");
        }

        report.Values["programs"] = programs;
    }

    private static void Summary(Model model, Report report)
    {
        JsonObject values = report.Values;
        values["identity"] = model.Identity;
        values["file_bytes"] = model.FileBytes;
        values["arena_bytes"] = model.InferenceBytes;
        values["state_bytes"] = model.StateBytes;
        values["arena_lower_bound_bytes"] = model.InferenceLowerBoundBytes;
        values["weight_bytes"] = model.WeightBytes;
        values["metadata_bytes"] = model.MetadataBytes;
        values["inputs"] = Tensors(model.Inputs);
        values["outputs"] = Tensors(model.Outputs);
        JsonObject metadata = [];
        report.Line($"inputs: {string.Join(", ", model.Inputs.Select(Named))}");
        report.Line($"outputs: {string.Join(", ", model.Outputs.Select(Named))}");
        foreach ((string key, string value) in model.Metadata)
        {
            metadata[key] = value;
            report.Line($"{key}: {Shown(value)}");
        }

        values["metadata"] = metadata;
        report.Line($"file: {model.FileBytes:N0} bytes; weights {model.WeightBytes:N0}, tables and metadata {model.MetadataBytes:N0}");
        report.Line($"memory to run: {model.InferenceBytes:N0} bytes of arena (no plan needs less than {model.InferenceLowerBoundBytes:N0})");
        if (model.StateBytes > 0)
        {
            report.Line($"of these, remembered from run to run: {model.StateBytes:N0} bytes");
        }

        report.Line($"identity: {model.Identity}");
    }

    /// <summary>A value of several lines, such as class names, in one; of many only the first.</summary>
    private static string Shown(string value)
    {
        string[] lines = value.Split('\n', StringSplitOptions.TrimEntries);
        return lines.Length <= ShownLines ? string.Join(", ", lines) : $"{lines.Length} lines: {string.Join(", ", lines.Take(ShownLines))}, …";
    }

    private static long? Bytes(Model model, string scheme, int batch, Optimizer optimizer, ref string? reason)
    {
        try
        {
            return model.TrainingBytes(new TrainerOptions { Scheme = UpdateScheme.Parse(scheme), BatchSize = batch, Optimizer = optimizer });
        }
        catch (Exception error) when (error is ArgumentException or ShapeException or NotSupportedException or ModelFormatException)
        {
            reason = Verb.OneLine(error);
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

            JsonObject item = new() { ["name"] = tensor.Name, ["type"] = DataTypes.Name(tensor.Spec.Type), ["shape"] = shape };
            if (tensor.Spec.Quantization is { } quantization)
            {
                item["scale"] = quantization.Scale;
                item["zero_point"] = quantization.ZeroPoint;
                item["scales"] = quantization.Scales.Length;
                item["axis"] = quantization.Axis;
            }

            array.Add(item);
        }

        return array;
    }

    private static string Named(TensorDescription tensor) => $"{tensor.Name} {Text(tensor.Spec)}".Trim();

    /// <summary>For example <c>int8 1×28×28×1 (0.00392, −128)</c>; per channel <c>int8 32×576 (32 scales 0.001 … 0.004)</c>.</summary>
    private static string Text(TensorSpec spec)
    {
        string text = DataTypes.Name(spec.Type) + " " + string.Join("×", spec.Shape.Axes.ToArray());
        return spec.Quantization is not { } quantization ? text
            : quantization.Axis < 0 ? string.Create(CultureInfo.InvariantCulture, $"{text} ({quantization.Scale:G3}, {quantization.ZeroPoint})")
            : string.Create(CultureInfo.InvariantCulture, $"{text} ({quantization.Scales.Length} scales {quantization.Scales.ToArray().Min():G2} … {quantization.Scales.ToArray().Max():G2})");
    }

    /// <summary>What differs from the plainest form of an operator: <c>Conv2D { StrideHeight = 2, StrideWidth = 2, Groups = 1 … }</c> becomes <c>stride 2×2</c>.</summary>
    private static string[] Attributes(string record)
    {
        string text = Padding().Replace(record, static match => match.Groups.Values.Skip(1).All(static group => group.Value == "0")
            ? "Padding = 0" : $"Padding = {match.Groups[1]}+{match.Groups[2]}×{match.Groups[3]}+{match.Groups[4]}");
        text = Pair().Replace(text, static match => $"{match.Groups[1]} = {match.Groups[2]}×{match.Groups[3]}");
        int open = text.IndexOf('{', StringComparison.Ordinal);
        string[] parts = open < 0 ? [] : Separator().Split(text[(open + 1)..].TrimEnd('}', ' '));
        return [.. parts.Select(static part => part.Replace(" = ", " ", StringComparison.Ordinal).Trim().ToLowerInvariant()).Where(static part => part.Length > 0 && !Silent.Contains(part))];
    }

    [GeneratedRegex(@"Padding = Padding2D \{ Top = (-?\d+), Bottom = (-?\d+), Left = (-?\d+), Right = (-?\d+) \}")]
    private static partial Regex Padding();

    [GeneratedRegex(@",\s(?=\w+ = )")]
    private static partial Regex Separator();

    [GeneratedRegex(@"(\w+)Height = (\d+), \1Width = (\d+)")]
    private static partial Regex Pair();
}
