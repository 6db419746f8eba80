using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

public sealed class IdentityRemovalTests
{
    [Fact]
    public void What_changes_nothing_goes()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 1, 6));
        Tensor y = graph.Add(default(Relu), x);
        y = graph.Add(new Dropout(0.5f), y);
        y = graph.Add(new Reshape([0, 1, -1]), y);
        y = graph.Add(new Slice([0, 0, 0], [-1, -1, -1]), y);
        y = graph.Add(new Pad([0, 0, 0], [0, 0, 0]), y);
        y = graph.Add(new Concat(1), y);
        y = graph.Add(new Transpose([0, 1, 2]), y);
        graph.AddOutput(graph.Add("y", new Dropout(0.1f), y));
        float[] input = GraphRunner.Values(6, 9);
        float[][] before = GraphRunner.Run(graph, input);
        Assert.Equal(7, new IdentityRemoval().Run(graph));
        graph.Validate();
        Assert.IsType<Relu>(Assert.Single(graph.Nodes).Operator);
        Assert.Equal("y", graph.Outputs[0].Name);
        GraphRunner.AssertNear(before, GraphRunner.Run(graph, input), 0);
    }

    [Fact]
    public void What_moves_elements_or_changes_the_shape_stays()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4, 4));
        Tensor y = graph.Add(new Transpose([0, 2, 1]), x);
        y = graph.Add(new Reshape([0, -1]), y);
        y = graph.Add(new Pad([0, 1], [0, 0]), y);
        y = graph.Add(new Slice([0, 1], [-1, -1]), y);
        graph.AddOutput(graph.Add(default(Relu), y));
        Assert.Equal(0, new IdentityRemoval().Run(graph));
    }

    [Fact]
    public void Between_an_input_and_an_output_a_node_stays()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4));
        graph.AddOutput(graph.Add("y", new Dropout(0.5f), x));
        Assert.Equal(0, new IdentityRemoval().Run(graph));
        Assert.Equal("y", graph.Outputs[0].Name);
    }
}
