using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

public sealed class ConstantFoldingTests
{
    [Fact]
    public void What_depends_on_no_input_is_computed_once()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4));
        Tensor c = graph.Constant<float>("c", new Shape(2, 2), [-1, 2, -3, 4]);
        Tensor folded = graph.Add(new Reshape([1, 4]), graph.Add(default(Relu), graph.Add(new Transpose([1, 0]), c)));
        graph.AddOutput(graph.Add(new Concat(1), x, folded));
        float[] input = GraphRunner.Values(4, 1);
        float[][] before = GraphRunner.Run(graph, input);
        Assert.Equal(3, new ConstantFolding().Run(graph));
        graph.Validate();
        Tensor constant = Assert.Single(graph.Nodes).Inputs[1]!;
        Assert.Equal([0f, 0, 2, 4], constant.Values<float>().ToArray());
        GraphRunner.AssertNear(before, GraphRunner.Run(graph, input), 0);
        Assert.Equal(0, new ConstantFolding().Run(graph));
    }

    [Fact]
    public void A_small_constant_does_not_become_a_large_one()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 1000));
        Tensor c = graph.Constant<float>("c", new Shape(1, 1), [7]);
        Tensor wide = graph.Add(new Pad([0, 0], [300, 999]), c);
        graph.AddOutput(graph.Add(new Concat(0), x, wide));
        Assert.Equal(0, new ConstantFolding().Run(graph));
        Assert.Equal(1, new ConstantFolding { MaxBytes = 1 << 21 }.Run(graph));
        graph.Validate();
    }

    [Fact]
    public void An_output_of_the_model_stays_computed()
    {
        Graph graph = new();
        graph.AddOutput(graph.Add("y", default(Relu), graph.Constant<float>("c", new Shape(2), [-1, 1])));
        Assert.Equal(0, new ConstantFolding().Run(graph));
        Assert.Equal("y", graph.Outputs[0].Name);
        GraphRunner.AssertNear([[0, 1]], GraphRunner.Run(graph), 0);
    }
}
