using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Edge.Cli;
using Edge.Cli.Conversion;
using Edge.Compiler;
using Edge.Format;
using Edge.Import;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Cli.Images;
using Edge.Tests.Compiler;
using Edge.Tests.Harness;

namespace Edge.Tests.Cli;

/// <summary><c>edge convert</c>, <c>edge compare</c> and pictures in <c>edge run</c>.</summary>
[Collection(EdgeCommand.Collection)]
public sealed class ConvertTests(CliModels models) : IClassFixture<CliModels>
{
    [Fact]
    public void Int8_is_calibrated_verified_and_described()
    {
        (string path, string inputs) = Classifier();
        string target = models.At("int8.edge"), labels = models.At("labels.txt"), file = models.At("report.json");
        File.WriteAllText(labels, "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n\n");
        JsonObject report = EdgeCommand.Run(
            "convert", path, "-o", target, "--quantize", "int8", "--calibrate", inputs, "--labels", labels, "--image-mean", "127.5", "--image-scale", "0.5", "--report", file, "--json").Json();
        Assert.Equal(new FileInfo(target).Length, (long)report["file_bytes"]!);
        Assert.Equal(new FileInfo(path).Length, (long)report["source_bytes"]!);
        Assert.True((long)report["file_bytes"]! < (long)report["source_bytes"]! * 0.6);
        Assert.Empty(report["float32"]!.AsArray());
        Assert.Equal(inputs, (string)report["verified_on"]!);
        Assert.Null(report["diverges_at"]);
        JsonNode layer = report["layers"]!.AsArray().First(static layer => (string)layer!["name"]! == "hidden")!;
        Assert.InRange((double)layer["snr_db"]!, 20, 80);
        Assert.Equal(("float32", "int8", "Dense"), ((string)layer["reference_type"]!, (string)layer["type"]!, (string)layer["operator"]!));
        Assert.True((double)report["seconds"]! > 0 && (long)report["arena_bytes"]! > 0 && (int)report["operator_count"]! > 5);
        Assert.Equal(report.ToJsonString(), JsonNode.Parse(File.ReadAllText(file))!.ToJsonString());
        using Model model = Model.Load(target);
        Assert.Equal("nine", model.Metadata["labels"].Split('\n')[^1]);
        Assert.Equal(("0.5", "-63.75"), (model.Metadata["input.0.scale"], model.Metadata["input.0.offset"]));
        Assert.StartsWith("edge convert ", model.Metadata["provenance.tool"], StringComparison.Ordinal);

        string text = EdgeCommand.Run("convert", path, "-o", target, "--quantize", "int8", "--calibrate", inputs, "--samples", "3").Output;
        Assert.Contains("no layer diverges", text, StringComparison.Ordinal);
        Assert.Contains("verification on 3 samples", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Dynamic_keeps_float_activations_and_float32_takes_it_back()
    {
        (string path, _) = Classifier();
        string small = models.At("dynamic.edge"), back = models.At("back.edge");
        JsonObject report = EdgeCommand.Run("convert", path, "-o", small, "--quantize", "dynamic", "--json").Json();
        Assert.Empty(report["float32"]!.AsArray());
        Assert.StartsWith("random values", (string)report["verified_on"]!, StringComparison.Ordinal);
        Assert.True((long)report["file_bytes"]! < (long)report["source_bytes"]! * 0.75);
        report = EdgeCommand.Run("convert", small, "-o", back, "--quantize", "float32", "--json").Json();
        Assert.True((bool)report["outputs_against_source"]![0]!["equal"]!);
        using Model model = Model.Load(back);
        Assert.DoesNotContain(model.Operators, static op => op.Inputs.Any(static input => input.Spec.Type == DataType.Int8));

        // Quantized again from its own weights; and what is int8 already is not quantized again.
        EdgeCommand.Result twice = EdgeCommand.Run("convert", Int8Model(), "-o", models.At("twice.edge"), "--quantize", "dynamic", "--json");
        Assert.Equal(1, twice.Code);
        Assert.Contains("quantized already", twice.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_quantized_source_keeps_its_bits_and_shows_its_noise()
    {
        string path = Int8Model(), target = models.At("copy.edge");
        JsonObject report = EdgeCommand.Run("convert", path, "-o", target, "--json").Json();
        Assert.All(report["outputs_against_source"]!.AsArray(), static output => Assert.True((bool)output!["equal"]!));
        Assert.NotEmpty(report["layers"]!.AsArray());
        Assert.All(report["layers"]!.AsArray(), static layer => Assert.NotEqual("Quantize", (string)layer!["operator"]!));
        JsonObject stripped = EdgeCommand.Run("convert", path, "-o", target, "--strip-names", "--no-verify", "--json").Json();
        Assert.True((long)stripped["file_bytes"]! < (long)report["file_bytes"]!);
        Assert.Null(stripped["layers"]);
    }

    [Fact]
    public void Strict_names_the_float_islands_and_writes_nothing()
    {
        (string path, string inputs) = Classifier();
        string target = models.At("strict.edge");
        string[] line = ["convert", path, "-o", target, "--quantize", "int8", "--calibrate", inputs, "--keep-float", "hidden", "--strict"];
        EdgeCommand.Result result = EdgeCommand.Run([.. line, "--json"]);
        Assert.Equal(1, result.Code);
        Assert.Contains("Dense 'hidden'", result.Error, StringComparison.Ordinal);
        Assert.Equal("hidden", (string)JsonNode.Parse(result.Output)!["float32"]![0]!["name"]!);
        Assert.False(File.Exists(target));
        Assert.Equal(1, EdgeCommand.Run([.. line, "--report", models.At("strict.json")]).Code);
        Assert.Contains("--strict", (string)JsonNode.Parse(File.ReadAllText(models.At("strict.json")))!["error"]!, StringComparison.Ordinal);
        Assert.Equal(0, EdgeCommand.Run(line[..^1]).Code);
    }

    [Fact]
    public void Missing_operators_are_all_named_at_once()
    {
        Report report = new(json: true);
        SourceModel source = new Foreign(
            new("CONV", "first", OperatorSupport.Supported, "Conv2D"), new("WHIRL", "a", OperatorSupport.Missing, "nothing whirls"),
            new("WHIRL", "b", OperatorSupport.Missing, "nothing whirls"), new("TWIST", "c", OperatorSupport.Missing, "not known"), new("GELU", "d", OperatorSupport.Emulated, "Multiply, Tanh"));
        string message = Assert.Throws<ModelImportException>(() => Survey.Show(source, report)).Message;
        Assert.Contains("3 of 5 operators are missing", message, StringComparison.Ordinal);
        Assert.Contains("WHIRL (nothing whirls): 'a', 'b'", message, StringComparison.Ordinal);
        Assert.Contains("TWIST (not known): 'c'", message, StringComparison.Ordinal);
        Assert.Contains("--outputs", message, StringComparison.Ordinal);
        Assert.True(report.TellsErrors);
        Assert.Equal((1, 1, 3), ((int)report.Values["supported"]!, (int)report.Values["emulated"]!, (int)report.Values["missing"]!));
        Assert.Equal(["a", "b"], report.Values["operators"]!.AsArray().First(static op => (string)op!["kind"]! == "WHIRL")!["nodes"]!.AsArray().Select(static node => (string)node!));
    }

    [Fact]
    public void Shapes_and_values_are_read_for_the_inputs_they_name()
    {
        SourceTensor[] inputs = [new("image", DataType.Float32, [-1, 3]), new("sizes", DataType.Int64, [2]), new("flag", DataType.Bool, [])];
        Assert.Equal([1, 3, 224], InputOptions.Shapes(["a=b:0=1,3,224"])["a=b:0"]);
        Dictionary<string, InputValue> values = InputOptions.Values(["image=1.5,2,3,4,5,6", "sizes=7,-8", "flag=true"], inputs);
        Assert.Equal((DataType.Float32, new Shape(2, 3)), (values["image"].Type, values["image"].Shape));
        Assert.Equal([7L, -8L], MemoryMarshal.Cast<byte, long>(values["sizes"].Data.Span).ToArray());
        Assert.Equal([1], values["flag"].Data.ToArray());
        foreach (string bad in (string[])["image=1,2", "sizes=1", "sizes=1,x", "sizes=1,2.5", "flag=2", "nobody=1", "image", "=1", "image="])
        {
            Assert.Throws<ArgumentException>(() => InputOptions.Values([bad], inputs));
        }

        foreach (string bad in (string[])["x", "x=0", "x=1,-2", "x=a", "x="])
        {
            Assert.Throws<ArgumentException>(() => InputOptions.Shapes([bad]));
        }
    }

    [Fact]
    public void Compare_shows_every_layer()
    {
        (string path, string inputs) = Classifier();
        string int8 = Int8Model();
        JsonObject report = EdgeCommand.Run("compare", path, int8, "--input", inputs, "--samples", "4", "--json").Json();
        Assert.Equal(4, (int)report["samples"]!);
        Assert.Contains(report["layers"]!.AsArray(), static layer => (string)layer!["name"]! == "logits" && (bool)layer["output"]!);
        Assert.All(report["layers"]!.AsArray(), static layer => Assert.InRange((double)layer!["snr_db"]!, 15, 100));
        Assert.Null(report["diverges_at"]);
        Assert.Contains("layers compared", EdgeCommand.Run("compare", path, int8).Output, StringComparison.Ordinal);
        JsonObject same = EdgeCommand.Run("compare", path, path, "--json").Json();
        Assert.All(same["layers"]!.AsArray(), static layer => Assert.True((bool)layer!["equal"]! && layer["snr_db"] is null));
        Assert.Contains("as many elements are needed", EdgeCommand.Run("compare", models.Moons, models.Digits).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_names_what_a_picture_shows()
    {
        Graph graph = new();
        Tensor pixels = graph.AddInput("pixels", new Shape(1, 2, 2, 3), DataType.UInt8, new Quantization(1f, 0));
        Tensor mean = graph.Add("mean", new GlobalAveragePool(), graph.Add("real", default(Dequantize), pixels));
        graph.AddOutput(graph.Add("shares", new Softmax(), mean));
        graph.Metadata["labels"] = "red\ngreen\nblue";
        string path = models.At("colour.edge"), picture = models.At("green.png"), grey = models.At("grey.pgm");
        File.WriteAllBytes(path, ModelEmitter.ToBytes(graph));
        File.WriteAllBytes(picture, ImageFiles.Png(5, 4, 2, 8, static (_, _, c) => c == 1 ? 60 : 58));
        File.WriteAllText(grey, "P2 1 1 255 7");
        JsonObject report = EdgeCommand.Run("run", path, "--image", picture, grey, "--top", "2", "--outputs", models.At("shares"), "--json").Json();
        JsonArray top = report["results"]![0]!["top"]!.AsArray();
        Assert.Equal(2, top.Count);
        Assert.Equal(("green", 1), ((string)top[0]!["name"]!, (int)top[0]!["class"]!));
        Assert.Equal(Math.Exp(2) / (Math.Exp(2) + 2), (double)top[0]!["probability"]!, 1e-5);
        Assert.Equal(1 / 3.0, (double)report["results"]![1]!["top"]![0]!["probability"]!, 1e-5);
        Assert.Equal(12, new FileInfo(Path.Combine(models.At("shares"), "out_1.bin")).Length);
        Assert.Contains("78.7 %     1  green", EdgeCommand.Run("run", path, "--image", picture).Output, StringComparison.Ordinal);
        Assert.Contains("blue", EdgeCommand.Run("run", path, "--image", picture, "--offset", "100", "--top", "3").Output, StringComparison.Ordinal);
        File.WriteAllText(models.At("two.txt"), "a\nb\n");
        Assert.Contains("2 class names", EdgeCommand.Run("run", path, "--image", picture, "--labels", models.At("two.txt")).Error, StringComparison.Ordinal);
        Assert.Contains("--image-scale", EdgeCommand.Run("run", Classifier().Path, "--image", picture).Error, StringComparison.Ordinal);
        Assert.Contains("score", EdgeCommand.Run("run", Classifier().Path, "--image", picture, "--scale", "0.01", "--json").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_takes_single_files_and_can_forget()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 1));
        Tensor start = graph.Constant<float>("start", new Shape(1, 1), [0]);
        Tensor sum = graph.Add("sum", default(Add), x, graph.Add("before", new ReadState(1), start));
        graph.AddOutput(graph.Add("after", new WriteState(1), sum));
        string path = models.At("sum.edge"), input = models.At("one.bin"), outputs = models.At("sums");
        File.WriteAllBytes(path, ModelEmitter.ToBytes(graph));
        File.WriteAllBytes(input, BitConverter.GetBytes(1f));
        Assert.Equal(0, EdgeCommand.Run("run", path, "--input", input, input, input, "--outputs", outputs).Code);
        Assert.Equal(3f, BitConverter.ToSingle(File.ReadAllBytes(Path.Combine(outputs, "out_2.bin"))));
        Assert.Equal(0, EdgeCommand.Run("run", path, "--input", input, input, input, "--outputs", outputs, "--fresh").Code);
        Assert.Equal(1f, BitConverter.ToSingle(File.ReadAllBytes(Path.Combine(outputs, "out_2.bin"))));
    }

    [Fact]
    public void A_tflite_model_is_surveyed_and_converted()
    {
        string target = models.At("hello.edge");
        JsonObject report = EdgeCommand.Run("convert", SharedData.Require("models/tflite/hello_world_int8.tflite"), "-o", target, "--json").Json();
        Assert.Equal(("TFLite", 3, 0), ((string)report["format"]!, (int)report["supported"]!, (int)report["missing"]!));
        Assert.Equal(["FULLY_CONNECTED"], report["operators"]!.AsArray().Select(static op => (string)op!["kind"]!));
        Assert.True((bool)report["outputs_against_source"]![0]!["equal"]!);
        using Model model = Model.Load(target);
        Assert.Equal("hello_world_int8.tflite", model.Metadata["provenance.source"]);
        Assert.Contains("3 supported, 0 emulated, 0 missing", EdgeCommand.Run("convert", SharedData.Require("models/tflite/hello_world_int8.tflite"), "-o", target).Output, StringComparison.Ordinal);
    }

    private string Int8Model()
    {
        (string path, string inputs) = Classifier();
        string target = models.At("classifier8.edge");
        Assert.Equal(0, EdgeCommand.Run("convert", path, "-o", target, "--quantize", "int8", "--calibrate", inputs, "--no-verify").Code);
        return target;
    }

    private (string Path, string Inputs) Classifier()
    {
        string path = models.At("classifier.edge"), inputs = models.At("classifier");
        Graph graph = Networks.Classifier();
        graph.Metadata.Clear();
        File.WriteAllBytes(path, ModelEmitter.ToBytes(graph));
        Directory.CreateDirectory(inputs);
        for (int i = 0; i < 24; i++)
        {
            File.WriteAllBytes(Path.Combine(inputs, $"in_{i}.bin"), MemoryMarshal.AsBytes(GraphRunner.Values(12 * 12 * 3, (ulong)i + 100, -1, 1).AsSpan()).ToArray());
        }

        return (path, inputs);
    }

    private sealed class Foreign(params SourceOperator[] operators) : SourceModel
    {
        public override string Format => "Foreign";

        public override IReadOnlyList<SourceTensor> Inputs => [new("x", DataType.Float32, [-1, 3])];

        public override IReadOnlyList<SourceTensor> Outputs => [new("y", DataType.Float32, [-1, 3])];

        public override IReadOnlyList<SourceOperator> Operators => operators;

        protected override Graph BuildGraph() => throw new InvalidOperationException("It is only surveyed.");
    }
}
