using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

public sealed class BatchNormFoldingTests
{
    [Theory]
    [InlineData("conv", true)]
    [InlineData("conv", false)]
    [InlineData("depthwise", true)]
    [InlineData("depthwise", false)]
    [InlineData("dense", true)]
    [InlineData("dense", false)]
    public void A_layer_takes_the_normalization_behind_it(string kind, bool bias)
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 5, 6, 4));
        Tensor layer = kind switch
        {
            "conv" => Networks.Conv(graph, "layer", x, 6, 3, 2, bias),
            "depthwise" => Networks.Depthwise(graph, "layer", x, 2, bias),
            _ => Networks.Dense(graph, "layer", x, 7, bias),
        };
        graph.AddOutput(Networks.Norm(graph, "bn", layer));
        float[] input = GraphRunner.Values(x.Shape.ElementCount, 3);
        float[][] before = GraphRunner.Run(graph, input);
        Assert.Equal(1, new BatchNormFolding().Run(graph));
        graph.Validate();
        Assert.Equal(["layer"], graph.Nodes.Select(node => node.Name));
        Assert.Equal("bn", graph.Outputs[0].Name);
        GraphRunner.AssertNear(before, GraphRunner.Run(graph, input), 1e-5);
    }

    [Fact]
    public void Folding_is_exact_where_the_numbers_are()
    {
        // s = γ / √(0 + 1/4) = 2γ, and every value is a small multiple of 1/4: nothing rounds.
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 2));
        Tensor layer = graph.Add(default(Dense), x, graph.Constant<float>("w", new Shape(2, 2), [1, -2, 0.5f, 3]), graph.Constant<float>("b", new Shape(2), [0.5f, -1]));
        Tensor[] constants = [.. new float[][] { [1, -2], [0.25f, 4], [-1, 0.5f], [0, 0] }.Select(values => graph.Constant<float>("bn", new Shape(2), values))];
        graph.AddOutput(graph.Add("y", new BatchNorm { Epsilon = 0.25f }, [layer, .. constants]));
        new BatchNormFolding().Run(graph);
        Node dense = Assert.Single(graph.Nodes);
        Assert.Equal([2f, -4, -2, -12], dense.Inputs[1]!.Values<float>().ToArray());
        Assert.Equal([3.25f, 10], dense.Inputs[2]!.Values<float>().ToArray());
    }

    [Fact]
    public void Weights_that_another_layer_shares_stay_what_they_were()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 3));
        Tensor w = graph.Constant<float>("w", new Shape(3, 3), GraphRunner.Values(9, 5));
        Tensor normalized = Networks.Norm(graph, "bn", graph.Add("a", default(Dense), x, w));
        graph.AddOutput(graph.Add("b", default(Dense), normalized, w));
        float[] input = GraphRunner.Values(3, 6);
        float[][] before = GraphRunner.Run(graph, input);
        Assert.Equal(1, new BatchNormFolding().Run(graph));
        graph.Validate();
        GraphRunner.AssertNear(before, GraphRunner.Run(graph, input), 1e-5);
    }

    [Theory]
    [InlineData("input")]
    [InlineData("activation")]
    [InlineData("second reader")]
    [InlineData("output")]
    [InlineData("computed scale")]
    public void Other_normalizations_stay(string reason)
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4));
        Tensor layer = reason == "input" ? x : Networks.Dense(graph, "layer", x, 4);
        if (reason == "activation")
        {
            graph.SetOperator(layer.Producer!, new Dense(Activation.Relu));
        }

        Tensor y = Networks.Norm(graph, "bn", layer);
        if (reason == "computed scale")
        {
            graph.SetInput(y.Producer!, 1, graph.Add(new Reshape([4]), x));
            graph.TopologicalSort();
        }

        graph.AddOutput(y);
        if (reason == "second reader")
        {
            graph.AddOutput(graph.Add(default(Relu), layer));
        }
        else if (reason == "output")
        {
            graph.AddOutput(layer);
        }

        Assert.Equal(0, new BatchNormFolding().Run(graph));
        Assert.Contains(graph.Nodes, node => node.Name == "bn");
    }
}
