using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Runtime;

namespace Edge.Cli.Verbs;

/// <summary><c>edge run</c>: raw tensors in, raw tensors out.</summary>
internal static class RunVerb
{
    public static Command Create()
    {
        Verb verb = new("run", "Run a model on files of raw tensors, little-endian, all inputs (and outputs) of a run in one file in model order.");
        Argument<string> model = verb.Argument<string>("model", "The .edge file.");
        Option<string> inputs = verb.Required<string>("--inputs", "Folder with in_0.bin, in_1.bin, …: one file a run.");
        Option<string> outputs = verb.Required<string>("--outputs", "Folder that receives out_0.bin, out_1.bin, …; it is made where it is missing.");
        Option<int> threads = verb.Count("--threads", "Threads that share one run.", 1);
        Option<string?> personalization = verb.Option<string>("--personalization", "Saved fine-tuning to apply.");
        return verb.Does((parsed, report) =>
        {
            string from = parsed.GetValue(inputs)!;
            string to = parsed.GetValue(outputs)!;
            if (!Directory.Exists(from))
            {
                throw new DirectoryNotFoundException($"There is no folder '{from}'; it must hold in_0.bin, in_1.bin, ….");
            }

            using Model loaded = Models.Load(parsed.GetValue(model)!, parsed.GetValue(personalization));
            using Session session = new(loaded, new SessionOptions { Threads = parsed.GetValue(threads) });
            int runs = Directory.GetFiles(from, "in_*.bin").Length;
            for (int run = 0; run < Math.Max(runs, 1); run++)
            {
                if (!File.Exists(Path.Combine(from, Name("in", run))))
                {
                    throw new FileNotFoundException($"'{from}' has no {Name("in", run)}; files are numbered from 0 without gaps.");
                }
            }

            Directory.CreateDirectory(to);
            report.Progress($"running {runs} files", progress =>
            {
                for (int run = 0; run < runs; run++)
                {
                    Run(session, Path.Combine(from, Name("in", run)), Path.Combine(to, Name("out", run)));
                    progress((run + 1.0) / runs, "");
                }
            });
            report.Values["runs"] = runs;
            report.Values["inputs"] = Describe(loaded.Inputs);
            report.Values["outputs"] = Describe(loaded.Outputs);
            report.Line($"{runs} run{(runs == 1 ? "" : "s")}, outputs in {to}");
        });
    }

    private static string Name(string stem, int run) => string.Create(CultureInfo.InvariantCulture, $"{stem}_{run}.bin");

    private static JsonArray Describe(IReadOnlyList<TensorDescription> tensors)
    {
        JsonArray array = [];
        foreach (TensorDescription tensor in tensors)
        {
            array.Add((JsonNode)$"{tensor.Name} {tensor.Spec}".Trim());
        }

        return array;
    }

    private static void Run(Session session, string input, string output)
    {
        byte[] bytes = File.ReadAllBytes(input);
        int expected = 0;
        for (int i = 0; i < session.InputCount; i++)
        {
            expected += session.InputSpec(i).Bytes;
        }

        if (bytes.Length != expected)
        {
            throw new ShapeException($"'{input}' has {bytes.Length} bytes; the model's inputs take {expected}: {string.Join(", ", Enumerable.Range(0, session.InputCount).Select(i => session.InputSpec(i).ToString()))}.");
        }

        int offset = 0;
        for (int i = 0; i < session.InputCount; i++)
        {
            Span<byte> target = session.Input<byte>(i);
            bytes.AsSpan(offset, target.Length).CopyTo(target);
            offset += target.Length;
        }

        session.Run();
        using MemoryStream stream = new();
        for (int i = 0; i < session.OutputCount; i++)
        {
            stream.Write(session.Output<byte>(i));
        }

        Models.Write(output, stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }
}
