using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

public sealed class GraphTests
{
    [Fact]
    public void A_node_states_its_output_when_it_is_added()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 2, 3));
        Tensor y = graph.Add(new Transpose([0, 2, 1]), x);
        Assert.Equal(new Shape(1, 3, 2), y.Shape);
        Assert.Same(y.Producer, Assert.Single(x.Consumers));
    }

    [Fact]
    public void A_mistake_is_reported_where_it_is_made_and_leaves_the_graph_as_it_was()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 2, 3));
        ShapeException error = Assert.Throws<ShapeException>(() => graph.Add("turn", new Transpose([0, 1]), x));
        Assert.Contains("'turn'", error.Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => graph.Add(default(Relu)));
        Assert.Throws<ShapeException>(() => graph.Add(default(Relu), x, x));
        Assert.Empty(graph.Nodes);
        Assert.Empty(x.Consumers);
    }

    [Fact]
    public void A_declared_output_must_be_what_the_operator_computes()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(4));
        Assert.Throws<ShapeException>(() => graph.Add("y", default(Relu), new TensorSpec(DataType.Float32, new Shape(5)), x));
    }

    [Fact]
    public void Names_are_unique()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(4));
        Tensor[] tensors = [x, graph.Add("x", default(Relu), x), graph.Add("x", default(Relu), x), graph.Add(default(Relu), x), graph.Add("x_1", default(Relu), x)];
        Assert.Equal(tensors.Length, tensors.Select(tensor => tensor.Name).Distinct().Count());
        Assert.Equal(4, graph.Nodes.Select(node => node.Name).Distinct().Count());
    }

    [Fact]
    public void A_constant_has_as_many_bytes_as_its_shape_asks_for()
    {
        Graph graph = new();
        Assert.Throws<ArgumentException>(() => graph.Constant<float>("c", new Shape(3), [1, 2]));
        Assert.Equal(DataType.Int8, graph.Constant<sbyte>("c", new Shape(2), [1, 2]).Type);
    }

    [Fact]
    public void A_clone_shares_nothing_that_changes()
    {
        Graph graph = Sample();
        byte[] before = ModelEmitter.ToBytes(graph);
        Graph clone = graph.Clone();
        Assert.Equal(before, ModelEmitter.ToBytes(clone));
        clone.Remove(Unused(clone));
        clone.Metadata["task"] = "regression";
        clone.AddOutput(clone.Inputs[0]);
        Assert.Equal(before, ModelEmitter.ToBytes(graph));
    }

    [Fact]
    public void Sorting_restores_execution_order_and_keeps_it_where_it_holds()
    {
        Graph graph = Sample();
        string[] order = [.. graph.Nodes.Select(node => node.Name)];
        graph.TopologicalSort();
        Assert.Equal(order, graph.Nodes.Select(node => node.Name));

        Graph late = new();
        Tensor x = late.AddInput("x", new Shape(4));
        Tensor first = late.Add("first", default(Relu), x);
        Tensor second = late.Add("second", default(Relu), first);
        Tensor between = late.Add("between", default(Relu), first);
        late.AddOutput(second);
        late.SetInput(second.Producer!, 0, between);
        Assert.Throws<InvalidOperationException>(late.Validate);
        late.TopologicalSort();
        late.Validate();
        Assert.Equal(["first", "between", "second"], late.Nodes.Select(node => node.Name));
        late.SetInput(between.Producer!, 0, second);
        Assert.Throws<InvalidOperationException>(late.TopologicalSort);
    }

    [Fact]
    public void What_is_read_cannot_be_removed()
    {
        Graph graph = Sample();
        Assert.Throws<InvalidOperationException>(() => graph.Remove(graph.Nodes[0]));
        Assert.Throws<InvalidOperationException>(() => graph.Remove(graph.Outputs[0].Producer!));
    }

    [Fact]
    public void A_graph_without_output_is_not_valid()
    {
        Graph graph = new();
        graph.AddInput("x", new Shape(4));
        Assert.Throws<InvalidOperationException>(graph.Validate);
    }

    [Fact]
    public void A_file_read_back_and_written_again_keeps_its_identity()
    {
        byte[] file = ModelEmitter.ToBytes(Sample());
        Graph read = Graph.FromModel(file);
        byte[] again = ModelEmitter.ToBytes(read);
        Assert.Equal(file, again);
        using Model model = Model.Load(file);
        Assert.True(model.VerifyIdentity());
        Assert.Equal("classification", read.Metadata["task"]);
        Assert.Equal(["x"], read.Inputs.Select(input => input.Name));
    }

    [Fact]
    public void Stripped_names_change_the_size_and_not_the_identity()
    {
        byte[] named = ModelEmitter.ToBytes(Sample());
        byte[] stripped = ModelEmitter.ToBytes(Sample(), new EmitOptions { StripNames = true });
        Assert.True(stripped.Length < named.Length);
        Assert.Equal(Identity(named), Identity(stripped));
        Assert.Equal(Identity(named), Identity(ModelEmitter.ToBytes(Graph.FromModel(stripped), new EmitOptions { StripNames = true })));
    }

    [Fact]
    public void The_stored_program_is_the_one_that_the_runtime_would_plan()
    {
        byte[] with = ModelEmitter.ToBytes(Sample());
        byte[] without = ModelEmitter.ToBytes(Sample(), new EmitOptions { InferenceProgram = false });
        Assert.Equal(1, ModelView.Open(with, new ModelLimits()).Programs.Length);
        Assert.Equal(0, ModelView.Open(without, new ModelLimits()).Programs.Length);
        using Model stored = Model.Load(with);
        using Model planned = Model.Load(without);
        Assert.True(planned.InferenceBytes > 0);
        Assert.Equal(planned.InferenceBytes, stored.InferenceBytes);
    }

    [Fact]
    public void A_result_that_nobody_reads_may_lie_where_the_next_one_goes()
    {
        // The unread result takes its input's place and ends at once; the tensor computed next may take the same place.
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 16));
        graph.Add("unread", default(Relu), graph.Add("a", default(Relu), x));
        Tensor b = graph.Add("b", default(Sigmoid), x);
        graph.AddOutput(graph.Add(default(Relu), graph.Add(new Concat(1), b, x)));
        float[] input = GraphRunner.Values(16, 4);
        float[] output = GraphRunner.Run(graph, input)[0];
        Assert.Equal(32, output.Length);
        Assert.Equal(Math.Max(0, input[3]), output[19]);
    }

    [Fact]
    public void The_last_operator_does_not_overwrite_another_output()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 16));
        Tensor a = graph.Add("a", default(Tanh), x);
        graph.AddOutput(a);
        graph.AddOutput(graph.Add("b", default(Relu), a));
        float[] input = GraphRunner.Values(16, 4);
        float[][] outputs = GraphRunner.Run(graph, input);
        Assert.Contains(outputs[0], value => value < 0);
        Assert.Equal(outputs[1], outputs[0].Select(value => Math.Max(0, value)));
    }

    [Fact]
    public void Emission_is_deterministic() => Assert.Equal(ModelEmitter.ToBytes(Sample()), ModelEmitter.ToBytes(Sample()));

    private static Node Unused(Graph graph) => graph.Nodes.Single(node => node.Name == "unused");

    private static string Identity(byte[] file)
    {
        using Model model = Model.Load(file);
        return model.Identity;
    }

    /// <summary>A small graph with a constant, a left-over node and metadata.</summary>
    private static Graph Sample()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 2, 3));
        Tensor constant = graph.Constant<float>("c", new Shape(1, 2, 3), [1, 2, 3, 4, 5, 6]);
        Tensor both = graph.Add("both", new Concat(-1), graph.Add("relu", default(Relu), x), constant);
        graph.Add("unused", default(Relu), both);
        Tensor turned = graph.Add("turned", new Transpose([0, 2, 1]), both);
        graph.AddOutput(graph.Add("flat", new Reshape([0, -1]), turned));
        graph.Metadata["task"] = "classification";
        graph.Metadata["labels"] = "a\nb";
        return graph;
    }
}
