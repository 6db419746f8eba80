using System.Runtime.InteropServices;
using System.Text.Json;
using Edge.Compiler;
using Edge.Import;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Conformance.Import;

/// <summary>Keras models of MLPerf Tiny against the recorded outputs of their TFLite versions, which folded the batch norms and so round otherwise.</summary>
public sealed class KerasTests
{
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData("vww_96", "vww_96_float", "softmax_cross_entropy")]
    [InlineData("pretrainedResnet", "pretrainedResnet", "softmax_cross_entropy")]
    public void Agrees_with_recorded_outputs(string name, string golden, string loss)
    {
        Graph graph = ModelImporter.Import(SharedData.Require($"models/keras/{name}.h5"));
        Assert.Equal("input_1", Assert.Single(graph.Inputs).Name);
        Assert.Equal(loss, graph.Metadata["training.loss"]);
        AssertAgrees(graph, golden);
    }

    /// <summary>
    /// The TFLite version of this model was folded without the biases of the dense layers before batch norms: its biases are beta − mean · scale, to 3e-6, where
    /// beta + (bias − mean) · scale is right. Without these biases the Keras model agrees with it.
    /// </summary>
    [Fact]
    public void Anomaly_detection_agrees_once_the_biases_are_lost_that_its_TFLite_version_lost()
    {
        Graph graph = ModelImporter.Import(SharedData.Require("models/keras/ad01.h5"));
        Assert.Equal("mean_squared_error", graph.Metadata["training.loss"]);
        int lost = 0;
        foreach (Node node in graph.Nodes.Where(static node => node.Operator is Dense && node.Output.Consumers is [{ Operator: BatchNorm }]))
        {
            graph.SetInput(node, 2, null);
            lost++;
        }

        Assert.Equal(9, lost);
        AssertAgrees(graph, "ad01_fp32");
    }

    /// <summary>Expected: the layers one by one in float64, from the weights as h5py reads them.</summary>
    [Fact]
    public void Anomaly_detection_agrees_with_its_layers_in_double_precision()
    {
        double[] expected = [-48.18888935, -24.34941888, -8.14315156, -2.21648506, -8.54807504];
        Graph graph = ModelImporter.Import(SharedData.Require("models/keras/ad01.h5"));
        using Model model = Model.Load(ModelEmitter.ToBytes(graph));
        using Session session = new(model);
        Read(Path.Combine(SharedData.Require("golden/ad01_fp32"), "in_0.bin")).CopyTo(session.Input<float>(0));
        session.Run();
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], session.Output<float>(0)[i], 1e-4 * Math.Max(1, Math.Abs(expected[i])));
        }
    }

    private static void AssertAgrees(Graph graph, string golden)
    {
        using Model model = Model.Load(ModelEmitter.ToBytes(graph));
        using Session session = new(model);
        string folder = SharedData.Require($"golden/{golden}");
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "manifest.json")));
        int samples = 0;
        foreach (JsonElement sample in manifest.RootElement.GetProperty("samples").EnumerateArray())
        {
            Read(Path.Combine(folder, sample.GetProperty("input").GetString()!)).CopyTo(session.Input<float>(0));
            session.Run();
            float[] expected = Read(Path.Combine(folder, sample.GetProperty("output").GetString()!));
            ReadOnlySpan<float> actual = session.Output<float>(0);
            Assert.Equal(expected.Length, actual.Length);
            for (int i = 0; i < expected.Length; i++)
            {
                double error = Math.Abs((double)expected[i] - actual[i]) / Math.Max(1, Math.Abs(expected[i]));
                Assert.True(error <= Tolerance, $"Sample {samples}, element {i}: {expected[i]} became {actual[i]}.");
            }

            samples++;
        }

        Assert.Equal(8, samples);
    }

    private static float[] Read(string path) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();
}
