using System.Runtime.InteropServices;
using Edge.Compiler;
using Edge.Format;
using Edge.Import;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Conformance.Import;

/// <summary>Real networks that exist as TFLite and as ONNX files: what TFLite computes, the imported ONNX file computes.</summary>
public sealed class OnnxPeerTests
{
    private const int Inputs = 8;

    /// <summary>ONNX file, golden vectors of the same network, and whether those were computed with the same arithmetic.</summary>
    public static TheoryData<string, string> Float => new()
    {
        { "ad_fp32", "ad01_fp32" },
        { "resnet8_fp32", "pretrainedResnet" },
        { "vww_fp32", "vww_96_float" },
    };

    [Theory]
    [MemberData(nameof(Float))]
    public void A_float_network_gives_what_tflite_gives(string onnx, string golden)
    {
        (Graph graph, _) = Import(onnx, InputLayout.Nhwc);
        using Model model = Model.Load(Compile.ToBytes(graph));
        using Session session = new(model);
        for (int k = 0; k < Inputs; k++)
        {
            Golden(golden, $"in_{k}.bin").CopyTo(session.Input<byte>());
            session.Run();
            ReadOnlySpan<float> expected = MemoryMarshal.Cast<byte, float>(Golden(golden, $"out_{k}.bin"));
            ReadOnlySpan<float> found = session.Output<float>();
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.True(Math.Abs(expected[i] - found[i]) <= 1e-5 + (1e-4 * Math.Abs(expected[i])), $"input {k}, element {i}: {found[i]}, expected {expected[i]}");
            }
        }
    }

    /// <summary>ONNX file and golden vectors of the same network, quantized with the same parameters.</summary>
    public static TheoryData<string, string, int> Quantized => new()
    {
        { "ad_int8", "ad01_int8", 0 },
        { "kws_int8", "kws_ref_model", 0 },

        // The golden vectors come from TFLite's uint8 kernels, whose averages round up: a step in the logits is six in the probabilities.
        { "mobilenet_v1_025_128_int8", "mobilenet_v1_0.25_128_quant", 6 },
        { "mobilenet_v2_int8", "tf2_mobilenet_v2_1.0_224_ptq", 0 },
        { "resnet8_int8", "pretrainedResnet_quant", 0 },
        { "vww_int8", "vww_96_int8", 0 },
    };

    [Theory]
    [MemberData(nameof(Quantized))]
    public void A_quantized_network_gives_what_tflite_gives_within_steps(string onnx, string golden, int steps)
    {
        (Graph graph, _) = Import(onnx, InputLayout.Nhwc);
        Compile.Optimize(graph);
        Assert.All(graph.Nodes, static node => Assert.NotEqual(DataType.Float32, node.Output.Type));
        using Model model = Model.Load(ModelEmitter.ToBytes(graph));
        using Session session = new(model);
        bool shifted = !golden.StartsWith("mobilenet", StringComparison.Ordinal) && !golden.StartsWith("tf2", StringComparison.Ordinal);
        int most = 0;
        for (int k = 0; k < Inputs; k++)
        {
            byte[] input = Golden(golden, $"in_{k}.bin"), expected = Golden(golden, $"out_{k}.bin");
            for (int i = 0; i < input.Length; i++)
            {
                session.Input<byte>()[i] = (byte)(input[i] ^ (shifted ? 0x80 : 0));
            }

            session.Run();
            byte[] found = session.Output<byte>().ToArray();
            byte[] wanted = [.. expected.Select(value => (byte)(value ^ (shifted ? 0x80 : 0)))];
            Assert.Equal(Array.IndexOf(wanted, wanted.Max()), Array.IndexOf(found, found.Max()));
            most = Math.Max(most, wanted.Zip(found, static (one, other) => Math.Abs(one - other)).Max());
        }

        Assert.True(most <= steps, $"outputs differ by up to {most} steps; {steps} are allowed");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void At_most_the_transposition_of_the_input_stays(string onnx)
    {
        (Graph source, int rank) = Import(onnx, InputLayout.Source);
        Compile.Optimize(source);
        Transpose[] left = [.. source.Nodes.Select(static node => node.Operator).OfType<Transpose>()];
        Assert.True(left.Length <= (rank == 4 ? 1 : 0), $"{left.Length} are left");
        Assert.All(source.Nodes.Where(static node => node.Operator is Transpose), node => Assert.True(Upstream(source, node)));

        (Graph nhwc, _) = Import(onnx, InputLayout.Nhwc);
        Compile.Optimize(nhwc);
        Assert.DoesNotContain(nhwc.Nodes, static node => node.Operator is Transpose);
    }

    /// <summary>All files.</summary>
    public static TheoryData<string> All => [.. new[] { "ad", "kws", "mobilenet_v1_025_128", "mobilenet_v2", "resnet8", "vww" }.SelectMany(static name => new[] { name + "_fp32", name + "_int8" })];

    /// <summary>Whether only functions of each element stand between the model's input and a node.</summary>
    private static bool Upstream(Graph graph, Node node)
    {
        while (node.Inputs[0]!.Producer is { } producer)
        {
            if (producer.Operator is not (Requantize or Quantize or Dequantize or Cast))
            {
                return false;
            }

            node = producer;
        }

        return graph.IsInput(node.Inputs[0]!);
    }

    internal static (Graph Graph, int Rank) Import(string name, InputLayout layout)
    {
        Graph graph = ModelImporter.Import(SharedData.Require($"models/onnx-peers/{name}.onnx"), new ImportOptions { InputLayout = layout });
        return (graph, graph.Inputs[0].Shape.Rank);
    }

    internal static byte[] Golden(string model, string file) => File.ReadAllBytes(SharedData.Require($"golden/{model}/{file}"));
}
