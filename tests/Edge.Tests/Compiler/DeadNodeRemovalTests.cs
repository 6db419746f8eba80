using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

public sealed class DeadNodeRemovalTests
{
    [Fact]
    public void Chains_that_reach_no_output_go_and_inputs_stay()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4));
        Tensor unread = graph.AddInput("unread", new Shape(1, 4));
        Tensor y = graph.Add("y", default(Relu), x);
        graph.Add("dead_2", default(Relu), graph.Add("dead_1", new Concat(0), y, unread));
        graph.AddOutput(y);
        Assert.Equal(2, new DeadNodeRemoval().Run(graph));
        Assert.Equal(["y"], graph.Nodes.Select(node => node.Name));
        Assert.Equal(2, graph.Inputs.Count);
        Assert.Empty(y.Consumers);
        Assert.Equal(0, new DeadNodeRemoval().Run(graph));
        graph.Validate();
    }
}
