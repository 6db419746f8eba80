using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Compiler;

namespace Edge.Tests.Runtime;

public sealed class SessionTests
{
    [Fact]
    public void Wrong_lengths_are_refused_with_the_numbers()
    {
        using Model model = RecipeModels.Load("moons");
        using Session session = new(model);
        float[] output = [7];
        string message = Assert.Throws<ShapeException>(() => session.Run(new float[3], output)).Message;
        Assert.Contains("The input has 3 and the output 1 elements", message, StringComparison.Ordinal);
        Assert.Contains("(2) and gives", message, StringComparison.Ordinal);
        Assert.Contains("the output 2 elements", Assert.Throws<ShapeException>(() => session.Run(new float[2], new float[2])).Message, StringComparison.Ordinal);
        Assert.Equal(7, output[0]);
        Assert.Contains("cannot be read as Int32", Assert.Throws<ArgumentException>(() => session.Input<int>().Length).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Session(model, new SessionOptions { Threads = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Session(model, new SessionOptions { BatchSize = -1 }));
    }

    [Fact]
    public void Several_inputs_and_outputs_keep_their_order()
    {
        Graph graph = new();
        Tensor a = graph.AddInput("a", new Shape(1, 3));
        Tensor b = graph.AddInput("b", new Shape(1, 3));
        graph.AddOutput(graph.Add("difference", default(Subtract), a, b));
        graph.AddOutput(graph.Add("product", default(Multiply), a, b));
        graph.AddOutput(graph.Add("both", new Concat(1), b, a));
        using Model model = Model.Load(ModelEmitter.ToBytes(graph));
        Assert.Equal(["a", "b"], model.Inputs.Select(static input => input.Name));
        Assert.Equal(["difference", "product", "both"], model.Outputs.Select(static output => output.Name));
        using Session session = new(model, new SessionOptions { BatchSize = 2 });
        Assert.Equal((2, 3), (session.InputCount, session.OutputCount));
        Assert.Equal(new Shape(2, 6), session.OutputSpec(2).Shape);
        ((float[])[1, 2, 3, 4, 5, 6]).CopyTo(session.Input<float>(0));
        ((float[])[6, 5, 4, 3, 2, 1]).CopyTo(session.Input<float>(1));
        session.Run();
        Assert.Equal([-5, -3, -1, 1, 3, 5], session.Output<float>(0).ToArray());
        Assert.Equal([6, 10, 12, 12, 10, 6], session.Output<float>(1).ToArray());
        Assert.Equal([6, 5, 4, 1, 2, 3, 3, 2, 1, 4, 5, 6], session.Output<float>(2).ToArray());
        Assert.Contains("2 inputs and 3 outputs", Assert.Throws<ShapeException>(() => session.Run(new float[6], new float[6])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mnist-cnn", false)]
    [InlineData("mnist-cnn", true)]
    [InlineData("moons", false)]
    public void A_batch_gives_what_its_samples_give_alone(string recipe, bool int8)
    {
        const int Batch = 5;
        using Model model = RecipeModels.Load(recipe, int8);
        using Session one = new(model);
        using Session many = new(model, new SessionOptions { BatchSize = Batch, Threads = 2 });
        int sample = one.Input<float>().Length, width = one.Output<float>().Length;
        float[] inputs = GraphRunner.Values(Batch * sample, 9, 0, 1);
        float[] together = new float[Batch * width], alone = new float[Batch * width];
        many.Run(inputs, together);
        for (int i = 0; i < Batch; i++)
        {
            one.Run(inputs.AsSpan(i * sample, sample), alone.AsSpan(i * width, width));
        }

        // Int8 is exact; float32 sums in the order that suits the size.
        GraphRunner.AssertNear([alone], [together], int8 ? 0 : 1e-5);
    }

    [Fact]
    public void A_model_may_be_disposed_before_its_sessions()
    {
        float[] input = GraphRunner.Values(784, 2, 0, 1);
        float[] expected = new float[10], actual = new float[10];
        Model model = RecipeModels.Load("mnist-mlp-128");
        Session first = new(model);
        Session second = new(model, new SessionOptions { Threads = 2 });
        first.Run(input, expected);
        model.Dispose();
        model.Dispose();
        first.Dispose();
        first.Dispose();
        second.Run(input, actual);
        Assert.Equal(expected, actual);
        Assert.Throws<ObjectDisposedException>(first.Run);
        Assert.Throws<ObjectDisposedException>(() => first.Input<float>().Length);
        Assert.Throws<ObjectDisposedException>(() => first.Output<float>().Length);
        second.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new Session(model));
    }

    [Fact]
    public void Threads_share_a_model()
    {
        using Model model = RecipeModels.Load("mnist-mlp-128", int8: true);
        float[] input = GraphRunner.Values(784, 2, 0, 1);
        float[][] results = new float[8][];
        Parallel.For(0, results.Length, i =>
        {
            using Session session = new(model, new SessionOptions { Threads = 1 + (i % 2) });
            results[i] = new float[10];
            for (int run = 0; run < 20; run++)
            {
                session.Run(input, results[i]);
            }
        });
        Assert.All(results, result => Assert.Equal(results[0], result));
    }
}
