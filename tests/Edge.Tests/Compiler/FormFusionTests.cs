using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

/// <summary>Operators written out in simpler ones are found again, and compute the same.</summary>
public sealed class FormFusionTests
{
    public static TheoryData<string> Functions => ["hard swish", "hard swish by relu6", "swish", "gelu", "gelu, half first", "gelu by tanh", "mish"];

    [Theory]
    [MemberData(nameof(Functions))]
    public void A_function_written_out_becomes_its_operator(string name)
    {
        Graph graph = new();
        Tensor x = graph.Add(new Add(), graph.AddInput("x", new Shape(3, 40)), Scalar(graph, 0.25f));
        graph.AddOutput(name switch
        {
            "hard swish" => graph.Add(new Multiply(), x, graph.Add(new ParametricUnary(ParametricFunction.HardSigmoid, 1 / 6f, 0.5f), x)),
            "hard swish by relu6" => graph.Add(new Binary(BinaryFunction.Divide), graph.Add(new Multiply(), x, graph.Add(new Relu6(), graph.Add(new Add(), x, Scalar(graph, 3)))), Scalar(graph, 6)),
            "swish" => graph.Add(new Multiply(), graph.Add(new Sigmoid(), x), x),
            "gelu" => graph.Add(new Multiply(), graph.Add(new Multiply(), x, Erf(graph, x)), Scalar(graph, 0.5f)),
            "gelu, half first" => graph.Add(new Multiply(), graph.Add(new Multiply(), x, Scalar(graph, 0.5f)), Erf(graph, x)),
            "gelu by tanh" => graph.Add(new Multiply(), graph.Add(new Multiply(), x, Scalar(graph, 0.5f)), graph.Add(new Add(), graph.Add(new Tanh(), Cubic(graph, x)), Scalar(graph, 1))),
            _ => graph.Add(new Multiply(), x, graph.Add(new Tanh(), graph.Add(new Unary(UnaryFunction.Softplus), x))),
        });
        Check(graph, nodes: 2);
    }

    [Fact]
    public void Products_that_only_look_alike_stay()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(3, 40)), other = graph.AddInput("y", new Shape(3, 40));
        graph.AddOutput(graph.Add(new Multiply(), x, graph.Add(new Sigmoid(), other)));
        graph.AddOutput(graph.Add(new Multiply(), x, graph.Add(new ParametricUnary(ParametricFunction.HardSigmoid, 0.2f, 0.5f), x)));
        graph.AddOutput(graph.Add(new Multiply(), x, graph.Add(new Sigmoid(), graph.Add(new Multiply(), x, Scalar(graph, 1.01f)))));
        Assert.Equal(0, new FormFusion().Run(graph));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_normalization_written_out_becomes_a_layer_normalization(bool reciprocal)
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(2, 5, 16));
        Tensor centered = graph.Add(new Subtract(), x, graph.Add(new ReduceMean([-1], KeepDims: true), x));
        Tensor variance = graph.Add(new ReduceMean([2], KeepDims: true), graph.Add(new Unary(UnaryFunction.Square), centered));
        Tensor raised = graph.Add(new Add(), variance, Scalar(graph, 1e-3f));
        Tensor normalized = reciprocal
            ? graph.Add(new Multiply(), centered, graph.Add(new Unary(UnaryFunction.Rsqrt), raised))
            : graph.Add(new Binary(BinaryFunction.Divide), centered, graph.Add(new Unary(UnaryFunction.Sqrt), raised));
        graph.AddOutput(graph.Add(new Add(), graph.Add(new Multiply(), normalized, Ramp(graph, new Shape(16))), Ramp(graph, new Shape(1, 1, 16))));
        Check(graph, nodes: 1);
    }

    [Fact]
    public void A_bias_behind_a_layer_becomes_its_bias_and_the_clamp_behind_follows()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(2, 6));
        graph.AddOutput(graph.Add(new Relu(), graph.Add(new Add(), Ramp(graph, new Shape(4)), graph.Add(new Dense(), x, Ramp(graph, new Shape(4, 6))))));
        Check(graph, nodes: 1);
    }

    [Fact]
    public void A_sum_that_something_else_reads_before_the_bias_stays()
    {
        Graph graph = new();
        Tensor y = graph.Add(new Dense(), graph.AddInput("x", new Shape(2, 6)), Ramp(graph, new Shape(4, 6)));
        graph.AddOutput(graph.Add(new Add(), y, Ramp(graph, new Shape(4))));
        graph.AddOutput(y);
        Assert.Equal(0, new FormFusion().Run(graph));
    }

    private static Tensor Erf(Graph graph, Tensor x) => graph.Add(
        new Add(), graph.Add(new Unary(UnaryFunction.Erf), graph.Add(new Binary(BinaryFunction.Divide), x, Scalar(graph, MathF.Sqrt(2)))), Scalar(graph, 1));

    private static Tensor Cubic(Graph graph, Tensor x) => graph.Add(
        new Multiply(),
        graph.Add(new Add(), x, graph.Add(new Multiply(), graph.Add(new Binary(BinaryFunction.Power), x, Scalar(graph, 3)), Scalar(graph, 0.044715f))),
        Scalar(graph, MathF.Sqrt(2 / MathF.PI)));

    private static Tensor Scalar(Graph graph, float value) => graph.Constant<float>("c", new Shape(), [value]);

    private static Tensor Ramp(Graph graph, Shape shape) => graph.Constant<float>("c", shape, [.. Enumerable.Range(0, shape.ElementCount).Select(static i => ((i * 7 % 11) - 5) * 0.3f)]);

    private static void Check(Graph graph, int nodes)
    {
        Graph fused = graph.Clone();
        Compile.Optimize(fused);
        Assert.Equal(nodes, fused.Nodes.Count);
        Assert.Equal(graph.Outputs[0].Name, fused.Outputs[0].Name);
        using Model first = Model.Load(ModelEmitter.ToBytes(graph)), second = Model.Load(ModelEmitter.ToBytes(fused));
        using Session one = new(first), two = new(second);
        float[] input = [.. Enumerable.Range(0, one.InputSpec(0).Shape.ElementCount).Select(static i => ((i * 37 % 101) - 50) * 0.11f)];
        input.CopyTo(one.Input<float>());
        input.CopyTo(two.Input<float>());
        one.Run();
        two.Run();
        for (int i = 0; i < one.Output<float>().Length; i++)
        {
            Assert.True(Math.Abs(one.Output<float>()[i] - two.Output<float>()[i]) <= 1e-5f * (1 + Math.Abs(one.Output<float>()[i])), $"element {i}: {two.Output<float>()[i]}, expected {one.Output<float>()[i]}");
        }
    }
}
