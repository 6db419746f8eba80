using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

/// <summary>Float operators between Dequantize and Quantize become int8 operators that give the same to a step.</summary>
public sealed class QuantizedFusionTests
{
    private static readonly Quantization s_input = new(0.02f, 140);
    private static readonly Quantization s_half = new(0.05f, 120);
    private static readonly Quantization s_part = new(1f / 256, 0);

    [Fact]
    public void A_model_that_means_its_float_arithmetic_keeps_it()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 8), DataType.Int8, Moved(s_input, -128));
        graph.AddOutput(Q(graph, graph.Add(new Tanh(), D(graph, x)), DataType.Int8, new Quantization(1f / 128, 0)));
        Graph free = graph.Clone();
        Compile.Optimize(free);
        Assert.Single(free.Nodes);

        graph.Metadata[QuantizedFusion.ExactConversions] = "exact";
        Graph exact = Graph.FromModel(Compile.ToBytes(graph));
        Compile.Optimize(exact);
        Assert.Equal(["Dequantize", "Tanh", "Quantize"], exact.Nodes.Select(static node => node.Info.Name));
    }

    [Theory]
    [InlineData(DataType.UInt8, 0)]
    [InlineData(DataType.Int8, -128)]
    public void A_network_becomes_integers_throughout(DataType type, int shift)
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 6, 6, 4), type, Moved(s_input, shift));
        Tensor weights = graph.Add(new Dequantize(), Weights(graph, new Shape(4, 3, 3, 4), new Quantization([0.01f, 0.02f, 0.03f, 0.015f], [], 0)));
        Tensor bias = graph.Constant<float>("b", new Shape(4), [0.5f, -0.25f, 0.125f, 1]);
        Tensor a = Q(graph, graph.Add(new Relu(), graph.Add(new Conv2D(Padding: new Padding2D(1, 1, 1, 1)), D(graph, x), weights, bias)), type, Moved(s_half, shift));
        Tensor b = Q(graph, graph.Add(new MaxPool2D(3, 3, 1, 1, new Padding2D(1, 1, 1, 1)), D(graph, a)), type, Moved(s_half, shift));
        Tensor c = Q(graph, graph.Add(new Add(), D(graph, a), D(graph, b)), type, Moved(s_input, shift));
        Tensor d = Q(graph, graph.Add(new Concat(-1), D(graph, c), D(graph, a)), type, Moved(s_half, shift));
        Tensor e = Q(graph, graph.Add(new GlobalAveragePool(), D(graph, d)), type, Moved(s_input, shift));
        Tensor dense = graph.Add(new Dequantize(), Weights(graph, new Shape(5, 8), new Quantization(0.01f, 0)));
        Tensor f = Q(graph, graph.Add(new Dense(), D(graph, e), dense), type, Moved(s_half, shift));
        graph.AddOutput(Q(graph, graph.Add(new Softmax(), D(graph, f)), type, Moved(s_part, shift)));

        Graph fused = graph.Clone();
        Compile.Optimize(fused);
        Assert.All(fused.Nodes, static node => Assert.NotEqual(DataType.Float32, node.Output.Type));
        Assert.Equal(graph.Outputs[0].Spec.Type, fused.Outputs[0].Type);
        Assert.Equal(graph.Inputs[0].Spec, fused.Inputs[0].Spec);
        Same(graph, fused, steps: 2);
    }

    [Fact]
    public void Products_and_movements_become_integers_too()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4, 4, 4), DataType.UInt8, s_input);
        Tensor tiled = Q(graph, graph.Add(new Tile([1, 1, 2, 1]), D(graph, x)), DataType.UInt8, s_input);
        Tensor deep = Q(graph, graph.Add(new SpaceToDepth(2), D(graph, tiled)), DataType.UInt8, s_input);
        Tensor largest = Q(graph, graph.Add(new Reduce(Reduction.Maximum, [1], false), D(graph, deep)), DataType.UInt8, s_input);
        Tensor product = Q(graph, graph.Add(new MatMul(false, true), D(graph, largest), D(graph, largest)), DataType.UInt8, new Quantization(0.6f, 120));
        graph.AddOutput(Q(graph, graph.Add(new Gelu(), D(graph, product)), DataType.UInt8, new Quantization(0.6f, 10)));
        Graph fused = graph.Clone();
        Compile.Optimize(fused);
        Assert.All(fused.Nodes, static node => Assert.NotEqual(DataType.Float32, node.Output.Type));
        Same(graph, fused, steps: 2);
    }

    [Fact]
    public void A_function_with_a_scale_of_its_own_is_requantized_only_to_a_coarser_one()
    {
        foreach ((float scale, bool becomes) in new[] { (1f / 256, true), (1f / 100, true), (1f / 1000, false) })
        {
            Graph graph = new();
            Tensor x = graph.AddInput("x", new Shape(1, 10), DataType.UInt8, s_input);
            graph.AddOutput(Q(graph, graph.Add(new Sigmoid(), D(graph, x)), DataType.UInt8, new Quantization(scale, 0)));
            Graph fused = graph.Clone();
            Compile.Optimize(fused);
            Assert.Equal(becomes, fused.Nodes.All(static node => node.Output.Type != DataType.Float32));
            Same(graph, fused, steps: 1);
        }
    }

    [Fact]
    public void A_picture_in_another_layout_is_turned_as_integers()
    {
        // How a channels-first input begins; the second reader of the picture stays float32.
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4, 6, 6), DataType.UInt8, s_input);
        Tensor turned = graph.Add(new Transpose([0, 2, 3, 1]), D(graph, x));
        Tensor weights = graph.Add(new Dequantize(), Weights(graph, new Shape(4, 3, 3, 4), new Quantization([0.01f, 0.02f, 0.03f, 0.015f], [], 0)));
        graph.AddOutput(Q(graph, graph.Add(new Conv2D(), turned, weights), DataType.UInt8, s_half));
        Graph both = graph.Clone();
        graph.AddOutput(graph.Add(new Gelu(), turned));
        foreach ((Graph source, string[] expected) in new[] { (both, (string[])["Transpose", "Conv2D"]), (graph, ["Dequantize", "Transpose", "Transpose", "Conv2D", "Gelu"]) })
        {
            Graph fused = source.Clone();
            Compile.Optimize(fused);
            Assert.Equal(expected.Order(), fused.Nodes.Select(static node => node.Info.Name).Where(static name => name != "Requantize").Order());
            Assert.All(fused.Nodes.Where(static node => node.Operator is Conv2D), static node => Assert.Equal(DataType.Int8, node.Output.Type));
        }

        Graph alone = both.Clone();
        Compile.Optimize(alone);
        Same(both, alone, steps: 1);
    }

    [Fact]
    public void What_something_reads_as_float_stays_float()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 10), DataType.UInt8, s_input);
        Tensor y = graph.Add(new Relu(), D(graph, x));
        graph.AddOutput(Q(graph, y, DataType.UInt8, s_input));
        graph.AddOutput(graph.Add(new Relu6(), y));
        Graph copy = graph.Clone();
        Assert.Equal(0, new QuantizedFusion().Run(copy));
        Assert.Equal(graph.Nodes.Count, copy.Nodes.Count);
    }

    [Fact]
    public void Uint8_weights_with_a_zero_point_become_int8_weights_with_one()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 16), DataType.UInt8, s_input);
        Tensor stored = graph.Constant<byte>("w", new Shape(3, 16), [.. Enumerable.Range(0, 48).Select(static i => (byte)(i * 5))], new Quantization(0.004f, 113));
        graph.AddOutput(Q(graph, graph.Add(new Dense(), D(graph, x), graph.Add(new Dequantize(), stored)), DataType.UInt8, s_half));
        Graph fused = graph.Clone();
        Compile.Optimize(fused);
        Assert.All(fused.Nodes, static node => Assert.NotEqual(DataType.Float32, node.Output.Type));
        Same(graph, fused, steps: 1);
    }

    private static Quantization Moved(Quantization parameters, int shift) => new(parameters.Scale, parameters.ZeroPoint + shift);

    private static Tensor D(Graph graph, Tensor stored) => graph.Add(new Dequantize(), stored);

    private static Tensor Q(Graph graph, Tensor real, DataType type, Quantization parameters) => graph.Add("q", new Quantize(), new TensorSpec(type, real.Shape, parameters), real);

    private static Tensor Weights(Graph graph, Shape shape, Quantization parameters) =>
        graph.Constant<sbyte>("w", shape, [.. Enumerable.Range(0, shape.ElementCount).Select(static i => (sbyte)((i * 37 % 255) - 127))], parameters);

    private static void Same(Graph before, Graph after, int steps)
    {
        using Model first = Model.Load(ModelEmitter.ToBytes(before)), second = Model.Load(ModelEmitter.ToBytes(after));
        using Session one = new(first), two = new(second);
        Random random = new(7);
        for (int run = 0; run < 20; run++)
        {
            byte[] input = new byte[one.InputSpec(0).Bytes];
            random.NextBytes(input);
            input.CopyTo(one.Input<byte>());
            input.CopyTo(two.Input<byte>());
            one.Run();
            two.Run();
            for (int i = 0; i < one.Output<byte>().Length; i++)
            {
                int expected = (byte)(one.Output<byte>()[i] ^ 0x80), found = (byte)(two.Output<byte>()[i] ^ 0x80);
                bool signed = one.OutputSpec(0).Type == DataType.Int8;
                int distance = Math.Abs(signed ? expected - found : one.Output<byte>()[i] - two.Output<byte>()[i]);
                Assert.True(distance <= steps, $"element {i}: {distance} steps apart");
            }
        }
    }
}
