using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Tests.Runtime;

/// <summary>What is trained is what the first output depends on.</summary>
public sealed class TrainedPathTests
{
    [Fact]
    public void Layers_that_the_first_output_does_not_need_are_not_counted()
    {
        // The auxiliary output stands last; "the last layer" is the last one of the path to the loss.
        Edge.Compiler.Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 3));
        Tensor main = graph.Add("main", default(Dense), x, graph.Constant<float>("w", new Shape(2, 3), new float[6]));
        Tensor shares = graph.Add("softmax", default(Softmax), main);
        Tensor other = graph.Add("other", default(Dense), x, graph.Constant<float>("v", new Shape(2, 3), new float[6]));
        graph.AddOutput(shares);
        graph.AddOutput(other);
        using Model model = Model.Load(ModelEmitter.ToBytes(graph));
        using Trainer trainer = new(model, new TrainerOptions { Scheme = UpdateScheme.LastLayers(1), Optimizer = new Sgd(0.5f) });
        Assert.Equal("w", Assert.Single(trainer.Parameters).Name);
        float before = trainer.Step([1, 2, 3], (int[])[1]);
        Assert.True(trainer.Evaluate([1, 2, 3], (int[])[1]) < before);
    }

    [Fact]
    public void The_loss_follows_from_what_computes_the_output()
    {
        // y = x · sigmoid(x) ends in no sigmoid.
        Edge.Compiler.Graph graph = new();
        Tensor y = graph.Add("dense", default(Dense), graph.AddInput("x", new Shape(1, 3)), graph.Constant<float>("w", new Shape(2, 3), new float[6]));
        graph.AddOutput(graph.Add("swish", default(Multiply), y, graph.Add("gate", default(Sigmoid), y)));
        using Model model = Model.Load(ModelEmitter.ToBytes(graph));
        ArgumentException error = Assert.Throws<ArgumentException>(() => new Trainer(model, new TrainerOptions()));
        Assert.Contains("Set TrainerOptions.Loss", error.Message, StringComparison.Ordinal);
        using Trainer trainer = new(model, new TrainerOptions { Loss = Loss.MeanSquaredError });
        Assert.Equal(1, trainer.Step([1, 2, 3], (float[])[1, 1]));
    }

    [Fact]
    public void Fine_tuning_again_with_a_wider_scheme_keeps_both_changes()
    {
        using Model model = Model.Load(Float(3));
        byte[] first;
        using (Trainer trainer = new(model, new TrainerOptions { Scheme = UpdateScheme.LastLayers(1), Optimizer = new Sgd(0.1f) }))
        {
            trainer.Step([1, 2, 3], (int[])[1]);
            first = trainer.SavePersonalization();
        }

        using Model personal = model.Personalize(first);
        using Trainer wider = new(personal, new TrainerOptions { Optimizer = new Sgd(0.1f) });
        wider.Step([3, 2, 1], (int[])[0]);
        using Model both = model.Personalize(wider.SavePersonalization());
        using Session session = new(both);
        float[] output = new float[3], expected = new float[3];
        session.Run([1, 0, 1], output);
        wider.Predict([1, 0, 1], expected);
        Assert.Equal(expected, output);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(-0.1f)]
    public void A_learning_rate_that_would_spoil_the_parameters_is_refused(float rate)
    {
        using Model model = Model.Load(Float(3));
        using Trainer trainer = new(model, new TrainerOptions { Optimizer = new Sgd(0.25f) });
        Assert.ThrowsAny<ArgumentException>(() => trainer.LearningRate = rate);
        Assert.Equal(0.25f, trainer.LearningRate);
    }

    private static byte[] Float(int width)
    {
        Edge.Compiler.Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, width));
        for (int i = 0; i < 2; i++)
        {
            float[] weights = [.. Enumerable.Range(0, width * width).Select(k => ((k * (7 + i) % 11) - 5) * 0.1f)];
            x = graph.Add("dense", default(Dense), x, graph.Constant<float>($"w{i}", new Shape(width, width), weights));
        }

        graph.AddOutput(graph.Add("softmax", default(Softmax), x));
        return ModelEmitter.ToBytes(graph);
    }
}
