using System.Text.Json.Nodes;
using Edge.Tests.Cli;
using Edge.Tests.Harness;

namespace Edge.Conformance.Import;

/// <summary>One quantized network as a .tflite file and as an ONNX file of float operators between conversions gives the same integers, layer by layer.</summary>
public sealed class SameModelTests
{
    [Theory]
    [InlineData("pretrainedResnet_quant", "resnet8_int8")]
    [InlineData("kws_ref_model", "kws_int8")]
    [InlineData("vww_96_int8", "vww_int8")]
    [InlineData("ad01_int8", "ad_int8")]
    public void Onnx_and_tflite_agree(string tflite, string onnx)
    {
        EdgeCommand.Result result = EdgeCommand.Start("compare", SharedData.Require($"models/tflite/{tflite}.tflite"), SharedData.Require($"models/onnx-peers/{onnx}.onnx"), "--json");
        Assert.True(result.Code == 0, result.Error);
        JsonArray layers = JsonNode.Parse(result.Output)!["layers"]!.AsArray();
        Assert.True(layers.Count >= 8, $"{layers.Count} layers have a counterpart");
        Assert.Contains(layers, static layer => (bool)layer!["output"]!);
        Assert.All(layers, static layer => Assert.True((bool)layer!["equal"]!, $"{layer["name"]}: {layer["snr_db"]} dB, {layer["max_error"]}"));
    }
}
