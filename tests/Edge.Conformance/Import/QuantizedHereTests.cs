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
    [InlineData("int8", 0.01, 100_000)]
    public void Accuracy_is_kept(string mode, double loss, long bytes)
    {
        using TempFolder folder = new();
        string model = Path.Combine(folder.Path, "resnet8.edge"), data = SharedData.Require("cifar10");
        string[] calibrate = mode == "int8" ? ["--calibrate", data, "--samples", "300"] : [];
        JsonObject converted = Run(["convert", SharedData.Require("models/tflite/pretrainedResnet.tflite"), "-o", model, "--quantize", mode, "--image-scale", "1", "--json", .. calibrate]);
        Assert.True((long)converted["file_bytes"]! < bytes, $"{converted["file_bytes"]} bytes");
        Assert.Empty(converted["float32"]!.AsArray());
        double accuracy = (double)Run(["evaluate", model, "--dataset", "cifar10", "--data", data, "--json"])["accuracy"]!;
        Assert.True(accuracy > Float - loss, $"{mode}: {accuracy}");
    }

    private static JsonObject Run(string[] line)
    {
        EdgeCommand.Result result = EdgeCommand.Start(line);
        Assert.True(result.Code == 0, result.Error);
        return JsonNode.Parse(result.Output)!.AsObject();
    }
}
