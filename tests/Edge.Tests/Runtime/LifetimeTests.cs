using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Tests.Runtime;

/// <summary>Who keeps a model's memory, also when something could not be made.</summary>
public sealed class LifetimeTests
{
    [Fact]
    public void A_session_that_could_not_be_made_lets_the_model_go()
    {
        Model model = Model.Load(Network());
        Assert.ThrowsAny<ArgumentException>(() => new Session(model, new SessionOptions { Arena = new byte[1] }));
        Assert.ThrowsAny<ArgumentException>(() => new Session(model, new SessionOptions { Threads = 5000 }));
        Assert.Throws<ShapeException>(() => new Session(model, new SessionOptions { BatchSize = int.MaxValue }));
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.VerifyIdentity());
    }

    [Fact]
    public void A_trainer_that_could_not_be_made_lets_the_model_go()
    {
        Model model = Model.Load(Network());
        Assert.ThrowsAny<ArgumentException>(() => new Trainer(model, new TrainerOptions { Threads = 5000 }));
        Assert.Throws<ShapeException>(() => new Trainer(model, new TrainerOptions { BatchSize = int.MaxValue }));
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.VerifyIdentity());
    }

    [Fact]
    public void A_personalization_that_is_refused_lets_the_model_go()
    {
        Model model = Model.Load(Network());
        Assert.Throws<ModelFormatException>(() => model.Personalize(new byte[100]));
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.VerifyIdentity());
    }

    [Fact]
    public void A_personalized_model_and_a_session_outlive_the_model()
    {
        byte[] delta;
        Model model = Model.Load(Network());
        using (Trainer trainer = new(model, new TrainerOptions()))
        {
            trainer.Step([1, 2, 3, 4], (int[])[1]);
            delta = trainer.SavePersonalization();
        }

        Model personal = model.Personalize(delta);
        model.Dispose();
        model.Dispose();
        using Session session = new(personal);
        personal.Dispose();
        float[] output = new float[3];
        session.Run([1, 2, 3, 4], output);
        Assert.Equal(1, output.Sum(), 1e-5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Only_batch_sizes_of_the_options_are_prepared(int samples)
    {
        using Model model = Model.Load(Network());
        using Trainer trainer = new(model, new TrainerOptions { BatchSize = 2 });
        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Prepare(samples));
        trainer.Prepare(1);
    }

    private static byte[] Network()
    {
        Edge.Compiler.Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4));
        float[] weights = [.. Enumerable.Range(0, 12).Select(static i => (i - 6) * 0.1f)];
        graph.AddOutput(graph.Add("softmax", default(Softmax), graph.Add("dense", default(Dense), x, graph.Constant<float>("w", new Shape(3, 4), weights))));
        return ModelEmitter.ToBytes(graph);
    }
}
