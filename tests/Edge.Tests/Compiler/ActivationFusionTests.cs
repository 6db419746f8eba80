using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

public sealed class ActivationFusionTests
{
    [Theory]
    [InlineData("Conv2D")]
    [InlineData("DepthwiseConv2D")]
    [InlineData("Dense")]
    [InlineData("MaxPool2D")]
    [InlineData("AveragePool2D")]
    [InlineData("Add")]
    [InlineData("Subtract")]
    [InlineData("Multiply")]
    public void The_operator_before_clamps_its_own_result(string kind)
    {
        foreach (bool six in (bool[])[false, true])
        {
            Graph graph = new();
            Tensor x = graph.AddInput("x", new Shape(1, 4, 4, 3));
            Tensor y = Operator(graph, kind, x);
            graph.AddOutput(six ? graph.Add("clamped", default(Relu6), y) : graph.Add("clamped", default(Relu), y));
            float[] input = GraphRunner.Values(x.Shape.ElementCount, 7, -9, 9);
            float[][] before = GraphRunner.Run(graph, input);
            Assert.Equal(1, new ActivationFusion().Run(graph));
            graph.Validate();
            Assert.Equal(kind, Assert.Single(graph.Nodes).Info.Name);
            Assert.Equal("clamped", graph.Outputs[0].Name);
            GraphRunner.AssertNear(before, GraphRunner.Run(graph, input), 0);
        }
    }

    [Fact]
    public void Two_clamps_become_one()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4));
        Tensor y = Networks.Dense(graph, "dense", x, 6);
        graph.AddOutput(graph.Add(default(Relu), graph.Add(default(Relu6), graph.Add(default(Relu), y))));
        Assert.Equal(3, new ActivationFusion().Run(graph));
        Assert.Equal(new Dense(Activation.Relu6), Assert.Single(graph.Nodes).Operator);
    }

    [Fact]
    public void A_clamp_that_no_single_clamp_replaces_stays()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4));
        Tensor y = Networks.Dense(graph, "dense", x, 6);
        graph.SetOperator(y.Producer!, new Dense(Activation.ReluN1To1));
        graph.AddOutput(graph.Add(default(Relu), y));
        Assert.Equal(0, new ActivationFusion().Run(graph));
    }

    [Fact]
    public void A_result_that_is_read_unclamped_stays()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4));
        Tensor read = Networks.Dense(graph, "read", x, 6);
        graph.AddOutput(graph.Add(default(Relu), read));
        graph.AddOutput(graph.Add(default(Sigmoid), read));
        Tensor output = Networks.Dense(graph, "output", x, 6);
        graph.AddOutput(output);
        graph.AddOutput(graph.Add(default(Relu), output));
        graph.AddOutput(graph.Add(default(Relu), x));
        Assert.Equal(0, new ActivationFusion().Run(graph));
    }

    private static Tensor Operator(Graph graph, string kind, Tensor x)
    {
        Tensor constant = graph.Constant<float>("c", x.Shape, GraphRunner.Values(x.Shape.ElementCount, 8));
        return kind switch
        {
            "Conv2D" => Networks.Conv(graph, "conv", x, 5, 3),
            "DepthwiseConv2D" => Networks.Depthwise(graph, "depthwise", x),
            "Dense" => Networks.Dense(graph, "dense", x, 5),
            "MaxPool2D" => graph.Add(new MaxPool2D(2, 2, 2, 2), x),
            "AveragePool2D" => graph.Add(new AveragePool2D(2, 2, 2, 2), x),
            "Add" => graph.Add(default(Add), x, constant),
            "Subtract" => graph.Add(default(Subtract), x, constant),
            _ => graph.Add(default(Multiply), x, constant),
        };
    }
}
