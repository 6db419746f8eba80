using System.Text.Json.Nodes;
using Edge.Tests.Cli;
using Edge.Tests.Harness;
using Edge.Tests.Learning.Data;

namespace Edge.Conformance.Import;

/// <summary>A float32 model that is quantized at conversion is right about as often as before: ResNet8 on CIFAR-10, 7,548 of 10,000 in float32.</summary>
public sealed class QuantizedHereTests
{
    private const double Float = 0.7548;

    [Theory]
    [InlineData("none", 0.0001, 330_000)]
    [InlineData("dynamic", 0.003, 100_000)]
    [InlineData("int8", 0.005, 100_000)]
    public void Accuracy_is_kept(string mode, double loss, long bytes)
    {
        using TempFolder folder = new();
        string model = Path.Combine(folder.Path, "resnet8.edge"), data = SharedData.Require("cifar10");
        string[] calibrate = mode == "int8" ? ["--calibrate", data, "--samples", "500"] : [];
        JsonObject converted = Run(["convert", SharedData.Require("models/tflite/pretrainedResnet.tflite"), "-o", model, "--quantize", mode, "--image-scale", "1", "--json", .. calibrate]);
        Assert.True((long)converted["file_bytes"]! < bytes, $"{converted["file_bytes"]} bytes");
        Assert.Empty(converted["float32"]!.AsArray());
        double accuracy = (double)Run(["evaluate", model, "--dataset", "cifar10", "--data", data, "--json"])["accuracy"]!;
        Assert.True(accuracy > Float - loss, $"{mode}: {accuracy}");
    }

    [Fact]
    public void Nobody_guesses_how_a_model_takes_pixels()
    {
        using TempFolder folder = new();
        string quantized = Path.Combine(folder.Path, "int8.edge"), real = Path.Combine(folder.Path, "float.edge"), data = SharedData.Require("cifar10");
        Run(["convert", SharedData.Require("models/tflite/pretrainedResnet_quant.tflite"), "-o", quantized]);
        Run(["convert", SharedData.Require("models/tflite/pretrainedResnet.tflite"), "-o", real]);

        // The recorded int8 accuracy on all 10,000 is 75.56 %: integers hold the pixels themselves.
        double accuracy = (double)Run(["evaluate", quantized, "--dataset", "cifar10", "--data", data, "--samples", "1000", "--json"])["accuracy"]!;
        Assert.InRange(accuracy, 0.72, 0.79);
        EdgeCommand.Result refused = EdgeCommand.Start(["evaluate", real, "--dataset", "cifar10", "--data", data]);
        Assert.Equal(1, refused.Code);
        Assert.Contains("--image-scale", refused.Error, StringComparison.Ordinal);
    }

    private static JsonObject Run(string[] line)
    {
        EdgeCommand.Result result = EdgeCommand.Start(line);
        Assert.True(result.Code == 0, result.Error);
        return line.Contains("--json") ? JsonNode.Parse(result.Output)!.AsObject() : [];
    }
}
