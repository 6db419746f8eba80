using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

public sealed class PassPipelineTests
{
    [Fact]
    public void A_classifier_computes_the_same_with_fewer_nodes()
    {
        Graph graph = Networks.Classifier(softmax: true);
        float[] input = GraphRunner.Values(graph.Inputs[0].Shape.ElementCount, 1);
        float[][] before = GraphRunner.Run(graph, input);
        IReadOnlyList<KeyValuePair<string, int>> changes = Compile.Optimize(graph);
        Assert.Equal(
            ["Conv2D", "DepthwiseConv2D", "Conv2D", "Add", "MaxPool2D", "Conv2D", "Reshape", "Dense", "Dense", "Softmax"], graph.Nodes.Select(node => node.Info.Name));
        Assert.Equal(3, changes.Single(change => change.Key == "batch normalization folding").Value);
        GraphRunner.AssertNear(before, GraphRunner.Run(graph, input), 1e-5);
        Assert.Empty(Compile.Optimize(graph));
    }

    [Fact]
    public void Any_network_computes_the_same_afterwards()
    {
        for (int net = 0; net < 40; net++)
        {
            Graph graph = Random(net);
            float[] input = GraphRunner.Values(graph.Inputs[0].Shape.ElementCount, (ulong)net);
            float[][] before = GraphRunner.Run(graph, input);
            string[] outputs = [.. graph.Outputs.Select(output => output.Name)];
            Compile.Optimize(graph);
            Assert.Equal(outputs, graph.Outputs.Select(output => output.Name));
            GraphRunner.AssertNear(before, GraphRunner.Run(graph, input), 1e-5);
        }
    }

    /// <summary>Operators drawn at random, each reading tensors made before; a few tensors are outputs.</summary>
    private static Graph Random(int seed)
    {
        CounterRandom random = new((ulong)seed, 99);
        Graph graph = new();
        List<Tensor> made = [graph.AddInput("x", new Shape(1, 4, 4, 3))];
        made.Add(graph.Constant<float>("c", new Shape(1, 4, 4, 3), GraphRunner.Values(48, (ulong)seed + 1000)));
        for (ulong i = 0; i < 14; i++)
        {
            // Mostly the newest tensor, so that chains form; sometimes an older one, so that tensors have several readers.
            Tensor x = random.Int32(10 * i, 4) > 0 ? made[^1] : made[random.Int32((10 * i) + 1, made.Count)];
            string name = $"n{i}";
            made.Add(random.Int32((10 * i) + 2, 10) switch
            {
                0 => Networks.Conv(graph, name, x, 3, 3, bias: i % 2 == 0),
                1 => Networks.Depthwise(graph, name, x),
                2 => Networks.Dense(graph, name, x, 3),
                3 or 4 => Networks.Norm(graph, name, x),
                5 => graph.Add(name, default(Relu), x),
                6 => graph.Add(name, default(Relu6), x),
                7 => graph.Add(name, default(Add), x, made[random.Int32((10 * i) + 3, made.Count)]),
                8 => graph.Add(name, new Dropout(0.3f), x),
                _ => graph.Add(name, new Transpose([0, 1, 2, 3]), x),
            });
        }

        for (int i = 4; i < made.Count; i += 4)
        {
            graph.AddOutput(made[i]);
        }

        return graph;
    }
}
