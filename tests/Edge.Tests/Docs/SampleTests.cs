using System.Globalization;
using Edge.Compiler;
using Edge.Format;
using Edge.Learning.Data;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Storage;
using Edge.Tests.Cli;
using Edge.Tests.Harness;

namespace Edge.Tests.Docs;

/// <summary>The samples do what the documents say of them.</summary>
[Collection(EdgeCommand.Collection)]
public sealed class SampleTests(CliModels models) : IClassFixture<CliModels>
{
    [Fact]
    public void Classify_names_a_digit()
    {
        Dataset digits = Digits.Generate(1, seed: 5);
        File.WriteAllBytes(models.At("image.bin"), digits.RawBytes(0).ToArray());
        EdgeCommand.Result result = Run("Classify", models.Digits, models.At("image.bin"));
        Assert.True(result.Code == 0, result.Error);

        using Model model = Model.Load(models.Digits);
        using Session session = new(model);
        float[] pixels = new float[784], scores = new float[10];
        digits.CopyFeatures(0, pixels);
        session.Run(pixels, scores);
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"digit {Array.IndexOf(scores, scores.Max())}, "), result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void FineTune_learns_a_users_digits_and_saves_them()
    {
        Dataset user = DistributionShift.RotateAndInvert(Digits.Generate(10, seed: 6), degrees: 0, invert: true);
        byte[] samples = [.. Enumerable.Range(0, user.Count).SelectMany(i => (byte[])[(byte)user.Label(i), .. user.RawBytes(i)])];
        File.WriteAllBytes(models.At("samples.bin"), samples);
        EdgeCommand.Result result = Run("FineTune", models.Digits, models.At("samples.bin"), models.At("learned"));
        Assert.True(result.Code == 0, result.Error);
        float[] losses = [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => float.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture))];
        Assert.Equal(30, losses.Length);
        Assert.True(losses[^1] < losses[0] / 2, $"{losses[0]} at first, {losses[^1]} at last");

        Assert.True(new TwoSlotStore(FileStorage.ForPath(models.At("learned"), out string name), name, 1 << 24).TryLoad(out byte[]? state));
        using Model model = Model.Load(models.Digits);
        using Model personal = model.Personalize(state);
        Assert.Equal(10, personal.Outputs[0].Spec.Shape.ElementCount);
    }

    [Fact]
    public void Train_makes_a_model_for_the_device()
    {
        string path = models.At("layers.edge");
        EdgeCommand.Result result = Run("Train", path);
        Assert.True(result.Code == 0, result.Error);
        Assert.True(float.Parse(result.Output.Split("accuracy ")[1], CultureInfo.InvariantCulture) > 0.7f, result.Output);
        using Model model = Model.Load(path);
        Assert.Equal("Softmax", model.Operators[^1].Kind);
        Assert.Equal(new TensorSpec(DataType.Float32, new Shape(1, 28, 28, 1)), model.Inputs[0].Spec);
    }

    [Fact]
    public void ImportModel_converts_and_Recognize_names_what_it_sees()
    {
        EdgeCommand.Result imported = Run("ImportModel", SharedData.Require("models/tflite/hello_world_int8.tflite"), models.At("hello.edge"));
        Assert.True(imported.Code == 0, imported.Error);
        Assert.Empty(imported.Output);
        using Model hello = Model.Load(models.At("hello.edge"));
        Assert.Equal(3, hello.Operators.Count);

        Graph graph = new();
        Tensor pixels = graph.AddInput("pixels", new Shape(1, 3), DataType.UInt8, new Quantization(1f, 0));
        Tensor shares = graph.Add("shares", new Softmax(), graph.Add("real", default(Dequantize), pixels));
        graph.AddOutput(graph.Add("scores", default(Quantize), new TensorSpec(DataType.UInt8, new Shape(1, 3), new Quantization(1 / 256f, 0)), shares));
        graph.Metadata["labels"] = "red\ngreen\nblue";
        File.WriteAllBytes(models.At("colours.edge"), ModelEmitter.ToBytes(graph));
        File.WriteAllBytes(models.At("pixels.bin"), [7, 7, 8]);
        EdgeCommand.Result result = Run("Recognize", models.At("colours.edge"), models.At("pixels.bin"));
        Assert.True(result.Code == 0, result.Error);
        Assert.StartsWith("blue, 57.", result.Output, StringComparison.Ordinal);
    }

    // The build puts a sample's program where it puts the tests', below the sample's own folder.
    private static EdgeCommand.Result Run(string sample, params string[] args)
    {
        string built = Path.GetRelativePath(Path.Combine(Documents.Root, "tests", "Edge.Tests"), AppContext.BaseDirectory);
        return EdgeCommand.Start(Path.Combine(Documents.Root, "samples", sample, built, sample + ".dll"), args);
    }
}
