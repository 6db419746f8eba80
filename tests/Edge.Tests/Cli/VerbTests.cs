using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Tests.Cli;

/// <summary>Each verb does what it says: files, JSON keys and types.</summary>
[Collection(EdgeCommand.Collection)]
public sealed class VerbTests(CliModels models) : IClassFixture<CliModels>
{
    [Fact]
    public void Train_writes_a_model_and_says_how_good_it_is()
    {
        JsonObject report = models.DigitsRun.Json();
        Assert.Equal("tiny", (string)report["recipe"]!);
        Assert.Equal(models.Digits, (string)report["out"]!);
        Assert.Equal(new FileInfo(models.Digits).Length, (long)report["file_bytes"]!);
        Assert.Equal(3, (int)report["epochs"]!);
        Assert.Equal(3, report["seconds_per_epoch"]!.AsArray().Count);
        double[] losses = [.. report["losses"]!.AsArray().Select(static loss => (double)loss!)];
        Assert.True(losses.Length == 3 && losses[2] < losses[0]);
        Assert.InRange((double)report["accuracy"]!, 0.3, 1);
        Assert.Equal(100, (int)report["samples"]!);
        Assert.Equal(20, (int)models.MoonsRun.Json()["epochs"]!);
        Assert.Equal(21, File.ReadAllLines(models.At("history.csv")).Length);
    }

    [Fact]
    public void Train_repeats_itself_on_any_number_of_threads()
    {
        string again = models.At("again.edge");
        JsonObject report = EdgeCommand.Run("train", "moons", "--epochs", "20", "--seed", "3", "--threads", "2", "--out", again, "--json").Json();
        Assert.Equal(models.MoonsRun.Json()["losses"]!.ToJsonString(), report["losses"]!.ToJsonString());
        Assert.Equal(File.ReadAllBytes(models.Moons), File.ReadAllBytes(again));
    }

    [Fact]
    public void Train_goes_on_from_a_checkpoint()
    {
        string state = models.At("state"), part = models.At("part.edge");
        Assert.Equal(5, (int)EdgeCommand.Run("train", "moons", "--epochs", "5", "--seed", "3", "--checkpoint", state, "--out", part, "--json").Json()["epochs"]!);
        JsonObject report = EdgeCommand.Run("train", "moons", "--epochs", "20", "--seed", "3", "--checkpoint", state, "--out", part, "--json").Json();
        Assert.Equal(models.MoonsRun.Json()["losses"]!.ToJsonString(), report["losses"]!.ToJsonString());
    }

    [Fact]
    public void Inspect_states_bytes_to_run_and_to_train()
    {
        JsonObject report = EdgeCommand.Run("inspect", models.Digits, "--json").Json();
        using Model model = Model.Load(models.Digits);
        Assert.Equal(model.InferenceBytes, (long)report["arena_bytes"]!);
        Assert.Equal(model.WeightBytes, (long)report["weight_bytes"]!);
        Assert.Equal(model.MetadataBytes, (long)report["metadata_bytes"]!);
        Assert.Equal(model.Operators.Select(static op => op.Kind), report["operators"]!.AsArray().Select(static op => (string)op!["kind"]!));
        Assert.Equal(["last:1", "last:2", "bias", "full"], report["training"]!.AsObject().Select(static pair => pair.Key));
        Assert.All(report["training"]!.AsObject(), static pair => Assert.Equal(JsonValueKind.Number, pair.Value!.GetValueKind()));
        Assert.True((long)report["training"]!["last:1"]! < (long)report["training"]!["full"]!);
        Assert.True((long)report["training"]!["full"]! < (long)report["training_adam"]!["full"]!);
        Assert.Equal("infer", (string)report["programs"]![0]!["kind"]!);
        Assert.Equal("digits", (string)report["metadata"]!["dataset"]!);
    }

    [Fact]
    public void Quantize_makes_a_smaller_model_that_is_almost_as_good()
    {
        string int8 = models.At("moons8.edge");
        JsonObject report = EdgeCommand.Run("quantize", models.Moons, "--out", int8, "--json").Json();
        Assert.Equal(new FileInfo(int8).Length, (long)report["file_bytes"]!);
        Assert.Empty(report["float32"]!.AsArray());
        Assert.Equal(3, report["quantized"]!.AsArray().Count(static op => (string)op!["kind"]! == "Dense"));
        double before = (double)EdgeCommand.Run("evaluate", models.Moons, "--json").Json()["accuracy"]!;
        double after = (double)EdgeCommand.Run("evaluate", int8, "--json").Json()["accuracy"]!;
        Assert.True(after > before - 0.03, $"{before} before, {after} after");

        JsonNode input = EdgeCommand.Run("inspect", int8, "--json").Json()["operators"]![1]!["inputs"]![0]!;
        Assert.Equal("int8", (string)input["type"]!);
        Assert.True((double)input["scale"]! > 0);
        string text = EdgeCommand.Run("inspect", int8).Output;
        Assert.Contains("10 scales", text, StringComparison.Ordinal);
        JsonObject raw = EdgeCommand.Run("quantize", models.Moons, "--out", int8, "--io", "int8", "--method", "minmax", "--json").Json();
        Assert.Equal(int8, (string)raw["out"]!);
        using Model model = Model.Load(int8);
        Assert.Equal(DataType.Int8, model.Inputs[0].Spec.Type);
    }

    [Fact]
    public void Evaluate_reports_accuracy_loss_and_samples()
    {
        JsonObject report = EdgeCommand.Run("evaluate", models.Moons, "--samples", "120", "--json").Json();
        Assert.InRange((double)report["accuracy"]!, 0.8, 1);
        Assert.True((double)report["loss"]! > 0);
        Assert.Equal(120, (int)report["samples"]!);
        Assert.Contains("accuracy", EdgeCommand.Run("evaluate", models.Moons).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_takes_a_table_and_knows_that_regression_has_no_accuracy()
    {
        string table = models.At("line.csv");
        File.WriteAllLines(table, ["a,b,sum", .. Enumerable.Range(0, 60).Select(static i => FormattableString.Invariant($"{i / 10f},{(i * 7 % 13) / 3f},{(i / 10f) + (i * 7 % 13 / 3f) + 0.5f}"))]);
        string recipe = models.At("line.json");
        File.WriteAllText(recipe, $$"""
            {
              "name": "line", "dataset": "{{table.Replace('\\', '/')}}", "input": [2], "layers": [ { "type": "dense", "units": 1 } ], "metrics": ["mean_absolute_error"],
              "loss": "mean_squared_error", "optimizer": { "type": "adam", "learning_rate": 0.05 }, "epochs": 5, "batch": 8
            }
            """);
        string model = models.At("line.edge");
        Assert.True(EdgeCommand.Run("train", recipe, "--out", model, "--json").Json().ContainsKey("mean_absolute_error"));
        JsonObject report = EdgeCommand.Run("evaluate", model, "--data", table, "--json").Json();
        Assert.Null(report["accuracy"]);
        Assert.True((double)report["loss"]! > 0);
        Assert.DoesNotContain("accuracy", EdgeCommand.Run("evaluate", model, "--data", table).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Tune_saves_what_it_learned_and_other_verbs_apply_it()
    {
        string state = models.At("user");
        JsonObject report = EdgeCommand.Run("tune", models.Moons, "--scheme", "last:1", "--samples", "40", "--epochs", "3", "--out", state, "--json").Json();
        Assert.Equal("last:1", (string)report["scheme"]!);
        Assert.Equal(40, (int)report["samples"]!);
        Assert.Equal(9, (int)report["steps"]!);
        double after = (double)report["accuracy_after"]!;
        Assert.InRange((double)report["accuracy_before"]!, 0, 1);
        Assert.True((long)report["training_bytes"]! > 0);
        Assert.Equal(after, (double)EdgeCommand.Run("evaluate", models.Moons, "--personalization", state, "--json").Json()["accuracy"]!);
        Assert.Equal(0, EdgeCommand.Run("inspect", models.Moons, "--personalization", state).Code);
    }

    [Fact]
    public void Bench_measures_time_memory_and_allocation()
    {
        JsonObject report = EdgeCommand.Run("bench", models.Digits, "--threads", "1", "--runs", "50", "--json").Json();
        double median = (double)report["median_us"]!, fastest = (double)report["min_us"]!, slow = (double)report["p90_us"]!;
        Assert.True(fastest > 0 && fastest <= median && median <= slow);
        Assert.Equal(0, (long)report["allocated_bytes_per_run"]!);
        using Model model = Model.Load(models.Digits);
        Assert.Equal(model.InferenceBytes, (long)report["arena_bytes"]!);
        Assert.Equal(model.FileBytes, (long)report["file_bytes"]!);
        Assert.Equal((1, 50), ((int)report["threads"]!, (int)report["runs"]!));
    }

    [Fact]
    public void Run_writes_what_a_session_gives_for_every_input_and_output()
    {
        Graph graph = new();
        Tensor a = graph.AddInput("a", new Shape(1, 3));
        Tensor b = graph.AddInput("b", new Shape(1, 3));
        graph.SetOutputs(graph.Add("difference", default(Subtract), a, b), graph.Add("product", default(Multiply), a, b));
        string path = models.At("pair.edge"), inputs = models.At("in"), outputs = models.At("not/yet/there");
        File.WriteAllBytes(path, ModelEmitter.ToBytes(graph));
        Directory.CreateDirectory(inputs);
        float[][] values = [[1, 2, 3, 10, 20, 30], [-1, 0.5f, 7, 4, 5, 6]];
        for (int run = 0; run < values.Length; run++)
        {
            File.WriteAllBytes(Path.Combine(inputs, $"in_{run}.bin"), Bytes(values[run]));
        }

        JsonObject report = EdgeCommand.Run("run", path, "--inputs", inputs, "--outputs", outputs, "--json").Json();
        Assert.Equal(2, (int)report["runs"]!);
        Assert.Equal(2, report["outputs"]!.AsArray().Count);
        using Model model = Model.Load(path);
        using Session session = new(model);
        for (int run = 0; run < values.Length; run++)
        {
            values[run].AsSpan(0, 3).CopyTo(session.Input<float>(0));
            values[run].AsSpan(3).CopyTo(session.Input<float>(1));
            session.Run();
            float[] expected = [.. session.Output<float>(0), .. session.Output<float>(1)];
            Assert.Equal(Bytes(expected), File.ReadAllBytes(Path.Combine(outputs, $"out_{run}.bin")));
        }

        File.Delete(Path.Combine(inputs, "in_0.bin"));
        EdgeCommand.Result gap = EdgeCommand.Run("run", path, "--inputs", inputs, "--outputs", outputs);
        Assert.Equal(1, gap.Code);
        Assert.Contains("in_0.bin", gap.Error, StringComparison.Ordinal);

        static byte[] Bytes(float[] numbers)
        {
            byte[] bytes = new byte[numbers.Length * 4];
            for (int i = 0; i < numbers.Length; i++)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(i * 4), BitConverter.IsLittleEndian ? BitConverter.SingleToUInt32Bits(numbers[i]) : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(BitConverter.SingleToUInt32Bits(numbers[i])));
            }

            return bytes;
        }
    }

    [Fact]
    public void Quickstart_tells_the_whole_story()
    {
        EdgeCommand.Result result = EdgeCommand.Start("quickstart", "--epochs", "2", "--out", models.At("quick"), "--json");
        JsonObject report = result.Json();
        Assert.Empty(result.Error);
        Assert.Equal(["float32", "int8"], report["models"]!.AsArray().Select(static row => (string)row!["model"]!));
        JsonNode float32 = report["models"]![0]!, int8 = report["models"]![1]!;
        Assert.True((long)int8["file_bytes"]! * 3 < (long)float32["file_bytes"]!);
        Assert.True((long)int8["arena_bytes"]! * 3 < (long)float32["arena_bytes"]!);
        Assert.InRange((double)int8["accuracy"]!, (double)float32["accuracy"]! - 0.02, 1);
        Assert.Equal(0, (long)int8["allocated_bytes_per_run"]!);
        double before = (double)report["tune"]!["accuracy_before"]!, after = (double)report["tune"]!["accuracy_after"]!;
        Assert.True(after > before + 0.4, $"{before} before, {after} after");
        using Model model = Model.Load(models.At("quick/digits.int8.edge"));
        Assert.True(File.Exists(models.At("quick/user.edgedelta.0")) || File.Exists(models.At("quick/user.edgedelta.1")));
    }

    [Fact]
    public void Redirected_output_is_plain_text_in_whole_lines()
    {
        EdgeCommand.Result result = EdgeCommand.Start("inspect", models.Digits);
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.DoesNotContain('\u001b', result.Output);
        Assert.Contains(result.Output.Split('\n'), static line => line.Contains("Conv2D", StringComparison.Ordinal) && line.Contains("float32 1×28×28×1", StringComparison.Ordinal));
        Assert.Contains(result.Output.Split('\n'), static line => line.Contains("stride 3×3", StringComparison.Ordinal) && line.Contains("float32 4×5×5×1", StringComparison.Ordinal));
    }
}
